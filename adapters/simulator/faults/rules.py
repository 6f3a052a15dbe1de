"""When a fault happens: on the next calls of a route, or at random, and how that is written."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
from attrs import define, field, frozen

from jackfield.adapters.simulator.faults.kinds import Fault
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

EVERY: Final = "**"

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_WRITTEN: Final = (
    "KIND:RATE[:SECONDS][@[METHOD ]PATH], such as 429:0.2, slow:0.1:2@GET /api/v2/ai/llm/prompts/*"
)
_MOST: Final = 1_000_000


def _regex(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", path)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part) or re.escape(part) for part in parts))


@frozen
class Pattern:
    """Which calls: a method (empty: any) and a path, in which `*` is any segment and `**` anything."""

    method: str = ""
    path: str = EVERY
    _compiled: re.Pattern[str] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.method and self.method not in _METHODS:
            raise InvalidInput(
                f"{self.method[:20]!r} is no method", place="fault", remedy=f"choose of {', '.join(_METHODS)}"
            )
        if not self.path.startswith(("/", "*")):
            raise InvalidInput("a path begins with '/' or '**'", place="fault", remedy=f"write {_WRITTEN}")
        object.__setattr__(self, "_compiled", _regex(self.path))

    @classmethod
    def read(cls, text: str) -> Pattern:
        """Read `METHOD PATH`, or either of them alone."""
        method, _, path = text.strip().partition(" ")
        if not path and method.startswith(("/", "*")):
            return cls("", method)
        return cls(method.upper(), path.strip() or EVERY)

    def matches(self, method: str, path: str) -> bool:
        """Say whether the call of *path*, without its query, is one of these."""
        return self.method in ("", method) and self._compiled.fullmatch(path) is not None

    def __str__(self) -> str:
        return f"{self.method} {self.path}".strip()


@define(kw_only=True)
class Rule:
    """A fault for some calls: for the next `times` of them, or for each with the probability `rate`.

    The next ones are those behind `after` that it lets through.
    """

    fault: Fault
    pattern: Pattern = field(factory=Pattern)
    rate: float | None = None
    times: int = 1
    after: int = 0

    def __attrs_post_init__(self) -> None:
        if self.rate is not None and not 0 < self.rate <= 1:
            raise _unwritten(f"a rate is more than 0 and at most 1, not {self.rate:g}")
        if not 0 < self.times <= _MOST:
            raise _unwritten(f"a number of calls is 1 to {_MOST}, not {self.times}")
        if not 0 <= self.after <= _MOST or (self.after and self.rate is not None):
            raise _unwritten(f"`after` is 0 to {_MOST} calls, and goes with `times`")

    def view(self) -> dict[str, Any]:
        """Return the rule as plain data; `times` and `after` are what is left, null for a random one."""
        return {
            "kind": self.fault.kind,
            "seconds": self.fault.seconds,
            "on": str(self.pattern),
            "rate": self.rate,
            "times": self.times if self.rate is None else None,
            "after": max(0, self.after) if self.rate is None else None,
        }


def parse(text: str) -> Rule:
    """Read `KIND:RATE[:SECONDS][@[METHOD ]PATH]`; raise `InvalidInput` that names what would be right."""
    what, _, where = text.partition("@")
    kind, *numbers = what.strip().split(":")
    fault = Fault(kind)
    if not 1 <= len(numbers) <= len(("rate", "seconds")):
        raise _unwritten(f"{text[:60]!r} lacks a rate, or has too many numbers")
    rate, *seconds = map(_number, numbers)
    return Rule(
        fault=Fault(fault.kind, *seconds), rate=rate, pattern=Pattern.read(where) if where else Pattern()
    )


def read(body: bytes) -> Rule:
    """Read `{"kind", "seconds", "on", "rate" or "times", "after"}`; raise `InvalidInput` that says more."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    asked = _Asked() if document is None else decode(document, _Asked, place="fault")
    if asked.kind is None or (asked.rate is None) == (asked.times is None):
        raise InvalidInput(
            'a fault is {"kind": …, "rate": 0..1 or "times": n}, and may have "seconds", "on" and "after"',
            place="fault",
            remedy=f'such as {{"kind": "drop-after", "times": 1, "on": "POST {EVERY}"}}',
        )
    fault = Fault(asked.kind, asked.seconds)
    pattern = Pattern.read(asked.on)
    if asked.rate is not None:
        return Rule(fault=fault, pattern=pattern, rate=asked.rate, after=asked.after)
    return Rule(fault=fault, pattern=pattern, times=asked.times or 0, after=asked.after)


@frozen(kw_only=True)
class _Asked:
    kind: str | None = None
    seconds: float | None = None
    on: str = EVERY
    rate: float | None = None
    times: int | None = None
    after: int = 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _unwritten(f"{text[:20]!r} is no number") from None


def _unwritten(message: str) -> InvalidInput:
    return InvalidInput(message, place="fault", remedy=f"write {_WRITTEN}")
