"""Where answers are kept: in memory, and in a cache that processes share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from attrs import define, evolve, field

from jackfield.domain.model.advice.sifting import Sieve, aged
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.keeping.answers import Answer, decode, encode
from jackfield.domain.services.advice.keeping.marked import What
from jackfield.domain.services.advice.keeping.marks import Marks
from jackfield.domain.services.advice.values import Advised, Holding
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

_AGAIN_S: Final = 5.0


@define(eq=False)
class Kept:
    """An answer in memory: it holds until `ends`, in monotonic seconds, and was `asked` then.

    `seen` is how many marks there were by then. From `again` on it may be asked for anew behind the agent's
    back.
    """

    answer: Answer
    asked: float
    ends: float
    size: int
    seen: int
    again: float = float("inf")
    until: datetime | None = field(init=False)
    """When the first of its items gets too old."""
    given: Advised | None = field(default=None, init=False)
    """What it is told as in the log, where the same is given each time."""

    def __attrs_post_init__(self) -> None:
        self.until = self.answer.sifted.until

    def replaces(self, before: Kept, now: float) -> bool:
        """Whether to have it in the place of another: one that has ended, or was asked for earlier."""
        if now >= before.ends:
            return True
        return now < self.ends and self.asked >= before.asked


@define(eq=False)
class Answers:
    """Answers by key; safe for threads, and a hit in memory takes no lock. No cache, memory alone.

    In memory the one that was put longest ago makes room. What was dropped is a miss: here at once, in other
    processes that share the cache within a second.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    marks: Marks
    holding: Holding = field(factory=Holding, kw_only=True)
    most_entries: int = field(default=2_000, kw_only=True)
    most_bytes: int = field(default=16 * 2**20, kw_only=True)
    _kept: dict[str, Kept] = field(factory=dict[str, Kept], init=False)
    _bytes: int = field(default=0, init=False)
    _swept: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def hit(self, key: str, now: float) -> Kept | None:
        """Return what memory has under *key*, if it still holds *now*, in monotonic seconds."""
        if self.marks.are_due(now):
            self.marks.look()
            self._sweep()
        return self._holding(self._kept.get(key), now)

    def known(self, key: str) -> Kept | None:
        """Return what memory has under *key*, whether it holds or not."""
        return self._kept.get(key)

    def shared(self, key: str, sieve: Sieve, now: float) -> Kept | None:
        """Return what the cache has under *key*, if it still holds; it is in memory then, if it fits."""
        seen, read = self.marks.number, self._read(key, sieve)
        if read is None or not read[0].fresh_for(self.holding, self.clock.now()) > timedelta():
            return None
        return self._holding(self._take(key, *read, seen), now)

    def stale(self, key: str, sieve: Sieve) -> tuple[Answer, float] | None:
        """Return what is left of an answer that holds no more, its items not too old, and its age.

        It is the younger one of memory's and of the cache's: others may have asked since.
        """
        now, most = self.clock.now(), self.holding.stale.total_seconds()
        found = [(answer, age) for answer, age in self._older(key, sieve, now) if 0 <= age <= most]
        if not found:
            return None
        answer, age = min(found, key=lambda each: each[1])
        left = evolve(answer, sifted=aged(answer.sifted, sieve, now=now))
        return (left, age) if left.good else None

    def put(self, key: str, answer: Answer, seen: int) -> None:
        """Keep *answer*, if it is whole and was not dropped since it was asked for, with *seen* marks."""
        if not answer.whole or self.marks.drop(answer, seen):
            return
        with suppress(ValueError):  # half a surrogate pair: no bytes can be made of it
            entry = encode(self.organization, key, answer)
            if self._take(key, answer, len(entry), seen) is not None and self.cache is not None:
                lifetime = self.holding.longest if answer.good else self.holding.negative
                self.cache.put(self._key(key), entry, lifetime - (self.clock.now() - answer.asked))

    def drop(self, key: str) -> None:
        """Forget what is under *key*."""
        with self._lock:
            self._remove(key)
        if self.cache is not None:
            self.cache.drop(self._key(key))

    def forget(self, what: What, names: Iterable[str]) -> None:
        """Drop every answer that these make wrong, here and for all who share the cache."""
        self.marks.add(what, names)
        for key in self._sweep():
            if self.cache is not None:
                self.cache.drop(self._key(key))

    def clear(self) -> None:
        """Forget what is in memory alone."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def close(self) -> None:
        """Let go of the cache, once others can know what was dropped; closing twice is fine."""
        self.marks.close()
        if self.cache is not None:
            self.cache.close()

    def after_fork(self) -> None:
        """Nobody who held a lock is in this process."""
        self._lock = Lock()
        self.marks.after_fork()

    def _older(self, key: str, sieve: Sieve, now: datetime) -> Iterator[tuple[Answer, float]]:
        """Give what there is under *key*, with its age in seconds."""
        kept, moment = self._kept.get(key), self.clock.monotonic()
        if kept is not None:
            yield kept.answer, moment - kept.asked
        read = self._read(key, sieve) if self._holding(kept, moment) is None else None
        if read is not None:
            yield read[0], (now - read[0].asked).total_seconds()

    def _read(self, key: str, sieve: Sieve) -> tuple[Answer, int] | None:
        entry = None if self.cache is None else self.cache.get(self._key(key))
        answer = None if entry is None else decode(self.organization, key, sieve, entry)
        if entry is None or answer is None or self.marks.reach(answer):
            return None
        return answer, len(entry)

    def _holding(self, kept: Kept | None, now: float) -> Kept | None:
        if kept is None or now >= kept.ends:
            return None
        return None if kept.until is not None and self.clock.now() > kept.until else kept

    def _take(self, key: str, answer: Answer, size: int, seen: int) -> Kept | None:
        """Return it as it is kept, or what is there and newer; None if it was dropped meanwhile.

        It is in memory then, unless it is too large.
        """
        mine = self._held(answer, size, seen)
        with self._lock:
            if self.marks.drop(answer, seen):  # looked at here, or `_sweep` comes afterwards
                return None
            before = self._kept.get(key)
            if before is not None and not mine.replaces(before, self.clock.monotonic()):
                return before
            self._remove(key)
            if size <= self.most_bytes:
                self._kept[key] = mine
                self._bytes += size
            while len(self._kept) > self.most_entries or self._bytes > self.most_bytes:
                self._remove(next(iter(self._kept)))
            return mine

    def _held(self, answer: Answer, size: int, seen: int) -> Kept:
        now, moment = self.clock.monotonic(), self.clock.now()
        asked = now - (moment - answer.asked).total_seconds()
        revalidate = self.holding.revalidate
        return Kept(
            answer=answer,
            asked=asked,
            ends=now + answer.fresh_for(self.holding, moment).total_seconds(),
            size=size,
            seen=seen,
            again=float("inf") if revalidate is None else asked + revalidate.total_seconds(),
        )

    def _remove(self, key: str) -> None:
        found = self._kept.pop(key, None)
        self._bytes -= 0 if found is None else found.size

    def _sweep(self) -> list[str]:
        """Remove what was dropped; return its keys."""
        with self._lock:
            if self._swept == self.marks.number:
                return []
            self._swept = self.marks.number
            gone = [key for key, kept in self._kept.items() if self.marks.drop(kept.answer, kept.seen)]
            for key in gone:
                self._remove(key)
        return gone

    def _key(self, key: str) -> str:
        return f"{self.organization} advice {key}"


def put_off(kept: Kept, now: float) -> None:
    """Let nobody else ask anew for some seconds: somebody is about to."""
    kept.again = now + _AGAIN_S
