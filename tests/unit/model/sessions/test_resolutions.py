"""The report of sessions: each figure by its definition, in any order, None of nothing."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.figures import By, Figures
from jackfield.domain.model.sessions.life import closed, ended
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.resolutions import MOST_GROUPS, OTHER, report
from tests.unit.model.sessions.lives import START, active, at, waiting
from tests.unit.model.sessions.outcomes import DAY, HOUR, LATER, OUTCOMES, came_back, outcome, ratio

ESCALATED = outcome(handoffs=2, resolution=Resolution.ESCALATED, holder=Holder.PEOPLE, escalation="sentiment")
LEFT: dict[str, Any] = {"resolution": Resolution.ABANDONED, "reason": EndReason.TRIGGERED_BY_USER}


def whole(*outcomes: Outcome) -> Figures:
    return report(outcomes, until=LATER).whole


def test_of_nothing_there_is_no_figure() -> None:
    figures = whole()
    rates = [each.name for each in fields(Figures) if each.default is None]
    assert figures == Figures()
    assert len(rates) == 10
    assert [getattr(figures, name) for name in rates] == [None] * 10


def test_containment_is_of_sessions_in_which_somebody_spoke() -> None:
    assert whole(outcome(), ESCALATED, outcome(messages=0)).containment == 0.5
    assert whole(outcome(messages=0)).containment is None


def test_a_customer_who_left_the_bot_is_contained_and_not_functionally() -> None:
    figures = whole(outcome(**LEFT))
    assert (figures.containment, figures.functional_containment) == (1.0, 0.0)


def test_several_hand_offs_count_once() -> None:
    assert whole(ESCALATED, outcome()).escalation_rate == 0.5


def test_bot_and_queue_are_abandoned_apart() -> None:
    figures = whole(
        outcome(**LEFT),
        outcome(handoffs=1, holder=Holder.QUEUE, **LEFT),
        ESCALATED,
        outcome(),
    )
    assert (figures.abandonment_bot, figures.abandonment_queue) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("pause", "functional"),
    [
        (timedelta(), 0.5),
        (HOUR, 0.5),
        (DAY, 0.5),
        (DAY + timedelta(microseconds=1), 1.0),
        (timedelta(minutes=-1), 1.0),
    ],
)
def test_a_return_is_within_a_day_after_the_end(pause: timedelta, functional: float) -> None:
    first = outcome()
    again = outcome(HOUR + pause)
    assert whole(first, again).functional_containment == functional
    assert whole(again, first).functional_containment == functional


def test_somebody_else_is_no_return() -> None:
    assert whole(outcome(), outcome(2 * HOUR, customer="c-2")).functional_containment == 1.0


def test_of_a_thousand_customers_none_is_taken_for_another() -> None:
    sessions = [outcome((number % 20) * HOUR, customer=f"customer-{number}") for number in range(1_000)]
    assert whole(*sessions).functional_containment == 1.0
    again = [evolve(each, started=each.ended + HOUR, ended=each.ended + 2 * HOUR) for each in sessions]
    assert whole(*sessions, *again).functional_containment == 0.5


def test_a_return_to_another_bot_or_to_people_is_a_return() -> None:
    again = evolve(ESCALATED, bot="bank", started=START + 2 * HOUR, ended=START + 3 * HOUR)
    assert whole(outcome(), again).functional_containment == 0.0


def test_what_may_still_come_back_is_not_counted_yet() -> None:
    old, young = outcome(), outcome(10 * HOUR, customer="c-2")
    figures = report([old, young], until=START + HOUR + DAY).whole
    assert (figures.containment, figures.settled, figures.functional_containment) == (1.0, 1, 1.0)


def test_of_customers_whom_nobody_knows_no_return_is_known() -> None:
    figures = whole(outcome(customer=None))
    assert (figures.containment, figures.settled, figures.functional_containment) == (1.0, 0, None)


def test_durations_are_right_to_two_and_a_half_percent() -> None:
    figures = whole(*(outcome(length=timedelta(seconds=n)) for n in range(1, 101)))
    assert figures.duration_p50_ms == pytest.approx(50_000, rel=0.025)
    assert figures.duration_p95_ms == pytest.approx(95_000, rel=0.025)


def test_termination_is_of_those_that_were_closed() -> None:
    slow = outcome(termination=timedelta(seconds=2))
    figures = whole(outcome(), slow)
    assert figures.termination_p50_ms == pytest.approx(2_000, rel=0.025)
    assert whole(outcome()).termination_p95_ms is None


def test_two_sessions_of_no_length_at_one_moment_are_no_returns() -> None:
    both = [outcome(length=timedelta()), outcome(length=timedelta())]
    assert whole(*both).functional_containment == 1.0


@given(OUTCOMES, st.integers(0, 80))
def test_figures_are_their_definitions(outcomes: list[Outcome], hours: int) -> None:
    until = START + hours * HOUR
    figures = report(outcomes, until=until).whole
    spoken = [each for each in outcomes if each.messages]
    handed = [each for each in outcomes if each.handoffs]
    contained = [each for each in spoken if not each.handoffs]
    settled = [each for each in spoken if each.customer and each.ended + DAY <= until]
    resolved = [each for each in outcomes if each.resolution is Resolution.RESOLVED]
    functional = [
        each for each in settled if each in contained and each in resolved and not came_back(each, outcomes)
    ]
    assert (figures.sessions, figures.spoken, figures.settled) == (len(outcomes), len(spoken), len(settled))
    assert figures.containment == ratio(contained, spoken)
    assert figures.functional_containment == ratio(functional, settled)
    assert figures.escalation_rate == ratio(handed, outcomes)
    abandoned = [each for each in outcomes if each.resolution is Resolution.ABANDONED]
    left = {holder: [each for each in abandoned if each.holder is holder] for holder in Holder}
    assert figures.abandonment_bot == ratio(left[Holder.BOT], outcomes)
    assert figures.abandonment_queue == ratio([each for each in left[Holder.QUEUE] if each.handoffs], handed)
    assert figures.resolution_rate == ratio(resolved, outcomes)
    assert figures.end_reasons == Counter(each.reason for each in outcomes)
    assert figures.escalation_reasons == Counter(each.escalation for each in handed if each.escalation)


@given(OUTCOMES, st.sampled_from(By), st.randoms(use_true_random=False))
def test_the_order_of_the_sessions_matters_nothing(
    outcomes: list[Outcome], by: By, chance: random.Random
) -> None:
    shuffled = list(outcomes)
    chance.shuffle(shuffled)
    assert report(shuffled, until=LATER, by=by) == report(outcomes, until=LATER, by=by)


@given(OUTCOMES, st.sampled_from([By.BOT, By.INTENT, By.DAY]))
def test_groups_part_the_whole(outcomes: list[Outcome], by: By) -> None:
    found = report(outcomes, until=LATER, by=by)
    assert found.whole == report(outcomes, until=LATER).whole
    for name in ("sessions", "spoken", "settled"):
        assert sum(getattr(group.figures, name) for group in found.groups) == getattr(found.whole, name)


def test_groups_are_named_and_stand_in_order() -> None:
    sessions = [
        outcome(bot="b", intent=None),
        outcome(bot="a", intent="refund", versions=("hello@1.0.0", "bye@2.0.0")),
        outcome(timedelta(days=1), bot="a", intent="refund", versions=("hello@1.0.0",)),
    ]
    found = {
        by: [(g.key, g.figures.sessions) for g in report(sessions, until=LATER, by=by).groups] for by in By
    }
    assert found == {
        By.BOT: [("a", 2), ("b", 1)],
        By.INTENT: [(None, 1), ("refund", 2)],
        By.VERSION: [(None, 1), ("bye@2.0.0", 1), ("hello@1.0.0", 2)],
        By.DAY: [("2026-11-21", 2), ("2026-11-22", 1)],
    }


def test_a_day_is_one_of_utc() -> None:
    late = START.replace(hour=0, minute=30, tzinfo=timezone(timedelta(hours=1)))
    sessions = [
        evolve(outcome(), started=late),
        evolve(outcome(), started=datetime(1969, 12, 31, tzinfo=UTC)),
    ]
    keys = [group.key for group in report(sessions, until=LATER, by=By.DAY).groups]
    assert keys == ["1969-12-31", "2026-11-20"]


def test_groups_have_a_limit() -> None:
    sessions = (outcome(intent=f"intent-{number}") for number in range(MOST_GROUPS + 5))
    groups = {g.key: g.figures.sessions for g in report(sessions, until=LATER, by=By.INTENT).groups}
    assert (len(groups), groups[OTHER]) == (MOST_GROUPS + 1, 5)


def test_a_session_in_two_groups_of_which_one_is_too_many_counts_in_both() -> None:
    filling = [outcome(versions=(f"p@{number}",)) for number in range(MOST_GROUPS)]
    sessions = [*filling, outcome(versions=("p@0", "q@1", "q@2"))]
    found = report(sessions, until=LATER, by=By.VERSION)
    groups = {group.key: group.figures.sessions for group in found.groups}
    assert (groups["p@0"], groups[OTHER], found.whole.sessions) == (2, 1, MOST_GROUPS + 1)


def test_a_return_counts_in_its_own_group() -> None:
    sessions = [outcome(intent="refund"), outcome(2 * HOUR, intent="status")]
    found = {g.key: g.figures for g in report(sessions, until=LATER, by=By.INTENT).groups}
    assert found["refund"].functional_containment == 0.0
    assert found["status"].functional_containment == 1.0


def test_a_session_that_is_over_has_an_outcome() -> None:
    session = closed(waiting(versions=(("hello", "1.0.0"),)), Resolution.ESCALATED, now=at(20))
    session = ended(session, EndReason.AGENT_REQUESTED_BY_USER, at=at(21), now=at(23))
    assert Outcome.of(session, escalation="request") == Outcome(
        bot="retail",
        customer="c-1",
        started=START,
        ended=at(21),
        messages=0,
        handoffs=1,
        resolution=Resolution.ESCALATED,
        reason=EndReason.AGENT_REQUESTED_BY_USER,
        holder=Holder.QUEUE,
        versions=("hello@1.0.0",),
        escalation="request",
        termination=timedelta(seconds=3),
    )


def test_a_session_that_lives_has_none() -> None:
    with pytest.raises(Conflict, match="the session is active; report on it once it is over"):
        Outcome.of(active())


def test_times_of_an_outcome_have_a_zone() -> None:
    with pytest.raises(InvalidInput, match="started"):
        evolve(outcome(), started=START.replace(tzinfo=None))
