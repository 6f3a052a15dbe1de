"""Every kind of fault, and one fault as a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen
from attrs.converters import optional

from jackfield.domain.model.errors import InvalidInput

_LONGEST_S: Final = 1e7


@frozen
class Kind:
    """What a kind of fault does; `seconds` says what its number means, empty where it takes none."""

    effect: str
    happens: bool
    """Whether the platform does what was asked all the same."""
    seconds: str = ""
    default: float | None = None
    whole: bool = False


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "429": Kind(
            "too many requests", False, "`Retry-After`, a whole number; without: no header", whole=True
        ),
        "500": Kind("internal server error", False),
        "503": Kind("service unavailable", False),
        "504": Kind("request timeout", False),
        "504-after": Kind("request timeout, though it was done", True),
        "401": Kind("the token is refused, this once", False),
        "revoked": Kind("the token is refused, from now on", False),
        "404": Kind("what was made within the last seconds is not seen yet", True, "for so long", 2.0),
        "refused": Kind("the connection is refused", False, "the server's port is closed for so long", 1.0),
        "drop": Kind("the connection is reset before anything is done", False),
        "drop-after": Kind("the connection is reset after everything is done", True),
        "slow": Kind("the answer comes late", True, "late by", 5.0),
        "drip": Kind("the body comes in pieces of 16 bytes", True, "between two pieces", 0.1),
        "truncated": Kind("the body ends before its length", True),
        "garbage": Kind("the body is no JSON", True),
        "bomb": Kind("the body is gzip, 200 kB that unpack to 200 MB", True),
        "skew": Kind(
            "the platform's clock is off, in `Date` and in dates", True, "ahead by; or behind", 300.0
        ),
        "page-fields": Kind("every third record of a page lacks a field", True),
        "page-nan": Kind("the latency of every third record of a page is NaN", True),
        "page-repeated": Kind("every record of a page comes twice", True),
        "page-elsewhere": Kind("the link to the next page leads to another host", True),
        "page-stuck": Kind("the link to the next page leads to this one", True),
    }
)


@frozen
class Fault:
    """One fault: its kind, and its number where the kind takes one (None: the kind's default).

    Raises `InvalidInput` for what is no kind, or no number of it.
    """

    kind: str
    seconds: float | None = field(default=None, converter=optional(float))

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(
                f"{self.kind[:40]!r} is no kind of fault",
                place="fault",
                remedy=f"choose of {', '.join(KINDS)}",
            )
        if self.seconds is not None and not _fits(KINDS[self.kind], self.kind, self.seconds):
            takes = KINDS[self.kind].seconds or "no number"
            raise InvalidInput(
                f"{self.seconds:g} is no number for {self.kind!r}", place="fault", remedy=f"it takes {takes}"
            )

    @property
    def amount(self) -> float:
        """The fault's seconds, or those of its kind."""
        return (KINDS[self.kind].default or 0.0) if self.seconds is None else self.seconds

    @property
    def happens(self) -> bool:
        """Whether the platform does what was asked all the same."""
        return KINDS[self.kind].happens


def _fits(kind: Kind, name: str, seconds: float) -> bool:
    if not kind.seconds or not math.isfinite(seconds) or abs(seconds) > _LONGEST_S:
        return False
    return (seconds >= 0 or name == "skew") and (seconds.is_integer() or not kind.whole)
