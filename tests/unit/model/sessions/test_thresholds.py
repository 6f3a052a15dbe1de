"""Thresholds: tutorial 003's names, and nothing that cannot be meant."""

from __future__ import annotations

import math
from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.thresholds import Thresholds


def test_the_tutorials_names_stand_with_its_number() -> None:
    default = Thresholds()
    assert (default.confidence_min, default.confidence_reject, default.clarify) == (0.6, 0.3, True)
    assert Thresholds(max_turns=5, confidence_min=0.6, sentiment_min=-0.5).max_turns == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_turns", 0),
        ("max_turns", 10_001),
        ("max_turns", 2.0),
        ("max_turns", True),
        ("confidence_min", 1.01),
        ("confidence_min", -0.01),
        ("confidence_min", math.nan),
        ("confidence_min", "0.6"),
        ("confidence_min", None),
        ("confidence_reject", 60),
        ("rejects", 0),
        ("margin_min", -0.1),
        ("clarifications", -1),
        ("clarify", 1),
        ("clarify", "no"),
        ("sentiment_min", -1.1),
        ("sentiment_weight", 0),
        ("sentiment_margin", math.inf),
        ("sentiment_turns", 0),
        ("failures", 0),
        ("topics", "legal"),
        ("topics", (1,)),
    ],
)
def test_a_wrong_number_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Thresholds(**{name: value})
    assert caught.value.place == name


def test_contradictions_are_told_all_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        Thresholds(confidence_min=0.2, sentiment_min=0.9)
    assert [problem.place for problem in caught.value.problems] == ["confidence_reject", "sentiment_margin"]


def test_whole_numbers_are_numbers() -> None:
    assert Thresholds(confidence_min=1, sentiment_min=-1) == Thresholds(
        confidence_min=1.0, sentiment_min=-1.0
    )
