"""What a paused listener has not heard, and comes again."""

from __future__ import annotations

from typing import Final

MOST_SKIPPED: Final = 10_000
"""Pieces that may come after nobody wanted any."""


class Skipping:
    """The sequences that were skipped, until they have come again."""

    def __init__(self) -> None:
        self._skipped = set[int]()
        self._last = -1

    def __len__(self) -> int:
        return len(self._skipped)

    def add(self, sequence: int) -> bool:
        """Skip one more; say whether that is not too much."""
        self._skipped.add(sequence)
        self._last = max(sequence, self._last)
        return len(self._skipped) <= MOST_SKIPPED

    def comes_again(self, sequence: int) -> bool:
        """Say whether it is one of what was asked for again, and not one that was under way before."""
        if sequence > self._last:
            return False
        self._skipped.discard(sequence)
        self._last = self._last if self._skipped else -1
        return True
