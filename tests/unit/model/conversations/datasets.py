"""Conversations and questions of others, beside the project where somebody put them; tests skip without."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Final

import pytest

from jackfield.domain.model.conversations.examples import Example
from jackfield.domain.model.conversations.messages import Message, Role

_DATA: Final = Path(__file__).parents[5] / "shared" / "data"


def _file(name: str) -> Path:
    if not (path := _DATA / name).is_file():
        pytest.skip(f"no {name} beside the project")
    return path


def abcd() -> list[tuple[Message, ...]]:
    """Return ABCD's conversations, whole; what the system did is a message of the assistant."""
    spoken = json.loads(_file("abcd/abcd_sample.json").read_bytes())
    return [
        tuple(
            Message(Role.USER if who == "customer" else Role.ASSISTANT, said)
            for who, said in each["original"]
        )
        for each in spoken
    ]


def banking() -> dict[str, list[Example]]:
    """Return Banking77's questions by their category; the category is the answer, too."""
    found: dict[str, list[Example]] = {}
    with _file("banking77/train.csv").open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            category = row["category"]
            example = Example(id=f"{number:05}", input=row["text"], output=category, category=category)
            found.setdefault(category, []).append(example)
    return found
