"""Counting an answer on its way: whatever becomes of the counter, and cut no surer than it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from attrs import define, field, frozen

from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations.meters import Meter

GUARD: Final = 2
"""How many times `output` an estimate sees before it cuts: until then the platform's own limit decides."""

_T = TypeVar("_T")


class Counts(Protocol):
    """What of a `TokenCounter` is needed here."""

    def count(self, text: str) -> TokenCount:
        """Return how many tokens *text* has."""
        ...

    def worst(self, characters: int) -> int:
        """Return the most tokens that so many characters can have."""
        ...


@define(eq=False)
class Lasting:
    """A counter of one answer; once it raised, *spare* counts what is left of it."""

    counter: Counts
    spare: Counts
    _failed: bool = field(default=False, init=False)

    def count(self, text: str) -> TokenCount:
        """Return how many tokens *text* has; never raises."""
        return self._asked(lambda counts: counts.count(text))

    def worst(self, characters: int) -> int:
        """Return the most tokens that so many characters can have; never raises."""
        return self._asked(lambda counts: counts.worst(characters))

    def _asked(self, ask: Callable[[Counts], _T]) -> _T:
        if not self._failed:
            try:
                return ask(self.counter)
            except Exception:  # noqa: BLE001  # a plugin's, of any kind: the question was sent, its answer goes on
                self._failed = True
        return ask(self.spare)


@frozen
class _Doubting:
    """An estimate in place of an exact count, against the same limit: it sees `GUARD` times as much in it."""

    counter: Counts

    def count(self, text: str) -> TokenCount:
        return TokenCount(-(-self.counter.count(text).tokens // GUARD), exact=False)

    def worst(self, characters: int) -> int:
        return -(-self.counter.worst(characters) // GUARD)


def metered(counter: Counts, spare: Counts, output: int) -> Meter:
    """Return what ends an answer at *output* tokens if *counter* is exact, else at `GUARD` times as many.

    An estimate is no reason to cut what the platform keeps to `maxTokens`; a server that does not is cut.
    """
    if Lasting(counter, spare).count("").exact:
        lasting, limit = Lasting(counter, _Doubting(spare)), output
    else:
        lasting, limit = Lasting(counter, spare), GUARD * output
    return Meter(limit, lasting.count, lasting.worst)
