"""Counting a text while it grows, and ending it at a limit: `conversations.md`, "Stream assembler"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field

from jackfield.domain.model.budgets import TokenCount

_MARGIN: Final = 32
"""Tokens below the limit where only a count is believed: one more letter can undo the token before it."""


@define(eq=False)
class Meter:
    """Holds a text that grows to a limit of tokens: by an estimate on the way, by a count near the limit.

    `count` counts a text, `worst` says how many tokens so many characters have at most. To count each piece
    would be wrong, for tokens cross pieces, and to count the whole text for each would be slow. A text ends
    in the first piece behind which it has more tokens than the limit, whatever might have come after it.
    """

    limit: int
    count: Callable[[str], TokenCount]
    worst: Callable[[int], int]
    _tokens: int = field(default=0, init=False)
    _parts: list[str] = field(factory=list[str], init=False, repr=False)
    _unsure: int = field(default=0, init=False)

    @property
    def text(self) -> str:
        """What was taken so far."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def take(self, piece: str) -> str:
        """Return as much of *piece* as the limit admits: all of it, or its longest beginning."""
        sure = self.limit - _MARGIN if self._tokens else self.limit
        if self._tokens + self.worst(self._unsure + len(piece)) <= sure:
            self._unsure += len(piece)
            self._parts.append(piece)
            return piece
        before = self.text
        tokens = self.count(before + piece).tokens
        if tokens > self.limit:
            piece = piece[: self._fitting(before, piece)]
            tokens = self.count(before + piece).tokens
        self._parts, self._tokens, self._unsure = [before + piece], tokens, 0
        return piece

    def _fitting(self, before: str, piece: str) -> int:
        """Return how many characters of *piece*, not all of which do, fit behind *before* at most.

        One character more may be a token less: a longer beginning near the one that is found is looked for.
        """

        def fits(characters: int) -> bool:
            return self.count(before + piece[:characters]).tokens <= self.limit

        low, high = 0, len(piece) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(middle) else (low, middle - 1)
        nearby = range(min(low + _MARGIN, len(piece) - 1), low, -1)
        return next((characters for characters in nearby if fits(characters)), low)
