"""`make bench`: every benchmark, its figures and what they should reach; ratios are of one run.

`python -m benchmarks ledger gateway` runs some of them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

from loguru import logger

from benchmarks.rows import Row

ALL: Final = (
    "rendering",
    "prompts",
    "ledger",
    "postgres",
    "deliveries",
    "gateway",
    "files",
    "starting",
    "evidence",
    "rollouts",
    "sessions",
    "advice",
    "service",
    "query",
    "stream",
    "conversations",
)


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all."""
    logger.disable("jackfield")  # as it is in a program
    for name in names or ALL:
        rows: list[Row] = import_module(f"benchmarks.{name}").run()
        for row in rows:
            print(
                f"{name:<10} {row.what:<62} {row.measured:>10.2f} {row.unit:<6} reach {row.reach}", flush=True
            )


if __name__ == "__main__":
    main(sys.argv[1:])
