"""A clock for tests in which many threads wait at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class FastClock:
    """A clock that runs *speed* times as fast as the machine's: threads wait as they do, only shorter."""

    def __init__(self, speed: float, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._speed = speed
        self._start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the start and what has passed since."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return (time.monotonic() - self._began) * self._speed

    def sleep(self, duration: timedelta) -> None:
        """Wait for *duration* of this clock."""
        time.sleep(max(0.0, duration.total_seconds() / self._speed))
