"""Two clocks by which the same time passes: one of them an operator may set, the other is the platform's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define

from jackfield.adapters.clock import FrozenClock

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SHORTEST: Final = timedelta(microseconds=1)


@define
class Passed:
    """How much time has passed for everybody."""

    so_far: timedelta = timedelta()


class Hands(FrozenClock):
    """One clock of several: whoever waits by it makes the time of all others pass too."""

    def __init__(self, passed: Passed) -> None:
        super().__init__(BEGIN)
        self.passed = passed

    def now(self) -> datetime:
        """Return what this clock shows."""
        return BEGIN + self.passed.so_far + self._stepped

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self.passed.so_far.total_seconds()

    def advance(self, duration: timedelta) -> None:
        """Let time pass."""
        self.passed.so_far += max(duration, timedelta())

    def sleep(self, duration: timedelta) -> None:
        """Let time pass; never none at all, as nobody sleeps so short."""
        self.advance(max(duration, _SHORTEST))

    @property
    def off(self) -> timedelta:
        """How far it was set from the true time."""
        return self._stepped
