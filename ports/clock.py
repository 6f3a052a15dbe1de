"""Time, so that tests can move it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time, elapsed time and waiting; thread-safe."""

    def now(self) -> datetime:
        """Return the time in UTC, aware; it may step back."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, which never step back."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Return after *duration*."""
        ...
