"""When a delivery is tried again: the table of `wire.md` §10."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

TABLE: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
LONGEST: Final = timedelta(hours=24)
"""The longest `Retry-After` that is waited for."""

_SPREAD: Final = 0.2
_AHEAD: Final = timedelta(hours=30)


@frozen(kw_only=True)
class Retries:
    """Waits, one after each failure; behind the last there is none. `jitter` gives [0, 1)."""

    jitter: Callable[[], float]
    table: tuple[timedelta, ...] = TABLE

    def after(self, attempts: int, asked: timedelta | None = None) -> timedelta | None:
        """Return the wait behind *attempts* (from 1) failures, or None if it is not tried again.

        What the receiver *asked* for wins where it is longer, up to a day: a `Retry-After` of 0, or of a date
        that was, would else use up all tries in a moment. Waits are up to a fifth longer, so that those that
        failed together part.
        """
        if attempts > len(self.table):
            return None
        wait = max(self.table[attempts - 1], min(asked or timedelta(), LONGEST))
        return wait * (1 + _SPREAD * self.jitter())


def is_due(due: datetime, now: datetime) -> bool:
    """Whether its time has come; a time further ahead than any wait is of a clock that stepped back."""
    return due <= now or due > now + _AHEAD
