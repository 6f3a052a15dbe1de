"""What queries of analytics have in common: a stretch of time, lists of words, the size of a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from attrs import frozen

from jackfield.adapters.simulator.platform.conversations import to_ms
from jackfield.adapters.simulator.platform.reading import (
    NOT_ALLOWED,
    OUT_OF_RANGE,
    REQUIRED,
    WRONG_TYPE,
    Fields,
)

PATH: Final = "/api/v2/analytics/conversations/details/query"

_PAGE_SIZE: Final = 200
_LARGEST_PAGE: Final = 1_000
_NO_TIME: Final = datetime.fromisoformat("2000-01-01T00:00:00Z")


@frozen
class Stretch:
    """The time [since, until), in milliseconds since 1970."""

    since_ms: int
    until_ms: int


def read_stretch(fields: Fields) -> Stretch:
    """Read `dateFrom` and `dateTo`, which lies behind it."""
    faults = len(fields.faults)
    since, until = (read_time(fields, name) for name in ("dateFrom", "dateTo"))
    if len(fields.faults) == faults and until <= since:
        fields.fault(OUT_OF_RANGE, "dateTo")
    return Stretch(to_ms(since), to_ms(until))


def read_time(fields: Fields, name: str, default: datetime | None = None) -> datetime:
    """Return a time with a zone; one that has no default must be there."""
    if name not in fields.values and default is not None:
        return default
    text = fields.text(name)
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None and time.year > 1:
            return time
    except ValueError:
        pass
    if text:
        fields.fault("date.format", name)
    return _NO_TIME


def read_words(fields: Fields, name: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return a list of texts, each once; there is at least one."""
    values = fields.values.get(name)
    if not isinstance(values, list) or not values:
        fields.fault(WRONG_TYPE if values is not None and values != [] else REQUIRED, name)
        return ()
    listed: list[Any] = values
    if not all(isinstance(each, str) for each in listed):
        fields.fault(WRONG_TYPE, name)
        return ()
    if allowed and not {*listed} <= {*allowed}:
        fields.fault(NOT_ALLOWED, name)
        return ()
    return tuple(dict.fromkeys(listed))


def read_size(fields: Fields) -> int:
    """Return how many records a page has."""
    if "pageSize" not in fields.values:
        return _PAGE_SIZE
    size = fields.count("pageSize")
    if size > _LARGEST_PAGE:
        fields.fault(OUT_OF_RANGE, "pageSize")
    return min(size, _LARGEST_PAGE)
