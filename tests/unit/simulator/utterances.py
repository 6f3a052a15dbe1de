"""Banking77's questions, beside the project where somebody put them; tests skip without."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

_FILE: Final = Path(__file__).parents[4] / "shared" / "data" / "banking77" / "train.csv"
_PARTS: Final = 5

Question = tuple[str, str]


def questions() -> list[Question]:
    """Return each question with its category, in an order that chance drew once."""
    if not _FILE.is_file():
        pytest.skip("no banking77/train.csv beside the project")
    with _FILE.open(newline="", encoding="utf-8") as lines:
        found = [(row["text"], row["category"]) for row in csv.DictReader(lines)]
    random.Random(7).shuffle(found)
    return found


def parted(found: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Return four fifths to teach and one to ask."""
    return [each for at, each in enumerate(found) if at % _PARTS], list(found[::_PARTS])


def taught(found: Sequence[Question]) -> Mapping[str, Sequence[str]]:
    """Return the texts by category."""
    examples = dict[str, list[str]]()
    for text, category in found:
        examples.setdefault(category, []).append(text)
    return examples
