"""How much a benchmark does: all of it, or with `JACKFIELD_BENCH=small` enough to see that it runs."""

from __future__ import annotations

import os


def sized(full: int, *, small: int) -> int:
    """Return *full*, or *small* where a quick look is asked for; its figures are no measurement."""
    return small if os.environ.get("JACKFIELD_BENCH") == "small" else full
