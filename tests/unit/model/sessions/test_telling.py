"""What the log says of a session's turns reads back as what was decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.canonical import JSON, canonical
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.policy import Decision, Watch, decide
from jackfield.domain.model.sessions.replays import Return, Step, Taken, replay
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.telling import (
    decision_of,
    step_of,
    thresholds_of,
    thresholds_payload,
    turn_payload,
)
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.turns import GOOD, STEPS, THRESHOLDS

UNIT = st.floats(0, 1)
MOODS = st.floats(-1, 1)
FINE_TURNS = st.builds(
    Turn, intent=st.none() | st.just("refund"), confidence=UNIT, margin=MOODS, sentiment=MOODS, idle_s=UNIT
)
ALL = st.lists(st.one_of(STEPS.map(tuple), FINE_TURNS.map(lambda t: (t,)), st.just((Taken.BY_HAND,))))


def written(payload: Mapping[str, JSON]) -> Mapping[str, Any]:
    """What another reader of JSON gets of it."""
    return json.loads(canonical(payload))  # type: ignore[no-any-return]


def told(thresholds: Thresholds, steps: list[Step]) -> list[Mapping[str, Any]]:
    """The payloads of a session that lived through *steps*."""
    payloads = list[Mapping[str, Any]]()
    turns = [step for step in steps if isinstance(step, Turn)]
    decisions = iter(zip(turns, replay(thresholds, steps), strict=True))
    for number, step in enumerate(steps, 1):
        if isinstance(step, Turn):
            turn, decision = next(decisions)
            payloads.append(written(turn_payload(number, turn, decision, characters=3)))
        else:
            payloads.append(written({"step": step.value}))
    return payloads


@given(THRESHOLDS, ALL)
def test_a_session_is_decided_again_from_what_the_log_says(
    thresholds: Thresholds, parts: list[tuple[Step, ...]]
) -> None:
    steps = [step for part in parts for step in part]
    payloads = told(thresholds, steps)
    read = [step_of(payload) for payload in payloads]
    recorded = [decision for payload in payloads if (decision := decision_of(payload))]
    assert read == steps
    assert tuple(recorded) == replay(thresholds, [step for step in read if step is not None])


@given(THRESHOLDS, st.floats(0, 1), st.floats(-1, 0))
def test_thresholds_read_back_exactly(thresholds: Thresholds, high: float, low: float) -> None:
    fine = Thresholds(confidence_reject=0, confidence_min=high, sentiment_min=low)
    for each in (thresholds, fine, Thresholds()):
        assert thresholds_of(written(thresholds_payload(each))) == each


@given(THRESHOLDS, STEPS)
def test_no_payload_holds_a_float(thresholds: Thresholds, steps: list[Step]) -> None:
    assert not [f for payload in told(thresholds, steps) for f in floats(payload)]
    assert not list(floats(thresholds_payload(thresholds)))


def floats(value: object) -> Iterator[float]:
    """Every float in a JSON value."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, object]", value).values():
            yield from floats(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from floats(each)


@pytest.mark.parametrize("payload", [None, {}, {"reason": "request"}])
def test_what_was_erased_or_moves_nothing_is_no_step(payload: Mapping[str, JSON] | None) -> None:
    assert (step_of(payload), decision_of(payload)) == (None, None)


@pytest.mark.parametrize("step", [*Return, *Taken])
def test_a_return_and_a_taking_are_steps_without_a_decision(step: Return | Taken) -> None:
    payload = {"step": step.value}
    assert (step_of(payload), decision_of(payload)) == (step, None)


def good() -> tuple[Turn, Decision]:
    return GOOD, decide(Thresholds(), Watch(), GOOD)[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "sideways"},
        {"step": ["turn"]},
        {"turn": None},
        {"turn": {"intent": "refund"}},
        {"turn": {**turn_payload(1, *good())["turn"], "confidence": "much"}},  # type: ignore[dict-item]
        {"turn": {**turn_payload(1, *good())["turn"], "confidence": "1.7"}},  # type: ignore[dict-item]
        {"turn": {**turn_payload(1, *good())["turn"], "failure": "fire"}},  # type: ignore[dict-item]
    ],
)
def test_what_was_never_written_is_refused(wrong: dict[str, JSON]) -> None:
    with pytest.raises(InvalidInput, match="does not say what an event of a session says"):
        step_of({**turn_payload(1, *good()), **wrong})


UNDECIDED: list[dict[str, JSON]] = [
    {"act": "dance"},
    {"signals": {}},
    {"findings": [{}]},
    {"findings": None},
]


@pytest.mark.parametrize("wrong", UNDECIDED)
def test_a_decision_that_was_never_made_is_refused(wrong: dict[str, JSON]) -> None:
    with pytest.raises(InvalidInput, match="payload"):
        decision_of({**turn_payload(1, *good()), **wrong})
