"""What is lost, by what it was of, until that is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from attrs import define, field

K = TypeVar("K", bound=Hashable)


@define(eq=False)
class Losses(Generic[K]):
    """Counts them; `ever` is how many there were. Not safe for threads."""

    untold: Counter[K] = field(factory=Counter[K], init=False)
    ever: int = field(default=0, init=False)

    def __bool__(self) -> bool:
        return bool(self.untold)

    @property
    def told(self) -> int:
        """How many of them were told of."""
        return self.ever - self.untold.total()

    def add(self, keys: Iterable[K]) -> None:
        """These were lost."""
        before = self.untold.total()
        self.untold.update(keys)
        self.ever += self.untold.total() - before

    def tell(self, lost: Counter[K]) -> None:
        """So many were told of."""
        self.untold -= lost
