"""What was dropped, told to every process that shares the cache: recommendations, and knowledge bases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from threading import Lock
from typing import Final

from attrs import define, evolve, field

from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.keeping.answers import Answer
from jackfield.domain.services.advice.keeping.entries import read, written
from jackfield.domain.services.advice.keeping.leasing import Leasing
from jackfield.domain.services.advice.keeping.marked import SKEW, Mark, Marked, What, folded, marked, named
from jackfield.domain.services.advice.keeping.untold import TICK, Untold
from jackfield.ports.cache import Cache, look
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
_LAST_TRIES: Final = 25
_LAST_PAUSE: Final = timedelta(milliseconds=50)
"""Who ends waits a little longer than a cache leaves a locked store alone."""
_EVERYTHING: Final = ((What.ALL, ""),)


@define(eq=False)
class Marks:
    """The marks of one organization, as of the last look; safe for threads.

    They are written under a lease where there are leases, so that none is lost to another process that
    writes at the same moment. Each is kept as long as an answer may be: `lifetime`, and a minute more. In
    this process they are counted, and no step of a clock changes what was before what.

    While the cache fails, those of others are not heard of, and ours are told as soon as it is back: each
    until it was read there. Where what others wrote is spoilt, anything may have been dropped: then all is.
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
    _untold: Untold = field(init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._untold = Untold(self.look)

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
        """Read what others wrote, and tell them again what they have not heard of yet."""
        self._looks = self.clock.monotonic() + LOOK_S
        if self._is_read() and self._untold:
            self._tell((), patient=False)

    def add(self, what: What, names: Iterable[str]) -> None:
        """Mark them from now on, here and for all who share the cache."""
        keys = [(what, named(each)) for each in names]
        mine = self._mark(keys)
        if self.cache is not None:
            self._untold.add(mine)
            self._tell(keys, patient=True)
            self._untold.begin()

    def close(self) -> None:
        """Tell what others have not heard of yet, for a second or so; closing twice is fine."""
        for _ in range(_LAST_TRIES):
            if self._untold.is_closed or not self._untold:
                break
            self.look()
            self.clock.sleep(_LAST_PAUSE)
        self._untold.close()

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()
        self._untold.after_fork()
        if self.leasing is not None:
            self.leasing.after_fork()

    def _tell(self, anew: Iterable[tuple[What, str]], *, patient: bool) -> None:
        """Write all marks beside those of others, the ones *anew* newer than those; not blindly."""
        lease = self._alone(patient=patient)
        if lease is False:
            return
        try:
            if self._is_read():
                self._untold.add(self._mark(anew))
                entry = written(self.organization, self._marked.marks.values())
                if self.cache is not None:
                    self.cache.put(self._key, entry, self.lifetime + SKEW)
                if lease is not None or self.leasing is None:  # else another may write at the same moment
                    self._is_read()
        finally:
            if self.leasing is not None and isinstance(lease, Lease):
                self.leasing.release(lease, _PATIENCE_S)

    def _is_read(self) -> bool:
        """Learn what others wrote, and whether they can know what we did; False if nobody can tell."""
        found, told = look(self.cache, self._key), tuple[Mark, ...]()
        if found.value is not None and found.value != self._entry:
            self._entry = found.value
            there = read(self.organization, found.value, MOST + 1)
            if there is None:
                self._untold.add(self._mark(_EVERYTHING))
            told = there or ()
        self._take(told)
        self._take(self._untold.hear(told, since=self.clock.now() - self.lifetime - SKEW))
        return not found.failed

    def _mark(self, keys: Iterable[tuple[What, str]]) -> tuple[Mark, ...]:
        mine = tuple(self._mine(keys))
        self._take(mine)
        return mine

    def _mine(self, keys: Iterable[tuple[What, str]]) -> Iterable[Mark]:
        """Marks that all who know of an earlier one take for newer, whatever the clock says."""
        now, known = self.clock.now(), self._marked.marks
        for what, name in keys:
            before = known.get((what, name))
            yield Mark(what, name, now if before is None else max(now, before.time + TICK))

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

    def _alone(self, *, patient: bool) -> Lease | bool | None:
        """Return a lease, or None where none is to be had for a second: then it is written all the same.

        False where another has it, and nobody is *patient*.
        """
        if self.leasing is None:
            return None
        for _ in range(_TRIES if patient else 1):
            lease = self.leasing.acquire(f"advice-dropped {self.place}", _ALONE, _PATIENCE_S)
            if lease is not False:
                return lease
            self.clock.sleep(_PAUSE)
        return None if patient else False

    @property
    def _key(self) -> str:
        return f"{self.organization} advice-dropped"


def _is_new(mark: Mark, known: Mark | None) -> bool:
    return known is None or mark.time > known.time
