"""Times as requests give them: a moment with its zone, a day in UTC, or how long ago."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from jackfield.domain.model.errors import InvalidInput

LONGEST: Final = 40
_AGO: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_UNITS: Final[Mapping[str, timedelta]] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Between them are all times of a log, and hours and days can be added and taken away."""


def moment(text: str | None, place: str, *, now: datetime | None = None) -> datetime | None:
    """Return the time, None for none; such as `90m`, `24h` or `7d` is so long before *now*, if that is given.

    Raises `InvalidInput` for what is none, or lacks its zone.
    """
    if text is None:
        return None
    found = _ago(text, now) or _read(text)
    if found is None or not _FIRST <= found < _LAST:
        raise InvalidInput(
            "it is no time with its zone, from 1970 on",
            place=place,
            remedy="write such as 2026-08-01T12:00Z or 2026-08-01",
        )
    return found


def _ago(text: str, now: datetime | None) -> datetime | None:
    said = _AGO.fullmatch(text)
    return None if said is None or now is None else now - int(said[1]) * _UNITS[said[2]]


def _read(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if _is_day(text) else None


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
