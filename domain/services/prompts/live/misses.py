"""What the platform does not have, or did not tell: known to all processes here, for some seconds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.subjects import Organization
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

_MISSING: Final = "missing"
_SECONDS: Final = {_MISSING: (5.0, 30.0), "failed": (1.0, 10.0)}
"""How long the first of a row holds, and the longest: each holds twice as long as the one before."""

_MEMORY: Final = timedelta(seconds=60)
_LONGEST_TEXT: Final = 300


@frozen(kw_only=True)
class Miss:
    """A look at the platform that brought nothing: there is no such prompt, or no answer came."""

    kind: str
    row: int
    until: datetime
    why: str = ""

    def refuse(self, name: str) -> None:
        """Raise what kept us from knowing, if anything did."""
        if self.kind != _MISSING:
            raise Unavailable(
                f"the platform was asked a moment ago: {self.why}",
                place=f"prompt {name}",
                remedy=f"it is asked again after {self.until:%H:%M:%S} UTC",
            )


@frozen
class Misses:
    """Misses by name in a cache, which is shared where processes are to know of one another's.

    A prompt that is missed again and again is asked for less and less often, once in *most* at least.
    """

    organization: Organization
    cache: Cache
    clock: Clock
    most: timedelta = timedelta(seconds=30)

    def recent(self, name: str) -> Miss | None:
        """Return the last one, if it still holds; not what a clock dates ahead."""
        miss = self._last(name)
        if miss is None:
            return None
        return miss if timedelta() < miss.until - self.clock.now() <= self._length(miss) else None

    def missing(self, name: str) -> None:
        """Keep that there is no such prompt."""
        self._put(name, _MISSING, "")

    def failed(self, name: str, error: JackfieldError) -> None:
        """Keep that no answer came, and why."""
        self._put(name, "failed", error.message)

    def found(self, name: str) -> None:
        """Begin a new row: it is there."""
        if self._last(name) is not None:
            self.cache.drop(self._key(name))

    def _put(self, name: str, kind: str, why: str) -> None:
        last = self._last(name)
        row = last.row + 1 if last is not None and last.kind == kind else 1
        length = self._length(Miss(kind=kind, row=row, until=self.clock.now()))
        until = timestamp(self.clock.now() + length)
        said = {"kind": kind, "row": row, "until": until, "why": _line(why)}
        self.cache.put(self._key(name), canonical(said).encode(), length + _MEMORY)

    def _length(self, miss: Miss) -> timedelta:
        first, longest = _SECONDS[miss.kind]
        return min(timedelta(seconds=min(longest, first * 2.0 ** min(miss.row - 1, 10))), self.most)

    def _key(self, name: str) -> str:
        return f"{self.organization} live-missed {name}"

    def _last(self, name: str) -> Miss | None:
        entry = self.cache.get(self._key(name))
        try:
            return None if entry is None else _read(json.loads(entry))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None


def _read(said: dict[str, Any]) -> Miss:
    """Take nothing from a folder that others may write to but what fits."""
    kind, row, why = said["kind"], said["row"], said["why"]
    if kind not in _SECONDS or not isinstance(row, int) or row < 1 or not isinstance(why, str):
        raise ValueError
    until = datetime.fromisoformat(said["until"])
    if until.tzinfo is None:
        raise ValueError
    return Miss(kind=kind, row=row, until=until.astimezone(UTC), why=_line(why))


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST_TEXT]
