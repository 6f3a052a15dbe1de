"""Every kind of fault, and one fault as a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from attrs import field, frozen
from attrs.converters import optional

from jackfield.domain.model.errors import InvalidInput

_LONGEST_S: Final = 1e7


class Meets(Enum):
    """What a fault can meet."""

    CALL = auto()
    HANDSHAKE = auto()
    PIECE = auto()
    LAST_PIECE = auto()
    ENDING = auto()


_OPENING: Final = frozenset({Meets.CALL, Meets.HANDSHAKE})
_INNER: Final = frozenset({Meets.PIECE})
_PIECES: Final = frozenset({Meets.PIECE, Meets.LAST_PIECE})
_FRAMES: Final = frozenset({Meets.PIECE, Meets.LAST_PIECE, Meets.ENDING})


@frozen
class Kind:
    """What a kind of fault does; `seconds` says what its number means, empty where it takes none.

    `happens` is whether the platform does what was asked all the same.
    """

    effect: str
    happens: bool
    seconds: str = ""
    default: float | None = None
    whole: bool = False
    meets: frozenset[Meets] = frozenset({Meets.CALL})


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "429": Kind(
            "too many requests",
            False,
            "`Retry-After`, a whole number; without: no header",
            whole=True,
            meets=_OPENING,
        ),
        "500": Kind("internal server error", False, meets=_OPENING),
        "503": Kind("service unavailable", False, meets=_OPENING),
        "504": Kind("request timeout", False, meets=_OPENING),
        "504-after": Kind("request timeout, though it was done", True),
        "401": Kind("the token is refused, this once", False, meets=_OPENING),
        "revoked": Kind("the token is refused, from now on", False, meets=_OPENING),
        "404": Kind("what was made within the last seconds is not seen yet", True, "for so long", 2.0),
        "refused": Kind(
            "the connection is refused", False, "the server's port is closed for so long", 1.0, meets=_OPENING
        ),
        "drop": Kind("the connection is reset before anything is done", False, meets=_OPENING),
        "drop-after": Kind("the connection is reset after everything is done", True),
        "slow": Kind("the answer comes late", True, "late by", 5.0, meets=_OPENING),
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
        "stream-drop": Kind("the line is cut at some byte of a frame", True, meets=_FRAMES),
        "stream-repeat": Kind("a piece comes twice", True, meets=_PIECES),
        "stream-reorder": Kind("a piece comes behind the next one", True, meets=_INNER),
        "stream-silence": Kind("nothing comes any more, not even heartbeats", True, meets=_FRAMES),
        "stream-error": Kind("an error event ends the answer", True, meets=_PIECES),
        "stream-safety": Kind("the safety policy ends the answer", True, meets=_PIECES),
        "stream-garbage": Kind("a frame is no JSON, and its piece is lost", True, meets=_FRAMES),
        "stream-unknown": Kind("a frame of unknown type comes in between", True, meets=_FRAMES),
        "stream-huge": Kind("a frame is over 1 MiB", True, meets=_FRAMES),
        "stream-1000": Kind("the socket is closed: done", True, meets=_FRAMES),
        "stream-1001": Kind("the socket is closed: going away", True, meets=_FRAMES),
        "stream-1006": Kind("the line is cut between two frames", True, meets=_FRAMES),
        "stream-4401": Kind("the token expires, and the socket is closed", True, meets=_FRAMES),
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
