"""How much is written at once where some of it cannot be written at all."""

from __future__ import annotations

from attrs import define, field


@define(eq=False)
class Portion:
    """`most` at once; halves of what is refused, until that is one thing alone. Not safe for threads.

    Behind one that is refused it begins with one again, and doubles: where all are refused, each is tried
    once. `doubtful` are the first of those that wait, something among which is refused.
    """

    most: int
    _next: int = field(init=False)
    _doubtful: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._next = self.most

    @property
    def size(self) -> int:
        """How much to write next."""
        return max(1, self._doubtful // 2) if self._doubtful else self._next

    @property
    def is_small(self) -> bool:
        """Whether it is less than usual."""
        return self.size < self.most

    def took(self, number: int) -> None:
        """So much was written."""
        if self._doubtful:
            self._doubtful = max(0, self._doubtful - number)
        else:
            self._next = min(self.most, self._next * 2)

    def refused(self, number: int) -> None:
        """So much was not, and something among it never will be; one alone is done with."""
        self._doubtful = number if number > 1 else 0
        self._next = self._next if number > 1 else 1
