"""The escalation policy: each rule, what comes first, and what holds for any turns and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.sessions.policy import (
    Act,
    Clarification,
    Decision,
    Finding,
    Reason,
    Watch,
    decide,
    handed_back,
    refused,
)
from jackfield.domain.model.sessions.replays import Return, Step, replay
from jackfield.domain.model.sessions.signals import Failure, Turn
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.turns import GOOD, QUIET, STEPS, THRESHOLDS, TURNS, one_by_one, worse

DEFAULT = Thresholds()
TURNS_OF_A_SESSION = st.lists(TURNS | QUIET, max_size=10)
UNCLEAR = evolve(GOOD, confidence=0.45)
NO_MATCH = evolve(GOOD, confidence=0.1)
FAILED = Turn(failure=Failure.EVALUATION)


def acts(*turns: Turn, thresholds: Thresholds = DEFAULT) -> list[Act]:
    return [decision.act for decision in one_by_one(thresholds, turns)]


def last(*turns: Turn, thresholds: Thresholds = DEFAULT) -> Decision:
    return one_by_one(thresholds, turns)[-1]


def test_a_turn_that_is_understood_goes_on() -> None:
    assert last(GOOD).act is Act.PROCEED


@pytest.mark.parametrize(("confidence", "act"), [(0.6, Act.PROCEED), (0.599, Act.CLARIFY)])
def test_accept_begins_at_the_threshold(confidence: float, act: Act) -> None:
    assert last(evolve(GOOD, confidence=confidence)).act is act


def test_the_bot_affirms_then_asks_to_rephrase_then_escalates() -> None:
    decisions = one_by_one(DEFAULT, [UNCLEAR, GOOD, UNCLEAR, UNCLEAR])
    assert [(d.act, d.clarification) for d in decisions] == [
        (Act.CLARIFY, Clarification.AFFIRM),
        (Act.PROCEED, None),
        (Act.CLARIFY, Clarification.REPHRASE),
        (Act.ESCALATE, None),
    ]
    assert decisions[-1].findings == (
        Finding(reason=Reason.CONFIDENCE, signal="clarifications", seen=3, limit=2),
    )


def test_what_was_not_understood_is_not_affirmed() -> None:
    assert last(NO_MATCH).clarification is Clarification.REPHRASE
    assert last(evolve(UNCLEAR, intent=None)).clarification is Clarification.REPHRASE


def test_twice_in_a_row_without_a_match_escalates() -> None:
    assert acts(NO_MATCH, NO_MATCH) == [Act.CLARIFY, Act.ESCALATE]
    assert acts(NO_MATCH, GOOD, NO_MATCH) == [Act.CLARIFY, Act.PROCEED, Act.CLARIFY]


def test_reject_begins_below_the_threshold() -> None:
    at_the_edge = evolve(GOOD, confidence=0.3)
    assert acts(at_the_edge, at_the_edge) == [Act.CLARIFY, Act.CLARIFY]


def test_two_intents_that_are_close_are_asked_back() -> None:
    assert last(evolve(GOOD, margin=0.04)).clarification is Clarification.AFFIRM
    assert last(evolve(GOOD, margin=0.05)).act is Act.PROCEED


@pytest.mark.parametrize(("confidence", "act"), [(0.6, Act.PROCEED), (0.59, Act.ESCALATE)])
def test_without_clarifying_it_is_the_tutorials_rule(confidence: float, act: Act) -> None:
    decision = last(evolve(GOOD, confidence=confidence), thresholds=Thresholds(clarify=False))
    assert decision.act is act


def test_a_mood_below_the_minimum_escalates_with_its_number() -> None:
    decision = last(evolve(GOOD, sentiment=0.4), *[evolve(GOOD, sentiment=-1.0)] * 2)
    assert decision.act is Act.ESCALATE
    assert decision.findings == (Finding(reason=Reason.SENTIMENT, signal="mood", seen=-0.65, limit=-0.5),)


def test_a_mood_at_the_minimum_is_not_below_it() -> None:
    assert acts(evolve(GOOD, sentiment=-0.5)) == [Act.PROCEED]


def test_one_bad_word_is_not_a_bad_mood() -> None:
    assert acts(evolve(GOOD, sentiment=0.4), evolve(GOOD, sentiment=-1.0)) == [Act.PROCEED, Act.PROCEED]


def test_the_newest_turn_has_the_weight_that_is_set() -> None:
    thresholds = Thresholds(sentiment_weight=0.25)
    decision = last(evolve(GOOD, sentiment=0.0), evolve(GOOD, sentiment=-1.0), thresholds=thresholds)
    assert decision.signals.mood == -0.25


def test_a_customer_at_risk_whom_nobody_took_is_released_after_calm_turns_alone() -> None:
    watch, _ = decide(DEFAULT, Watch(), evolve(GOOD, sentiment=-0.6))
    found = list[bool]()
    for sentiment in (-0.2, 0.6, 0.6, 0.6):  # moods -0.4, 0.1, 0.35, 0.475
        watch, decision = decide(DEFAULT, refused(watch), evolve(GOOD, sentiment=sentiment))
        found.append(decision.act is Act.ESCALATE)
    assert found == [True, True, False, False]


def test_calm_turns_count_in_a_row() -> None:
    watch = Watch(mood=-0.4, at_risk=True, calm=1)
    watch, _ = decide(DEFAULT, watch, evolve(GOOD, sentiment=-0.4))
    assert (watch.at_risk, watch.calm) == (True, 0)


def test_a_turn_without_sentiment_neither_calms_nor_angers() -> None:
    watch = Watch(mood=-0.1, at_risk=True, calm=1)
    after, _ = decide(DEFAULT, watch, evolve(GOOD, sentiment=None))
    assert (after.mood, after.at_risk, after.calm, after.moods) == (-0.1, True, 1, ())


def test_a_failure_is_asked_back_once() -> None:
    assert acts(FAILED, FAILED) == [Act.CLARIFY, Act.ESCALATE]
    assert last(FAILED, FAILED).reason is Reason.FAILURE


def test_a_tool_that_fails_does_not_hide_that_the_customer_was_understood() -> None:
    broken = evolve(GOOD, failure=Failure.TOOL)
    assert acts(broken, GOOD, broken, broken) == [Act.PROCEED, Act.PROCEED, Act.PROCEED, Act.ESCALATE]


def test_the_turn_behind_the_last_one_goes_to_people() -> None:
    decisions = one_by_one(Thresholds(max_turns=3), [GOOD] * 4)
    assert [d.act for d in decisions] == [Act.PROCEED] * 3 + [Act.ESCALATE]
    assert str(decisions[-1].findings[0]) == "max turns: turns 4, limit 3"


def test_a_policy_topic_is_for_people() -> None:
    decision = last(GOOD, thresholds=Thresholds(topics=("order_status",)))
    assert decision.findings == (Finding(reason=Reason.TOPIC, signal="intent order_status"),)


def test_all_reasons_are_listed_and_the_first_is_recorded() -> None:
    thresholds = Thresholds(
        max_turns=1, topics=("legal",), failures=1, clarifications=0, sentiment_min=0.0, rejects=3
    )
    worst = Turn(intent="legal", confidence=0.4, sentiment=-1.0, requests_person=True, failure=Failure.TOOL)
    watch = Watch(turns=1)
    _, decision = decide(thresholds, watch, worst)
    assert [finding.reason for finding in decision.findings] == list(Reason)
    assert decision.reason is Reason.REQUEST


def test_a_rejected_guess_leaves_the_intent_as_it_was() -> None:
    guess = evolve(GOOD, intent="thanks", confidence=0.0045)
    watch, _ = decide(DEFAULT, Watch(), guess)
    assert watch.intent is None
    watch, _ = decide(DEFAULT, Watch(), GOOD)
    for confidence, intent in ((0.0045, GOOD.intent), (DEFAULT.confidence_reject, "thanks")):
        after, decision = decide(DEFAULT, watch, evolve(guess, confidence=confidence))
        assert (after.intent, decision.signals.turn.intent) == (intent, "thanks")


def test_the_same_intent_again_is_a_signal() -> None:
    refund = evolve(GOOD, intent="refund")
    turns = [GOOD, GOOD, refund, evolve(GOOD, intent=None), refund, refund]
    counts = [decision.signals.same_intent for decision in one_by_one(DEFAULT, turns)]
    assert counts == [1, 2, 1, 0, 1, 2]


@given(THRESHOLDS, TURNS_OF_A_SESSION, st.integers(0))
def test_worse_numbers_never_escalate_later(thresholds: Thresholds, turns: list[Turn], seed: int) -> None:
    chance = Random(seed)
    worse_turns = [worse(turn, chance) for turn in turns]
    assert escalated_at(thresholds, worse_turns) <= escalated_at(thresholds, turns)


@given(THRESHOLDS, st.lists(QUIET, max_size=8), st.integers(0))
def test_worse_numbers_never_escalate_later_in_a_long_quiet_session(
    thresholds: Thresholds, turns: list[Turn], seed: int
) -> None:
    chance = Random(seed)
    lenient = evolve(thresholds, max_turns=10, clarifications=9, sentiment_min=-0.6)
    worse_turns = [worse(turn, chance) for turn in turns]
    assert escalated_at(lenient, worse_turns) <= escalated_at(lenient, turns)


def escalated_at(thresholds: Thresholds, turns: Sequence[Turn]) -> int:
    found = [decision.act for decision in one_by_one(thresholds, turns)]
    return found.index(Act.ESCALATE) if Act.ESCALATE in found else len(turns)


@given(THRESHOLDS, THRESHOLDS, TURNS_OF_A_SESSION)
def test_stricter_thresholds_never_escalate_later(
    one: Thresholds, two: Thresholds, turns: list[Turn]
) -> None:
    lenient = evolve(one, clarify=True)
    stricter = evolve(
        lenient,
        max_turns=min(one.max_turns, two.max_turns),
        confidence_min=max(one.confidence_min, two.confidence_min),
        rejects=min(one.rejects, two.rejects),
        clarifications=min(one.clarifications, two.clarifications),
        sentiment_min=max(one.sentiment_min, two.sentiment_min),
        failures=min(one.failures, two.failures),
        topics=(*one.topics, *two.topics),
    )
    assert escalated_at(stricter, turns) <= escalated_at(lenient, turns)


@given(THRESHOLDS, TURNS_OF_A_SESSION)
def test_once_with_people_the_bot_is_silent(thresholds: Thresholds, turns: list[Turn]) -> None:
    found = [decision.act for decision in one_by_one(thresholds, turns)]
    behind = found[found.index(Act.ESCALATE) + 1 :] if Act.ESCALATE in found else []
    assert set(behind) <= {Act.SILENT}


@given(THRESHOLDS, STEPS)
def test_only_a_return_ends_the_silence(thresholds: Thresholds, steps: list[Step]) -> None:
    decisions = iter(replay(thresholds, steps))
    with_people = False
    for step in steps:
        if isinstance(step, Return):
            with_people = False
        else:
            act = next(decisions).act
            assert (act is Act.SILENT) == with_people
            with_people = with_people or act is Act.ESCALATE


@given(THRESHOLDS, STEPS)
def test_each_hand_off_is_one_decision_to_tell_the_customer_once(
    thresholds: Thresholds, steps: list[Step]
) -> None:
    watch = Watch()
    told = 0
    for step in steps:
        if isinstance(step, Return):
            watch = handed_back(watch) if step is Return.HANDED_BACK else refused(watch)
        elif isinstance(step, Turn):
            watch, decision = decide(thresholds, watch, step)
            told += decision.act is Act.ESCALATE
        assert told == watch.handoffs


@given(THRESHOLDS, TURNS_OF_A_SESSION)
def test_findings_stand_in_the_order_of_precedence(thresholds: Thresholds, turns: list[Turn]) -> None:
    order = list(Reason)
    for decision in one_by_one(thresholds, turns):
        places = [order.index(finding.reason) for finding in decision.findings]
        assert places == sorted(places)
        assert bool(places) is (decision.act is Act.ESCALATE)


@given(THRESHOLDS, TURNS)
def test_a_request_is_always_met_first(thresholds: Thresholds, turn: Turn) -> None:
    assert last(evolve(turn, requests_person=True), thresholds=thresholds).reason is Reason.REQUEST


@given(STEPS, STEPS)
def test_after_a_hand_back_everything_is_counted_anew(before: list[Step], after: list[Step]) -> None:
    request = Turn(requests_person=True)
    anew = [*before, Return.REFUSED, request, Return.HANDED_BACK, *after]
    acts_anew = [decision.act for decision in replay(DEFAULT, anew)]
    acts_alone = [decision.act for decision in replay(DEFAULT, after)]
    assert acts_anew[len(acts_anew) - len(acts_alone) :] == acts_alone


def test_what_the_bot_has_cannot_be_given_back() -> None:
    watch = Watch(turns=4, clarifications=1, mood=-0.3)
    assert handed_back(watch) is watch


@given(THRESHOLDS, TURNS_OF_A_SESSION)
def test_what_is_remembered_does_not_grow(thresholds: Thresholds, turns: list[Turn]) -> None:
    watch = Watch()
    for turn in turns:
        watch, _ = decide(thresholds, refused(watch), turn)
        assert len(watch.moods) <= 5
