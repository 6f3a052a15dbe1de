"""The mood of a text, by a small lexicon of its own; the same text has the same mood everywhere."""

from __future__ import annotations

import re
from math import sqrt
from typing import Final

from jackfield.adapters.simulator.platform.understanding.features import words
from jackfield.adapters.simulator.platform.understanding.valences import (
    DEGREES,
    FACES,
    IDIOMS,
    NEGATIONS,
    TRAILING,
    TURNS,
    VALENCES,
)

_CLAUSES: Final = re.compile(r"[.,;:!?\n]+")
_REACH: Final = 3
"""So many words behind it a negation still turns one."""
_TURNED: Final = -0.7
_BEFORE_TURN: Final = 0.5
_EMPHASIS: Final = 0.15
_MOST_MARKS: Final = 3
_ROOM: Final = 10.0


def sentiment(text: str) -> float:
    """Return the mood from -1 to 1; 0 for a text that shows none."""
    total = (_spoken(text) + _shown(text)) * (1 + _EMPHASIS * min(text.count("!"), _MOST_MARKS))
    return total / sqrt(total * total + _ROOM)


def _spoken(text: str) -> float:
    """Weigh the words clause by clause, since no negation reaches into the next one."""
    before = behind = 0.0
    for clause in _CLAUSES.split(text):
        said = words(clause)
        turn = max((at for at, word in enumerate(said) if word in TURNS), default=None)
        if turn is not None:
            before, behind = before + behind + _sum(said[:turn]), 0.0
            said = said[turn:]
        behind += _sum(said)
    return before * _BEFORE_TURN + behind


def _sum(said: list[str]) -> float:
    return sum(_value(said, at) for at, word in enumerate(said) if word in VALENCES)


def _value(said: list[str], at: int) -> float:
    """Return how the word sounds at its place."""
    if " ".join(said[at : at + 2]) in IDIOMS:
        return 0.0
    before = said[max(0, at - _REACH) : at]
    degree = next((DEGREES[each] for each in reversed(before[-2:]) if each in DEGREES), 1.0)
    turned = not NEGATIONS.isdisjoint(before) or not TRAILING.isdisjoint(said[at + 1 : at + 2])
    return VALENCES[said[at]] * degree * (_TURNED if turned else 1.0)


def _shown(text: str) -> float:
    return sum(text.count(face) * value for face, value in FACES.items())
