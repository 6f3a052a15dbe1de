"""Clocks: the machine's own, one that stands until it is moved, and one that runs ahead by a shift."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Wall-clock and elapsed time of this machine."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never step back."""
        return time.monotonic()

    def sleep(self, duration: timedelta) -> None:
        """Wait for *duration*."""
        time.sleep(max(0.0, duration.total_seconds()))


class FrozenClock:
    """A clock that stands still until it is moved; sleeping moves it and returns at once."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = timedelta()
        self._stepped = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the start and what has passed since, and the steps."""
        return self._start + self._passed + self._stepped

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._passed.total_seconds()

    def sleep(self, duration: timedelta) -> None:
        """Move the clock on by *duration*."""
        self.advance(duration)

    def advance(self, duration: timedelta) -> None:
        """Move the clock on by *duration*; a negative one does nothing."""
        with self._lock:
            self._passed += max(duration, timedelta())

    def step(self, duration: timedelta) -> None:
        """Set the time of day alone, on or back, as an operator does; nothing passes."""
        with self._lock:
            self._stepped += duration


class ShiftedClock(SystemClock):
    """The machine's clock, ahead by a shift that can grow."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the machine's time and the shift."""
        return super().now() + self._shift

    def monotonic(self) -> float:
        """Return the machine's seconds and the shift."""
        return super().monotonic() + self._shift.total_seconds()

    def advance(self, duration: timedelta) -> None:
        """Move the clock on by *duration*; a negative one does nothing."""
        with self._lock:
            self._shift += max(duration, timedelta())
