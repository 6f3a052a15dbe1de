"""An answer in timed pieces: a function of the seed, the assistant and the conversation's number alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from typing import Final

from attrs import frozen

from jackfield.adapters.simulator.platform.repertoire import Pace

_WORDS: Final = re.compile(r"\S{1,200}\s{0,50}|\s{1,50}")
_MOST_WORDS: Final = 3
_MILLISECOND: Final = timedelta(milliseconds=1)


@frozen
class Dice:
    """What is left to chance in one conversation of an assistant."""

    seed: int
    assistant: str
    number: int

    def of(self, name: str, at: int = 0) -> float:
        """Return a number of [0, 1)."""
        source = "\0".join(("assistant", str(self.seed), self.assistant, str(self.number), name, str(at)))
        drawn = blake2b(source.encode(errors="replace"), digest_size=6).digest()
        return int.from_bytes(drawn) / (1 << 48)


def cut(text: str, dice: Dice) -> Iterator[str]:
    """Give the pieces: one to three words each, with the blanks behind them."""
    words = _WORDS.findall(text)
    at = number = 0
    while at < len(words):
        size = 1 + int(dice.of("size", number) * _MOST_WORDS)
        yield "".join(words[at : at + size])
        at, number = at + size, number + 1


def times(count: int, pace: Pace, dice: Dice) -> Iterator[int]:
    """Give the milliseconds from the POST to each of *count* pieces, and to the end behind them."""
    passed = pace.first / _MILLISECOND
    spread = (pace.longest - pace.shortest) / _MILLISECOND
    for at in range(count + 1):
        yield round(passed)
        passed += pace.shortest / _MILLISECOND + dice.of("pause", at) * spread
