"""What each conversation was shown before, and what was judged wrong in it: for a day, as far as there is
room."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from sys import getsizeof
from threading import Lock
from typing import Final, NamedTuple, cast

from attrs import define, evolve, field

from jackfield.domain.model.advice.sifting import Sieve, Sifted, without
from jackfield.domain.model.canonical import digest, ordered
from jackfield.domain.model.subjects import Organization
from jackfield.ports.cache import Cache, look
from jackfield.ports.clock import Clock

MOST_CONVERSATIONS: Final = 10_000
MOST_BYTES: Final = 16 * 2**20
"""What is remembered of all conversations takes no more memory, whatever is reached first."""
MOST_SHOWN: Final = 200
"""The recommendations of one conversation that are remembered, the newest; as many that are wrong."""
LIFETIME: Final = timedelta(hours=24)
LOOK_S: Final = 10.0
"""How often a process looks for what others showed in a conversation, for answers that memory gives."""
_EACH: Final = 500
"""What a conversation takes beside its ids, in bytes."""


class _Known(NamedTuple):
    """What is known of a conversation until it is looked for again, in monotonic seconds.

    It is `untold` until it was read where others find it, and takes so many bytes of memory: `size`.
    """

    until: float = 0.0
    shown: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    untold: bool = False
    size: int = 0

    def holds(self, other: _Known) -> bool:
        """Whether all of *other* is in it."""
        return set(self.shown) >= set(other.shown) and set(self.wrong) >= set(other.wrong)


def _nothing(_: str) -> Collection[str]:
    return ()


@define(eq=False)
class Shown:
    """Recommendations by conversation, in memory, and in a cache that processes share; safe for threads.

    Two processes that tell something of one conversation at the same moment may lose what one of them told
    for the others. What cannot be told while the cache fails is told when this process looks for the
    conversation again. Where what others told is spoilt, nothing was shown before (a mark is missing, no
    more), and wrong is what the log has as `judged`: to take all for wrong would leave the conversation
    without advice, to take nothing for it would show an agent what is known to be wrong.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    judged: Callable[[str], Collection[str]] = field(default=_nothing, kw_only=True)
    most_bytes: int = field(default=MOST_BYTES, kw_only=True)
    _known: dict[str, _Known] = field(factory=dict[str, _Known], init=False)
    _bytes: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def marked(
        self, conversation: str, sifted: Sifted, sieve: Sieve, now: float, *, anew: bool = False
    ) -> Sifted:
        """Return *sifted* as of *now*, in monotonic seconds: those marked that the conversation had before,
        and without those that were judged wrong in it.

        What others told of it is looked for *anew*, or now and then.
        """
        known = self._known.get(conversation)
        if known is None or anew or now >= known.until:
            known = self._looked(conversation, now)
        if known.wrong:
            sifted = without(sifted, sieve, known.wrong, now=self.clock.now())
        if not known.shown:
            return sifted
        accepted = tuple(evolve(each, shown=each.item.id in known.shown) for each in sifted.accepted)
        return Sifted(accepted=accepted, rejected=sifted.rejected, until=sifted.until)

    def has_none(self, conversation: str, now: float) -> bool:
        """Whether nothing is known to be shown or judged wrong in it as of *now*, in monotonic seconds."""
        known = self._known.get(conversation)
        return known is not None and now < known.until and not known.shown and not known.wrong

    def add(self, conversation: str, ids: Iterable[str]) -> None:
        """Remember that they were shown."""
        self._looked(conversation, self.clock.monotonic(), shown=ids)

    def judge(self, conversation: str, ids: Iterable[str]) -> None:
        """Remember that they were judged wrong."""
        self._looked(conversation, self.clock.monotonic(), wrong=ids)

    def wrong(self, conversation: str) -> Collection[str]:
        """Return what was judged wrong in a conversation, also by what other processes tell now."""
        return self._looked(conversation, self.clock.monotonic()).wrong

    def holds(self, conversation: str, identifier: str) -> bool:
        """Whether a conversation was shown it."""
        return identifier in self._looked(conversation, self.clock.monotonic()).shown

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()

    def _looked(
        self, conversation: str, now: float, shown: Iterable[str] = (), wrong: Iterable[str] = ()
    ) -> _Known:
        """Learn what others told, and these; tell them what they have not heard of, unless nobody knows."""
        theirs, told = self._read(conversation), _Known(shown=tuple(shown), wrong=tuple(wrong))
        told = told._replace(untold=bool(told.shown or told.wrong))
        with self._lock:
            known = self._merged(conversation, now, told, theirs or _Known())
        if known.untold and theirs is not None and self.cache is not None:
            self.cache.put(self._key(conversation), self._written(conversation, known), LIFETIME)
        return known

    def _merged(self, conversation: str, now: float, told: _Known, theirs: _Known) -> _Known:
        ours = self._known.pop(conversation, _Known())
        shown = _newest(told.shown, ours.shown, theirs.shown)
        wrong = _newest(told.wrong, ours.wrong, theirs.wrong)
        known = _Known(now + LOOK_S, shown, wrong, size=_size(shown, wrong))
        untold = told.untold or theirs.untold or (ours.untold and not theirs.holds(known))
        known = self._known[conversation] = known._replace(untold=untold)
        self._bytes += known.size - ours.size
        while len(self._known) > MOST_CONVERSATIONS or self._bytes > self.most_bytes:
            self._bytes -= self._known.pop(next(iter(self._known))).size
        return known

    def _read(self, conversation: str) -> _Known | None:
        """Return what others told; None if nobody knows whether they told anything."""
        found = look(self.cache, self._key(conversation))
        if found.value is None:
            return None if found.failed else _Known()
        return self._told(conversation, found.value) or _Known(
            wrong=tuple(self.judged(conversation))[:MOST_SHOWN], untold=True
        )

    def _told(self, conversation: str, entry: bytes) -> _Known | None:
        try:
            checksum, _, text = entry.decode().partition("\n")
            said = cast("list[object]", json.loads(text)) if checksum == digest(text) else []
        except (ValueError, RecursionError):
            return None
        match said:
            case [self.organization, other, wrong, shown] if other == conversation:
                return _Known(shown=_texts(shown), wrong=_texts(wrong))
            case _:
                return None

    def _written(self, conversation: str, known: _Known) -> bytes:
        text = ordered((self.organization, conversation, known.wrong, known.shown))
        return f"{digest(text)}\n{text}".encode()

    def _key(self, conversation: str) -> str:
        return f"{self.organization} advice-shown {digest(conversation)}"


def _newest(*ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for some in ids for each in some))[:MOST_SHOWN]


def _size(*ids: Iterable[str]) -> int:
    return _EACH + sum(8 + getsizeof(each) for some in ids for each in some)


def _texts(listed: object) -> tuple[str, ...]:
    if not isinstance(listed, list):
        return ()
    return tuple(each for each in cast("list[object]", listed)[:MOST_SHOWN] if isinstance(each, str))
