"""What each conversation was shown before, and what was judged wrong in it: for a day, as far as there is
room."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import timedelta
from threading import Lock
from typing import Final, NamedTuple, cast

from attrs import define, evolve, field

from jackfield.domain.model.advice.sifting import Sieve, Sifted, without
from jackfield.domain.model.canonical import digest, ordered
from jackfield.domain.model.subjects import Organization
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

MOST_CONVERSATIONS: Final = 10_000
MOST_SHOWN: Final = 200
"""The recommendations of one conversation that are remembered, the newest; as many that are wrong."""
LIFETIME: Final = timedelta(hours=24)
LOOK_S: Final = 10.0
"""How often a process looks for what others showed in a conversation, for answers that memory gives."""


class _Known(NamedTuple):
    """What is known of a conversation until it is looked for again, in monotonic seconds."""

    until: float = 0.0
    shown: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@define(eq=False)
class Shown:
    """Recommendations by conversation, in memory, and in a cache that processes share; safe for threads.

    Two processes that tell something of one conversation at the same moment may lose what one of them told
    for the others.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    _known: dict[str, _Known] = field(factory=dict[str, _Known], init=False)
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

    def add(self, conversation: str, ids: Iterable[str]) -> None:
        """Remember that they were shown."""
        self._keep(conversation, ids, ())

    def judge(self, conversation: str, ids: Iterable[str]) -> None:
        """Remember that they were judged wrong."""
        self._keep(conversation, (), ids)

    def wrong(self, conversation: str) -> Collection[str]:
        """Return what was judged wrong in a conversation, also by what other processes tell now."""
        return self._looked(conversation, self.clock.monotonic()).wrong

    def holds(self, conversation: str, identifier: str) -> bool:
        """Whether a conversation was shown it."""
        return identifier in self._looked(conversation, self.clock.monotonic()).shown

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()

    def _keep(self, conversation: str, shown: Iterable[str], wrong: Iterable[str]) -> None:
        known = self._looked(conversation, self.clock.monotonic(), shown, wrong)
        if self.cache is not None:
            text = ordered((self.organization, conversation, known.wrong, known.shown))
            self.cache.put(self._key(conversation), text.encode(), LIFETIME)

    def _looked(
        self, conversation: str, now: float, shown: Iterable[str] = (), wrong: Iterable[str] = ()
    ) -> _Known:
        theirs = self._read(conversation)
        with self._lock:
            ours = self._known.pop(conversation, _Known())
            known = self._known[conversation] = _Known(
                now + LOOK_S,
                _newest(shown, ours.shown, theirs.shown),
                _newest(wrong, ours.wrong, theirs.wrong),
            )
            while len(self._known) > MOST_CONVERSATIONS:
                del self._known[next(iter(self._known))]
            return known

    def _read(self, conversation: str) -> _Known:
        entry = None if self.cache is None else self.cache.get(self._key(conversation))
        try:
            said: object = json.loads(entry or b"null")
        except (ValueError, RecursionError):
            return _Known()
        fields = cast("list[object]", said) if isinstance(said, list) else []
        match fields:
            case [self.organization, other, wrong, shown] if other == conversation:
                return _Known(shown=_texts(shown), wrong=_texts(wrong))
            case _:
                return _Known()

    def _key(self, conversation: str) -> str:
        return f"{self.organization} advice-shown {digest(conversation)}"


def _newest(*ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for some in ids for each in some))[:MOST_SHOWN]


def _texts(listed: object) -> tuple[str, ...]:
    if not isinstance(listed, list):
        return ()
    return tuple(each for each in cast("list[object]", listed)[:MOST_SHOWN] if isinstance(each, str))
