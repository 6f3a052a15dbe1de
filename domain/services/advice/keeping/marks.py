"""What was dropped, told to every process that shares the cache: recommendations, and knowledge bases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final

from attrs import define, evolve, field

from jackfield.domain.model.canonical import ordered
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.keeping.answers import Answer
from jackfield.domain.services.advice.keeping.leasing import Leasing
from jackfield.domain.services.advice.keeping.marked import SKEW, Mark, Marked, What, folded, marked, named
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

MOST: Final = 3_000
"""Marks that are told apart; with more, whatever was kept by the time of the oldest is dropped."""
LOOK_S: Final = 1.0
"""How often a process looks for marks of others."""

_ALONE: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(milliseconds=10)
_TRIES: Final = 100
_PATIENCE_S: Final = 0.1
_TICK: Final = timedelta(microseconds=1)


@define(eq=False)
class Marks:
    """The marks of one organization, as of the last look; safe for threads.

    They are written under a lease where there are leases, so that none is lost to another process that
    writes at the same moment. Each is kept as long as an answer may be: `lifetime`, and a minute more. In
    this process they are counted, and no step of a clock changes what was before what.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    lifetime: timedelta
    leasing: Leasing | None = None
    place: str = ""
    number: int = field(default=0, init=False)
    """How many this process has seen."""
    _marked: Marked = field(factory=Marked, init=False)
    _entry: bytes | None = field(default=None, init=False)
    _looks: float = field(default=float("-inf"), init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def are_due(self, now: float) -> bool:
        """Whether to look for those of others, *now* in monotonic seconds."""
        return now >= self._looks

    def drop(self, answer: Answer, seen: int) -> bool:
        """Whether *answer* was dropped since this process, which had *seen* so many, asked for it."""
        return seen < self.number and any(mark.drops(answer, seen) for mark in self._marked.of(answer))

    def reach(self, answer: Answer) -> bool:
        """Whether *answer*, which another process may have asked for, may have been dropped since."""
        return any(mark.reaches(answer) for mark in self._marked.of(answer))

    def look(self) -> None:
        """Read what others wrote."""
        self._looks = self.clock.monotonic() + LOOK_S
        entry = None if self.cache is None else self.cache.get(self._key)
        if entry is not None and entry != self._entry:
            self._entry = entry
            self._take(_read(entry))

    def add(self, what: What, names: Iterable[str]) -> None:
        """Mark them from now on, here and for all who share the cache."""
        keys = [(what, named(each)) for each in names]
        self._take(self._mine(keys))
        if self.cache is not None:
            lease = self._alone()
            try:
                self.look()
                self._take(self._mine(keys))  # newer than what others wrote of the same
                entry = _written(self._marked.marks.values())
                self.cache.put(self._key, entry, self.lifetime + SKEW)
            finally:
                if self.leasing is not None and lease is not None:
                    self.leasing.release(lease, _PATIENCE_S)

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()
        if self.leasing is not None:
            self.leasing.after_fork()

    def _mine(self, keys: Iterable[tuple[What, str]]) -> Iterable[Mark]:
        """Marks that all who know of an earlier one take for newer, whatever the clock says."""
        now, known = self.clock.now(), self._marked.marks
        for what, name in keys:
            before = known.get((what, name))
            yield Mark(what, name, now if before is None else max(now, before.time + _TICK))

    def _take(self, marks: Iterable[Mark]) -> None:
        """Learn of those that are new here; whoever asks from then on has seen them."""
        with self._lock:
            number, known = self.number + 1, self._marked.marks
            new = [evolve(each, number=number) for each in marks if _is_new(each, known.get(each.key))]
            if new:
                living = self._living((*known.values(), *new))
                self._marked = marked(folded(marked(living).marks.values(), MOST))
                self.number = number

    def _living(self, marks: Iterable[Mark]) -> Iterable[Mark]:
        """Those that may still hit anything."""
        now = self.clock.now()
        return (each for each in marks if now - self.lifetime - SKEW <= each.time <= now + SKEW)

    def _alone(self) -> Lease | None:
        """Return a lease, or None where none is to be had for a second: then it is written all the same."""
        if self.leasing is None:
            return None
        for _ in range(_TRIES):
            lease = self.leasing.acquire(f"advice-dropped {self.place}", _ALONE, _PATIENCE_S)
            if lease is None or isinstance(lease, Lease):
                return lease
            self.clock.sleep(_PAUSE)
        return None

    @property
    def _key(self) -> str:
        return f"{self.organization} advice-dropped"


def _is_new(mark: Mark, known: Mark | None) -> bool:
    return known is None or mark.time > known.time


def _written(marks: Iterable[Mark]) -> bytes:
    return ordered([(m.what, m.name, m.time.astimezone(UTC).isoformat()) for m in marks]).encode()


def _read(entry: bytes) -> tuple[Mark, ...]:
    """Take nothing from a folder that others may write to but what fits."""
    with suppress(ValueError, TypeError, KeyError, RecursionError, OverflowError):
        said: list[Any] = json.loads(entry)
        return tuple(_mark(*each) for each in said[: MOST + 1])
    return ()


def _mark(what: str, name: str, text: str) -> Mark:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return Mark(What(what), str(name), time)
