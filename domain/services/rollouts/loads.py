"""How many bytes things take that wait: what several of them hold takes memory once, and counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from attrs import define, field

T = TypeVar("T")
P = TypeVar("P")


@define(eq=False)
class Load(Generic[T, P]):
    """Sums up what each thing takes, `each` bytes, and what all their `parts` `weigh`.

    Not safe for threads. A thing keeps its parts as long as it is counted.
    """

    each: int
    parts: Callable[[T], tuple[P, ...]]
    weigh: Callable[[P], int]
    bytes: int = field(default=0, init=False)
    _held: dict[int, tuple[int, int]] = field(factory=dict[int, tuple[int, int]], init=False)

    def add(self, things: Iterable[T]) -> None:
        """Count them."""
        for thing in things:
            self.bytes += self.each
            for part in self.parts(thing):
                holders, size = self._held.get(id(part)) or (0, self.weigh(part))
                self._held[id(part)] = holders + 1, size
                if not holders:
                    self.bytes += size

    def remove(self, things: Iterable[T]) -> None:
        """Count them no more."""
        for thing in things:
            self.bytes -= self.each
            for part in self.parts(thing):
                holders, size = self._held.pop(id(part))
                if holders > 1:
                    self._held[id(part)] = holders - 1, size
                else:
                    self.bytes -= size

    def clear(self) -> None:
        """Count nothing any more."""
        self.bytes = 0
        self._held.clear()


@define(eq=False)
class Room(Generic[T]):
    """How many bytes those take that wait in line: each is weighed once. Not safe for threads."""

    load: Load[T, Any]
    weighed: int = field(default=0, init=False)

    def taken(self, waiting: Sequence[T]) -> int:
        """Return it, also of those that came to the line since."""
        self.load.add(waiting[self.weighed :])
        self.weighed = len(waiting)
        return self.load.bytes

    def leave(self, first: Sequence[T]) -> None:
        """Those leave the line that are first in it."""
        if self.weighed:
            self.load.remove(first[: self.weighed])
            self.weighed = max(0, self.weighed - len(first))

    def clear(self) -> None:
        """Nobody waits any more."""
        self.weighed = 0
        self.load.clear()
