"""Counting what a model will count."""

from __future__ import annotations

from typing import Protocol

from jackfield.domain.model.budgets import TokenCount


class TokenCounter(Protocol):
    """Counts the tokens of a text; one that guesses says so with `exact=False`, and guesses upwards."""

    @property
    def name(self) -> str:
        """What reports call this counter, such as `upper-estimate`."""
        ...

    def count(self, text: str) -> TokenCount:
        """Return how many tokens *text* has; never raises."""
        ...

    def worst(self, characters: int) -> int:
        """Return the most tokens that any text of so many characters (code points) can have."""
        ...
