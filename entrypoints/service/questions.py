"""Questions that were read once, kept for who sends the same bytes again, as far as they fit."""

from __future__ import annotations

from datetime import datetime
from sys import getsizeof
from threading import Lock
from typing import Final

from attrs import define, field, frozen

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.services.advice.querying.answering import Repeatable

_MOST: Final = 2_000
_MOST_BYTES: Final = 16 * 2**20
_AROUND: Final = 1_000
"""What the objects around the texts take, in bytes."""


@frozen(eq=False)
class Written:
    """What was shown of an answer that was asked for at that moment, by `ids` and as bytes, and what gives it
    again where that can be: that keeps nothing of the answer itself."""

    asked: datetime
    ids: tuple[str, ...]
    body: bytes
    again: Repeatable | None

    def size(self) -> int:
        """Return how many bytes of memory it takes."""
        return getsizeof(self.body) + sum(map(getsizeof, self.ids))


@define(eq=False)
class Asked:
    """A question that was read once, its key, and its answer as it was last written."""

    query: AdviceQuery
    key: str
    written: Written | None = None
    counted: int = field(default=0, init=False)

    def size(self) -> int:
        """Return how many bytes of memory it takes."""
        query = self.query
        texts = (
            query.conversation,
            query.transcript,
            query.agent,
            query.channel,
            *query.skills,
            *query.bases,
        )
        return _AROUND + sum(map(getsizeof, texts)) + (0 if self.written is None else self.written.size())


@define(eq=False)
class Questions:
    """Questions by the bytes that asked them, or by keys; the oldest go where they take too much."""

    most: int = _MOST
    most_bytes: int = _MOST_BYTES
    taken: int = field(default=0, init=False)
    _known: dict[bytes, Asked] = field(factory=dict[bytes, Asked], init=False)
    _once: set[int] = field(factory=set[int], init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, body: bytes) -> Asked | None:
        """Return what these bytes asked, if it is still known."""
        return self._known.get(body)

    def is_repeated(self, body: bytes) -> bool:
        """Whether these bytes seem to have come before: what comes once is to push nothing out."""
        mark = hash(body)
        if mark in self._once:
            return True
        if len(self._once) >= self.most:
            self._once = set()
        self._once.add(mark)
        return False

    def keep(self, body: bytes, asked: Asked) -> None:
        """Keep it, or count it anew where it has grown."""
        with self._lock:
            known = self._known.setdefault(body, asked)
            if known is asked:
                size = getsizeof(body) + asked.size()
                self.taken += size - asked.counted
                asked.counted = size
            while self._known and (len(self._known) > self.most or self.taken > self.most_bytes):
                self._forget(next(iter(self._known)))

    def _forget(self, body: bytes) -> None:
        gone = self._known.pop(body)
        self.taken -= gone.counted
        gone.counted = 0  # who still answers with it may keep it again
