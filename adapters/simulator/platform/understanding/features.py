"""What a text consists of for the classifier: words, their neighbors, and pieces of words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, pairwise
from typing import Final
from unicodedata import normalize

_WORD: Final = re.compile(r"\w+(?:'\w+)?")
_PIECE: Final = 4


def words(text: str) -> list[str]:
    """Return its words, whatever their case and however their letters and apostrophes are written."""
    return _WORD.findall(normalize("NFKC", text).casefold().replace("\u2019", "'"))


def features(text: str) -> list[str]:
    """Return each feature once: words, pairs of neighbors (the text's ends are some), four-letter pieces.

    Their order is the text's, so that sums over them are the same in every process.
    """
    said = words(text)
    if not said:
        return []
    pairs = (f"{left} {right}" for left, right in pairwise(("^", *said, "$")))
    return list(dict.fromkeys(chain(said, pairs, _pieces(said))))


def _pieces(said: Iterable[str]) -> Iterable[str]:
    for word in said:
        framed = f"<{word}>"
        for at in range(max(1, len(framed) - _PIECE + 1)):
            yield f"#{framed[at : at + _PIECE]}"
