"""What may be asked of leases, whoever gives them, and how their times are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from jackfield.domain.model.errors import InvalidInput

MICROSECOND: Final = timedelta(microseconds=1)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = timedelta(days=366)


def check_terms(name: str, holder: str, lifetime: timedelta, limit: int) -> None:
    """Raise `InvalidInput` for a lifetime or a limit that is none, or a name that cannot be stored."""
    if not timedelta() < lifetime <= _LONGEST or limit < 1:
        raise InvalidInput(
            "a lease has a limit from 1, and a lifetime of more than nothing and at most 366 days",
            place=f"lease {name}",
            remedy="ask for less",
        )
    try:
        f"{name}{holder}".encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "a name that UTF-8 cannot carry",
            place=f"lease {name!r}",
            remedy="remove the half of a surrogate pair",
        ) from error


def to_us(time: datetime) -> int:
    """Return *time* as microseconds since 1970."""
    return (time - _EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """Return the time, in UTC, that is *us* microseconds after 1970."""
    return _EPOCH + us * MICROSECOND
