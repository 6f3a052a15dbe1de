"""The ledger of a process: it dies with it, and what it acknowledges is remembered by the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from attrs import define, field, frozen

from jackfield.adapters.caching import MemoryCache
from jackfield.domain.model.events import Position
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.proofs.mortals import MortalLedger


@define(eq=False)
class Acknowledged:
    """What was said to be durable: the entries by their places, and the newest revision of each subject."""

    entries: dict[Organization, dict[Position, str]] = field(
        factory=dict[Organization, "dict[Position, str]"]
    )
    revisions: dict[Subject, int] = field(factory=dict[Subject, int])
    commits: int = 0

    def hear(self, changes: tuple[Change, ...], receipt: Receipt | Repeat) -> None:
        """Remember what a commit returned."""
        if isinstance(receipt, Repeat):
            return
        self.commits += 1
        for change in changes:
            self.revisions[change.subject] = max(self.revisions.get(change.subject, 0), change.expected + 1)
        if any(change.events for change in changes):
            self.entries.setdefault(changes[0].subject.organization, {})[receipt.position] = receipt.head


Hear: TypeAlias = Callable[[tuple[Change, ...], Receipt | Repeat], None]


@frozen
class WitnessedLedger(MortalLedger):
    """A `MortalLedger` whose commits are heard of."""

    hear: Hear

    def commit(self, *changes: Change) -> Receipt | Repeat:
        self.life.step()
        receipt = self.inner.commit(*changes)
        self.hear(changes, receipt)
        self.life.step()
        return receipt


@define(eq=False)
class SharedCache:
    """A cache that all processes of a machine share, as they do a folder; closing it is nothing."""

    cache: MemoryCache

    def get(self, key: str) -> bytes | None:
        return self.cache.get(key)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.cache.put(key, value, lifetime)

    def drop(self, key: str) -> None:
        self.cache.drop(key)

    def close(self) -> None:
        pass
