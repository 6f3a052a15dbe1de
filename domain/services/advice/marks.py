"""What was dropped, told to every process that shares the cache: recommendations, and knowledge bases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any, Final

from attrs import define, field, frozen

from jackfield.domain.model.canonical import ordered
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.answers import Answer
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases

MOST: Final = 1_000
"""Marks that are told apart; with more, whatever was kept by then is dropped."""
LOOK_S: Final = 1.0
"""How often a process looks for marks of others."""

_AHEAD: Final = timedelta(minutes=1)
_ALONE: Final = timedelta(seconds=5)
_PAUSE: Final = timedelta(milliseconds=10)
_TRIES: Final = 100


class What(StrEnum):
    """What is dropped: the answers that hold a recommendation, those that depend on a base, or all."""

    ITEM = "item"
    BASE = "base"
    ALL = "all"


@frozen
class Mark:
    """What was dropped, and when: answers that were asked for later are none of it."""

    what: What
    name: str
    time: datetime

    def hits(self, answer: Answer) -> bool:
        """Whether it is among what was dropped."""
        if answer.asked > self.time:
            return False
        if self.what is What.ITEM:
            return self.name in answer.ids
        return self.what is What.ALL or answer.depends_on(self.name)


@define(eq=False)
class Marks:
    """The marks of one organization, as of the last look; safe for threads.

    They are written under a lease where there are leases, so that none is lost to another process that
    writes at the same moment. Each is kept as long as an answer may be: `lifetime`.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    lifetime: timedelta
    holder: str
    leases: Leases | None = None
    place: str = ""
    _marks: tuple[Mark, ...] = field(default=(), init=False)
    _entry: bytes | None = field(default=None, init=False)
    _looks: float = field(default=float("-inf"), init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def are_due(self, now: float) -> bool:
        """Whether to look for those of others, *now* in monotonic seconds."""
        return now >= self._looks

    def hit(self, answer: Answer) -> bool:
        """Whether *answer* was dropped."""
        return any(mark.hits(answer) for mark in self._marks)

    def look(self) -> tuple[Mark, ...]:
        """Read what others wrote; return what is new."""
        self._looks = self.clock.monotonic() + LOOK_S
        entry = None if self.cache is None else self.cache.get(self._key)
        if entry is None or entry == self._entry:
            return ()
        with self._lock:
            before, self._entry = frozenset(self._marks), entry
            self._marks = self._living((*self._marks, *_read(entry)))
            return tuple(mark for mark in self._marks if mark not in before)

    def add(self, what: What, name: str) -> Mark:
        """Mark it from now on, here and for all who share the cache."""
        mark = Mark(what, name, self.clock.now())
        self._take(mark)
        if self.cache is not None:
            lease = self._alone()
            try:
                self.look()
                entry = _written(self._take(mark))
                self.cache.put(self._key, entry, self.lifetime)
            finally:
                self._release(lease)
        return mark

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()

    def _take(self, mark: Mark) -> tuple[Mark, ...]:
        with self._lock:
            self._marks = self._living((*self._marks, mark))
            return self._marks

    def _living(self, marks: Iterable[Mark]) -> tuple[Mark, ...]:
        """The newest of each that may still hit anything; one for all where they are too many."""
        now, newest = self.clock.now(), dict[tuple[What, str], Mark]()
        for mark in sorted(marks, key=lambda each: each.time):
            if now - self.lifetime <= mark.time <= now + _AHEAD:
                newest[mark.what, mark.name] = mark
        if len(newest) > MOST:
            return (Mark(What.ALL, "", now),)
        return tuple(newest.values())

    def _alone(self) -> Lease | None:
        """Return a lease, or None where none is to be had for a second: then it is written all the same."""
        if self.leases is None:
            return None
        with suppress(JackfieldError):
            for _ in range(_TRIES):
                lease = self.leases.acquire(
                    self.organization,
                    f"advice-dropped {self.place}",
                    holder=self.holder,
                    lifetime=_ALONE,
                )
                if lease is not None:
                    return lease
                self.clock.sleep(_PAUSE)
        return None

    def _release(self, lease: Lease | None) -> None:
        if self.leases is not None and lease is not None:
            with suppress(JackfieldError):  # then it expires
                self.leases.release(lease)

    @property
    def _key(self) -> str:
        return f"{self.organization} advice-dropped"


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
