"""What stands around the calls to a platform: the trace that they belong to, and when all must be over."""

from __future__ import annotations

import random
import re
from contextvars import ContextVar
from math import inf
from typing import Final

from attrs import frozen

_PARENT: Final = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,400})?", re.ASCII
)
_STATE: Final = re.compile(r"[ -~]{1,512}", re.ASCII)
_NEVER: Final = "ff"
_FIRST: Final = "00"
_SAMPLED: Final = 1


@frozen(kw_only=True)
class Trace:
    """A W3C trace: its id, whether it is sampled, and what vendors keep in it.

    Source: https://www.w3.org/TR/trace-context/, version 00.
    """

    id: str
    sampled: bool = False
    state: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers of one call, which gets a parent id of its own."""
        parent = f"{_FIRST}-{self.id}-{_some(64):016x}-{int(self.sampled):02x}"
        return {"traceparent": parent, "tracestate": self.state} if self.state else {"traceparent": parent}


def begun() -> Trace:
    """Return a new trace, which nobody has sampled."""
    return Trace(id=f"{_some(128):032x}")


def taken(parent: str, state: str = "") -> Trace | None:
    """Return the trace that somebody's headers tell of; None where `traceparent` is no good.

    A later version than 00 is read as far as that is known; of the flags only `sampled` is handed on. A state
    that does not fit is left out.
    """
    found = _PARENT.fullmatch(parent)
    if found is None:
        return None
    version, identifier, span, flags, more = found.groups()
    if version == _NEVER or (version == _FIRST and more) or not int(identifier, 16) or not int(span, 16):
        return None
    kept = state if _STATE.fullmatch(state) else ""
    return Trace(id=identifier, sampled=bool(int(flags, 16) & _SAMPLED), state=kept)


def _some(bits: int) -> int:
    """Return a number that is not 0."""
    return random.getrandbits(bits) or 1  # it keeps nothing secret


TRACE: Final[ContextVar[Trace | None]] = ContextVar("jackfield.trace", default=None)
"""The trace of whoever calls; None where nobody traces: then nothing is told of one."""

ENDS: Final[ContextVar[float]] = ContextVar("jackfield.ends", default=inf)
"""When every call must be over, in the monotonic seconds of the calls' clock, whatever else they may take."""
