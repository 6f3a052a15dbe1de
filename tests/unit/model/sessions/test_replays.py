"""Replaying a session, and asking what other thresholds would have done."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.sessions.policy import Act, Reason
from jackfield.domain.model.sessions.replays import Return, Step, replay, what_if
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.turns import GOOD, QUIET, STEPS, THRESHOLDS, TURNS, one_by_one, only_turns

UNCLEAR = evolve(GOOD, confidence=0.45)
ASKS = evolve(GOOD, requests_person=True)


@given(THRESHOLDS, st.lists(TURNS | QUIET, max_size=10))
def test_a_replay_is_what_was_decided_one_by_one(thresholds: Thresholds, turns: list[Turn]) -> None:
    assert list(replay(thresholds, turns)) == one_by_one(thresholds, turns)


@given(THRESHOLDS, THRESHOLDS, STEPS)
def test_what_if_tells_both_decisions_of_every_turn(
    one: Thresholds, two: Thresholds, steps: list[Step]
) -> None:
    found = what_if(one, two, steps)
    assert tuple(turn.was for turn in found.turns) == replay(one, steps)
    assert tuple(turn.would_be for turn in found.turns) == replay(two, steps)
    assert [turn.turn for turn in found.turns] == [n for n, _ in enumerate(only_turns(steps), 1)]


@given(THRESHOLDS, STEPS)
def test_the_same_thresholds_differ_nowhere(thresholds: Thresholds, steps: list[Step]) -> None:
    assert what_if(thresholds, thresholds, steps).first is None


def test_the_first_difference_is_named() -> None:
    first = what_if(Thresholds(), Thresholds(clarify=False), [GOOD, UNCLEAR, UNCLEAR]).first
    assert first is not None
    assert (first.turn, first.was.act, first.would_be.act) == (2, Act.CLARIFY, Act.ESCALATE)
    assert first.would_be.reason is Reason.CONFIDENCE


def test_another_reason_for_the_same_is_a_difference() -> None:
    first = what_if(Thresholds(clarifications=0), Thresholds(topics=("order_status",)), [UNCLEAR]).first
    assert first is not None
    assert (first.was.reason, first.would_be.reason) == (Reason.CONFIDENCE, Reason.TOPIC)


def test_a_hand_back_means_nothing_to_a_policy_that_did_not_escalate() -> None:
    steps: list[Step] = [UNCLEAR, Return.HANDED_BACK, UNCLEAR]
    found = what_if(Thresholds(clarify=False), Thresholds(), steps)
    assert [turn.was.act for turn in found.turns] == [Act.ESCALATE, Act.ESCALATE]
    assert [turn.would_be.signals.clarifications for turn in found.turns] == [1, 2]


def test_a_session_goes_on_after_it_was_handed_back() -> None:
    decisions = replay(Thresholds(), [ASKS, GOOD, Return.HANDED_BACK, GOOD])
    assert [decision.act for decision in decisions] == [Act.ESCALATE, Act.SILENT, Act.PROCEED]
