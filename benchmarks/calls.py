"""What one call takes, on a machine that others use too."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Final

BATCHES: Final = 21
CALLS: Final = 5_000


def micros(call: Callable[[], object]) -> float:
    """Return the median of single calls, in microseconds, in the quietest of many batches.

    Reading the clock is in it. A mean would also tell of whoever took the processor away meanwhile.
    """
    return min(median(_taken(call) for _ in range(CALLS)) for _ in range(BATCHES)) / 1_000


def _taken(call: Callable[[], object]) -> int:
    begun = perf_counter_ns()
    call()
    return perf_counter_ns() - begun
