"""What each conversation was shown before: for a day, and as far as there is room."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import timedelta
from threading import Lock
from typing import Final, cast

from attrs import define, evolve, field

from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.canonical import digest, ordered
from jackfield.domain.model.subjects import Organization
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

MOST_CONVERSATIONS: Final = 10_000
MOST_SHOWN: Final = 200
"""The recommendations of one conversation that are remembered, the newest."""
LIFETIME: Final = timedelta(hours=24)
LOOK_S: Final = 10.0
"""How often a process looks for what others showed in a conversation."""


@define(eq=False)
class Shown:
    """Recommendations by conversation, in memory, and in a cache that processes share; safe for threads.

    It marks, and decides nothing: two processes that show something in one conversation at the same moment
    may leave one of it unmarked.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    _known: dict[str, tuple[float, tuple[str, ...]]] = field(
        factory=dict[str, "tuple[float, tuple[str, ...]]"], init=False
    )
    _lock: Lock = field(factory=Lock, init=False)

    def marked(self, conversation: str, accepted: tuple[Accepted, ...], now: float) -> tuple[Accepted, ...]:
        """Return *accepted*, those marked that the conversation had before *now*, in monotonic seconds."""
        known = self._known.get(conversation)
        if known is None or now >= known[0]:
            known = self._looked(conversation, (), now)
        if not known[1]:
            return accepted
        return tuple(evolve(each, shown=each.item.id in known[1]) for each in accepted)

    def has_none(self, conversation: str, now: float) -> bool:
        """Whether it is known that the conversation had nothing before *now*, in monotonic seconds."""
        known = self._known.get(conversation)
        return known is not None and now < known[0] and not known[1]

    def add(self, conversation: str, ids: Iterable[str]) -> None:
        """Remember that they were shown."""
        _, shown = self._looked(conversation, ids, self.clock.monotonic())
        if self.cache is not None:
            text = ordered((self.organization, conversation, shown))
            self.cache.put(self._key(conversation), text.encode(), LIFETIME)

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()

    def _looked(self, conversation: str, ids: Iterable[str], now: float) -> tuple[float, tuple[str, ...]]:
        theirs = self._read(conversation)
        with self._lock:
            _, ours = self._known.pop(conversation, (0.0, ()))
            newest = dict.fromkeys((*ids, *ours, *theirs))
            known = self._known[conversation] = now + LOOK_S, tuple(newest)[:MOST_SHOWN]
            while len(self._known) > MOST_CONVERSATIONS:
                del self._known[next(iter(self._known))]
            return known

    def _read(self, conversation: str) -> Collection[str]:
        entry = None if self.cache is None else self.cache.get(self._key(conversation))
        try:
            said: object = json.loads(entry or b"null")
        except (ValueError, RecursionError):
            return ()
        fields = cast("list[object]", said) if isinstance(said, list) else []
        if fields[:2] != [self.organization, conversation] or not isinstance(fields[-1], list):
            return ()
        listed = cast("list[object]", fields[-1])[:MOST_SHOWN]
        return [each for each in listed if isinstance(each, str)]

    def _key(self, conversation: str) -> str:
        return f"{self.organization} advice-shown {digest(conversation)}"
