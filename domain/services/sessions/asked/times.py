"""Times that somebody gives, as they can be counted with."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect

_FIRST: Final = 1970
_LAST: Final = 9_000


def moment(time: datetime, place: str) -> datetime:
    """Return *time*; raise `InvalidInput` for what is no time with a zone, or lies outside of any log."""
    expect(datetime, time, place, "give a time in UTC, such as datetime(2026, 11, 1, tzinfo=UTC)")
    if time.tzinfo is None:
        raise InvalidInput("it has no zone", place=place, remedy="give a time in UTC")
    if not _FIRST <= time.year < _LAST:
        raise InvalidInput(
            f"it lies in the year {time.year}, where nothing is",
            place=place,
            remedy=f"give a time from {_FIRST} on",
        )
    return time
