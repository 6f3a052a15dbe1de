"""How long an import and the command's help take, over the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.rows import Row

ROUNDS: Final = 15


def run() -> list[Row]:
    """Return milliseconds: the import alone, and the whole command."""
    command = str(Path(sys.executable).parent / "jackfield")
    bare, imported, helped = _interleaved(
        [sys.executable, "-c", "pass"], [sys.executable, "-c", "import jackfield"], [command, "--help"]
    )
    return [
        Row("import jackfield, over the bare interpreter", imported - bare, "ms", "<= 40"),
        Row("jackfield --help, the whole process", helped, "ms", "<= 250"),
    ]


def _interleaved(*commands: Sequence[str]) -> list[float]:
    rounds = [[_timed(command) for command in commands] for _ in range(ROUNDS)]
    return [median(times) for times in zip(*rounds, strict=True)]


def _timed(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000
