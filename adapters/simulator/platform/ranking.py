"""How relevant articles are to what was said: how much of what they are about is in it, and BM25.

A title, or a phrase by which customers ask, that is said whole makes at least 0.8. Half of one stays below
0.5 unless most of what the article explains is said as well; an article of which none is said is not given.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Final, Self

from attrs import frozen

from jackfield.adapters.simulator.platform.understanding.features import words


def _listed(lines: str) -> tuple[str, ...]:
    return tuple(lines.split())


_K1: Final = 1.2
_B: Final = 0.75
_TOPIC: Final = 3
"""A word of a title or a phrase counts like so many of the content."""
_CONTENT: Final = 0.4
_LEFT: Final = 0.2
"""What a whole topic leaves of the way to 1."""
_STEEPNESS: Final = 1.5
"""Half of a topic is less than half of the way."""
_CANDIDATES: Final = 100
_DIGITS: Final = 4
_SHORTEST_STEM: Final = 3
_ENDINGS: Final = ("ing", "ed", "es", "s", "e")
_SILENT: Final = frozenset(
    _listed("""
        a about after again agent all also am an and any anything are as ask at be because been before being
        but by can can't cannot come could customer day did didn't do does doesn't doing don't for from get
        give go going good got had has have he hello help her here hi him his how i i'd i'll i'm i've if in
        into is isn't it it's just know let like look make may me mine more much must my need no not now of
        off ok okay on once one only or other our out over own please really same say see she should so some
        something still such sure tell than thank thanks that that's the their them then there these they
        thing this those through to today too under until up us very want was wasn't we well were what when
        which while who why will with won't would yes you your
    """)
)
"""Words that say nothing of a topic; and who speaks, in a transcript."""


@frozen(kw_only=True)
class Text:
    """What is ranked: its topics are its title and the phrases by which it is asked for."""

    topics: Sequence[str]
    content: str


@frozen(eq=False)
class Ranking:
    """An index over texts; a text is its place in their order."""

    _shares: Mapping[str, Sequence[tuple[int, float]]]
    _owners: Sequence[int]
    _parts: Sequence[Mapping[str, float]]

    @classmethod
    def of(cls, texts: Sequence[Text]) -> Self:
        """Index *texts*."""
        counts = [_counted(text) for text in texts]
        rarity = _rarity(counts)
        mean = sum(count.total() for count in counts) / max(1, len(counts)) or 1.0
        topics = [(at, _stems(topic)) for at, text in enumerate(texts) for topic in text.topics]
        return cls(
            _shares([stems for _, stems in topics], rarity),
            [at for at, _ in topics],
            [_parts(count, rarity, mean) for count in counts],
        )

    def relevances(self, said: str) -> dict[int, float]:
        """Return the relevance, up to 1, of the texts of whose topics most was *said*; a hundred at most."""
        found = _stems(said)
        topics = self._topics(found)
        best = nsmallest(_CANDIDATES, topics, key=lambda at: (-topics[at], at))
        return {at: _relevance(topics[at], self._content(at, found)) for at in best}

    def _topics(self, found: Mapping[str, int]) -> dict[int, float]:
        """Return the largest part of a topic of each text that was said, of those of which any was."""
        covered, topics = dict[int, float](), dict[int, float]()
        for word in found:
            for topic, share in self._shares.get(word, ()):
                covered[topic] = covered.get(topic, 0.0) + share
        for topic, part in covered.items():
            at = self._owners[topic]
            if part > topics.get(at, 0.0):
                topics[at] = part
        return topics

    def _content(self, at: int, found: Mapping[str, int]) -> float:
        """Return the text's BM25 score, as a part of what it is when all of it is said."""
        parts = self._parts[at]
        return math.fsum([parts[word] for word in parts.keys() & found.keys()])


def _relevance(topic: float, content: float) -> float:
    reached = math.pow(topic, _STEEPNESS) + _CONTENT * content
    return min(1.0, round(1.0 - math.pow(_LEFT, reached), _DIGITS))


def _rarity(counts: Sequence[Counter[str]]) -> Mapping[str, float]:
    holders = Counter(word for count in counts for word in count)
    return {word: math.log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for word, n in holders.items()}


def _parts(count: Counter[str], rarity: Mapping[str, float], mean: float) -> Mapping[str, float]:
    """Return of each word which part of the text's whole BM25 score it is."""
    length = _K1 * (1 - _B + _B * count.total() / mean)
    weights = {word: rarity[word] * times * (_K1 + 1) / (times + length) for word, times in count.items()}
    whole = math.fsum(weights.values())
    return {word: weight / whole for word, weight in weights.items()}


def _shares(
    topics: Sequence[Mapping[str, int]], rarity: Mapping[str, float]
) -> Mapping[str, Sequence[tuple[int, float]]]:
    """Return of which topics each word is a part, and of how much: the rarer, the more."""
    found = defaultdict[str, list[tuple[int, float]]](list)
    for number, stems in enumerate(topics):
        whole = math.fsum(rarity[stem] for stem in stems)
        for stem in stems:
            found[stem].append((number, rarity[stem] / whole))
    return dict(found)


def _counted(text: Text) -> Counter[str]:
    count = _stems(text.content)
    for topic in text.topics:
        for stem, times in _stems(topic).items():
            count[stem] += _TOPIC * times
    return count


def _stems(text: str) -> Counter[str]:
    """Return how often each stem is said, in the order of the text: sums over it are everywhere the same."""
    count = Counter[str]()
    for word, times in Counter(words(text)).items():
        if word not in _SILENT:
            count[_stem(word)] += times
    return count


def _stem(word: str) -> str:
    """Return the word without its ending, so that `charged` is `charges`."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    if word[-1:] == word[-2:-1]:
        word = word[:-1]
    return f"{word[:-1]}i" if word.endswith("y") else word
