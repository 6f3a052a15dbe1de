"""Counters of tokens for tests: those of the product, a small real vocabulary, and some that are nasty."""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from typing import Final

from attrs import frozen

from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.plugins.builtin.vocabulary import PATTERNS, read_ranks
from jackfield.ports.tokens import TokenCounter
from tests.plugins.vocabulary import entries


@frozen
class Pairs:
    """Each letter is a token, but "ab" is one; so "a" and "b" are two, and "ab" is one."""

    name: str = "pairs"

    def count(self, text: str) -> TokenCount:
        """Count what is left when each "ab" is one letter."""
        return TokenCount(len(text.replace("ab", "c")), exact=True)

    def worst(self, characters: int) -> int:
        """Return a token a letter."""
        return characters


@frozen
class Merges:
    """Byte pair encoding over letters: the pair with the lowest rank is merged first.

    One more letter can undo merges before it, so a text may have more tokens than its two parts together, and
    fewer than its beginning.
    """

    merges: tuple[tuple[str, str], ...]
    name: str = "merges"

    def count(self, text: str) -> TokenCount:
        """Merge until nothing can be merged."""
        parts = list(text)
        for left, right in self.merges:
            parts = _merged(parts, left, right)
        return TokenCount(len(parts), exact=True)

    def worst(self, characters: int) -> int:
        """Return a token a letter."""
        return characters


def _merged(parts: list[str], left: str, right: str) -> list[str]:
    merged = list[str]()
    for part in parts:
        if merged and merged[-1] == left and part == right:
            merged[-1] = left + right
        else:
            merged.append(part)
    return merged


UNDOING: Final = Merges((("c", "d"), ("a", "b"), ("ab", "c"), ("b", "b"), ("d", "d"), ("abc", "abc")))
"""In "abcabc" all is one token; a "d" behind it makes three of it."""


@cache
def small_vocabulary() -> TokenCounter:
    """Return tiktoken with the 256 bytes and a few words: "an" is two tokens, "and" is one."""
    import tiktoken

    from jackfield.plugins.builtin.tokens import Tiktoken

    ranks = read_ranks(b"\n".join(entries()))
    return Tiktoken(
        tiktoken.Encoding("small", pat_str=PATTERNS["o200k_base"], mergeable_ranks=ranks, special_tokens={})
    )


def all_counters() -> tuple[TokenCounter, ...]:
    """Return one of each."""
    return UpperEstimate(), QuarterEstimate(), small_vocabulary(), Pairs(), UNDOING


def longest_beginning(pieces: list[str], limit: int, counter: TokenCounter) -> str:
    """Return whole pieces while their text fits, and of the next one the longest beginning that does."""
    before = ""
    for whole in accumulate(pieces):
        if counter.count(whole).tokens > limit:
            ends = range(len(whole), len(before) - 1, -1)
            return next(whole[:end] for end in ends if counter.count(whole[:end]).tokens <= limit)
        before = whole
    return before
