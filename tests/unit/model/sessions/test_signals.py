"""What a turn tells: usable numbers as they are, and everything else as a failure, never as a crash."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.policy import Act, Reason, Watch, decide
from jackfield.domain.model.sessions.signals import (
    LONGEST_UTTERANCE,
    UNMEASURED,
    Evaluation,
    Failure,
    Turn,
    hear,
    utterance,
)
from jackfield.domain.model.sessions.thresholds import Thresholds

ABSURD = [None, math.nan, math.inf, -math.inf, 1.7, -1.7, "0.9", b"1", True, [0.9], 10**400, object()]
ANYTHING = st.sampled_from([*ABSURD, UNMEASURED, 0, 1, 0.5, -0.5, "refund", "", " ", "x" * 201])


def test_usable_numbers_are_taken_as_they_are() -> None:
    said = Evaluation(intent="refund", confidence=0.75, sentiment=-0.25, second=0.5)
    assert hear(said, requests_person=True, idle=timedelta(seconds=9)) == Turn(
        intent="refund",
        confidence=0.75,
        margin=0.25,
        sentiment=-0.25,
        requests_person=True,
        failure=None,
        idle_s=9.0,
    )


@pytest.mark.parametrize("number", ABSURD)
@pytest.mark.parametrize("name", ["confidence", "sentiment", "second"])
def test_an_absurd_number_is_a_failure_and_the_others_stay(name: str, number: object) -> None:
    numbers: dict[str, Any] = {"confidence": 0.75, "sentiment": 0.5, "second": 0.25} | {name: number}
    turn = hear(Evaluation(intent="refund", **numbers))
    kept = {"confidence": turn.confidence, "sentiment": turn.sentiment}
    assert turn.failure is Failure.EVALUATION
    assert kept == {each: None if each == name else numbers[each] for each in kept}


def test_what_an_understanding_does_not_measure_is_no_failure() -> None:
    turn = hear(Evaluation(intent="refund", confidence=1))
    assert (turn.failure, turn.sentiment, turn.margin) == (None, None, None)


def test_no_evaluation_is_a_failure() -> None:
    assert hear(None) == Turn(failure=Failure.EVALUATION)


@pytest.mark.parametrize("intent", [1, "x" * 201, b"refund", ["refund"], "\ud800", "re\x00fund"])
def test_an_intent_that_is_no_name_is_a_failure(intent: object) -> None:
    turn = hear(Evaluation(intent=intent, confidence=0.9))
    assert (turn.intent, turn.failure) == (None, Failure.EVALUATION)


@pytest.mark.parametrize("intent", [None, "", "  "])
def test_no_intent_is_no_failure(intent: object) -> None:
    turn = hear(Evaluation(intent=intent, confidence=0.1))
    assert (turn.intent, turn.failure) == (None, None)


def test_a_failing_tool_is_told_rather_than_the_evaluation() -> None:
    assert hear(None, failure=Failure.TOOL).failure is Failure.TOOL


def test_a_clock_that_went_back_is_no_idling() -> None:
    assert hear(None, idle=timedelta(seconds=-5)).idle_s == 0


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_whatever_is_said_can_be_decided(intent: object, one: object, two: object, three: object) -> None:
    turn = hear(Evaluation(intent=intent, confidence=one, sentiment=two, second=three))
    _, decision = decide(Thresholds(), Watch(), turn)
    assert decision.act in {Act.PROCEED, Act.CLARIFY, Act.ESCALATE}


def test_two_turns_without_numbers_are_for_people() -> None:
    watch, _ = decide(Thresholds(), Watch(), hear(Evaluation(intent="refund", confidence="0.9")))
    _, decision = decide(Thresholds(), watch, hear(None))
    assert (decision.act, decision.reason) == (Act.ESCALATE, Reason.FAILURE)


@pytest.mark.parametrize("field", ["confidence", "sentiment", "margin"])
@pytest.mark.parametrize("number", [math.nan, 1.7, "0.5", True])
def test_a_turn_holds_no_absurd_number(field: str, number: Any) -> None:
    with pytest.raises(InvalidInput, match="number from"):
        Turn(**{field: number})


@pytest.mark.parametrize("text", ["", " \n\t", "\u2003"])
def test_nothing_is_no_utterance(text: str) -> None:
    with pytest.raises(InvalidInput, match="nothing is said"):
        utterance(text)


@pytest.mark.parametrize("text", [None, 1, b"hi"])
def test_an_utterance_is_a_text(text: object) -> None:
    with pytest.raises(InvalidInput, match="text: it is a str"):
        utterance(text)


def test_an_utterance_has_a_length() -> None:
    assert utterance("x" * LONGEST_UTTERANCE) == "x" * LONGEST_UTTERANCE
    with pytest.raises(InvalidInput, match="10,001 characters of at most 10,000"):
        utterance("x" * (LONGEST_UTTERANCE + 1))
