"""Which examples are most like a question, by its words: BM25 over an inverted index, in pure Python.

Source: `conversations.md`, "Few-shot": ties break by id, and those already chosen make their like less wanted
(maximal marginal relevance).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Final, Self
from unicodedata import normalize

from attrs import frozen

from jackfield.domain.model.conversations.examples import MOST_TRIES, Example

_WORD: Final = re.compile(r"\w+")
_K1: Final = 1.2
_B: Final = 0.75
_RELEVANCE: Final = 0.7
"""The part of relevance against unlikeness, when the next example is chosen."""
_CANDIDATES: Final = 20
"""The most relevant examples, among which unlikeness counts; more, where more are wanted."""


@frozen(eq=False)
class Index:
    """An inverted index over the inputs of examples."""

    _weights: Mapping[str, Mapping[str, float]]
    _words: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Self:
        """Index *examples* by what is asked in them."""
        counts = {example.id: Counter(_words(example.input)) for example in examples}
        mean = sum(words.total() for words in counts.values()) / max(1, len(counts)) or 1.0
        found = defaultdict[str, dict[str, float]](dict)
        for id_, words in counts.items():
            length = _K1 * (1 - _B + _B * words.total() / mean)
            for word, times in words.items():
                found[word][id_] = times * (_K1 + 1) / (times + length)
        for holders in found.values():
            rarity = math.log(1 + (len(counts) - len(holders) + 0.5) / (len(holders) + 0.5))
            for id_ in holders:
                holders[id_] *= rarity
        return cls(dict(found), {id_: frozenset(words) for id_, words in counts.items()})

    def scores(self, question: str) -> dict[str, float]:
        """Return the BM25 score of every example that shares a word with *question*, by id."""
        scores: dict[str, float] = {}
        for word in dict.fromkeys(_words(question)):  # a set's order would change the last digits
            for id_, weight in self._weights.get(word, {}).items():
                scores[id_] = scores.get(id_, 0.0) + weight
        return scores

    def best(self, question: str, *, among: Sequence[Example], wanted: int) -> Iterator[Example]:
        """Give examples of *among*, the most relevant first, and then one that is not like those before.

        Those without a common word are not given. There are enough for *wanted* of them, and for all that
        may be tried and do not fit.
        """
        scores = self.scores(question)
        relevant = [example for example in among if example.id in scores]
        left = nsmallest(max(_CANDIDATES, wanted + MOST_TRIES), relevant, key=lambda e: (-scores[e.id], e.id))
        likeness = dict.fromkeys((example.id for example in left), 0.0)
        top = scores[left[0].id] if left else 1.0
        while left:
            best = min(
                left, key=lambda e: (-self._worth(scores[e.id] / top, likeness[e.id]), -scores[e.id], e.id)
            )
            left.remove(best)
            for other in left:
                likeness[other.id] = max(likeness[other.id], self._alike(best.id, other.id))
            yield best

    @staticmethod
    def _worth(relevance: float, likeness: float) -> float:
        return _RELEVANCE * relevance - (1 - _RELEVANCE) * likeness

    def _alike(self, one: str, other: str) -> float:
        """The part of their words that two examples share (Jaccard)."""
        ours, theirs = self._words[one], self._words[other]
        return len(ours & theirs) / max(1, len(ours | theirs))


def _words(text: str) -> list[str]:
    return _WORD.findall(normalize("NFKC", text).casefold())
