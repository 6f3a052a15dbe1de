"""What becomes of one delivery, and what an HTTP answer says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_LONGEST: Final = 200
_MOST_DIGITS: Final = 9
_NEVER: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""The answers that are about the body: it will be the same the next time."""


def told(text: object) -> str:
    """Return *text* as it may be kept and shown: one printable line, cut at 200 characters."""
    shown = "".join(c if c.isprintable() else "?" for c in str(text))
    return shown.encode("utf-8", "replace").decode()[:_LONGEST]


def _positive(_instance: object, _field: object, after: timedelta | None) -> None:
    if after is not None and after < timedelta():
        raise InvalidInput("it is a time that was", place="after", remedy="give none, or one to come")


@frozen
class Delivered:
    """The receiver has it."""


@frozen(kw_only=True)
class Retry:
    """Not now, or nobody knows: it is tried again, not before `after` where the receiver said so."""

    reason: str = field(default="", converter=told)
    after: timedelta | None = field(default=None, validator=_positive)


@frozen(kw_only=True)
class Rejected:
    """The receiver will never take this one: it becomes a dead letter at once."""

    reason: str = field(default="", converter=told)


@frozen(kw_only=True)
class Gone:
    """The receiver wants nothing more at all: the destination is disabled."""

    reason: str = field(default="", converter=told)


@frozen(kw_only=True)
class Untried:
    """The destination was not asked, and cannot be: that is no try. Only Jackfield's own guard says so."""

    reason: str = field(default="", converter=told)


Delivery: TypeAlias = Delivered | Retry | Rejected | Gone | Untried


def answered(status: int, headers: Mapping[str, str], now: datetime) -> Delivery:
    """Return what an HTTP answer (header names in lower case) says: the status decides, never the body.

    A 2xx with an error page is delivered: nothing else could be told from a receiver that says so.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered()
    if status == HTTPStatus.GONE:
        return Gone(reason="the receiver answered 410: it is gone")
    if status in _NEVER:
        return Rejected(reason=f"the receiver answered {status}")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Retry(reason=f"the receiver answered {status}, and redirects are not followed")
    return Retry(
        reason=f"the receiver answered {status}", after=retry_after(headers.get("retry-after", ""), now)
    )


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` header asks for: seconds, or an HTTP date; else None."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:_MOST_DIGITS]))
    try:
        date = parsedate_to_datetime(text)
        return max(timedelta(), (date if date.tzinfo else date.replace(tzinfo=UTC)) - now)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
