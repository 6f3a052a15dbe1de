"""What happens to a session, one move at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.sessions.ends import (
    EndReason,
    Holder,
    Resolution,
    exit_reason,
    resolution,
    resolution_for,
)
from jackfield.domain.model.sessions.life import (
    Session,
    accepted,
    closed,
    ended,
    escalated,
    overflowed,
    released,
    returned,
    turned,
    turned_down,
)
from jackfield.domain.model.sessions.lifetimes import Lifetimes, expiry, has_expired
from jackfield.domain.model.sessions.policy import Act, Decision, Reason
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.standings import MOVES, Move, Standing, moved_to
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.lives import START, active, at, reserved, waiting, with_people
from tests.unit.model.sessions.turns import GOOD

ASKS = evolve(GOOD, requests_person=True)
TIMES = Lifetimes(idle=timedelta(seconds=60), total=timedelta(seconds=600))


def turn(session: Session, said: Turn = GOOD, *, now: datetime = START) -> tuple[Session, Decision]:
    return turned(session, Thresholds(), said, handoff="h-7", now=now)


def test_a_reservation_is_on_no_platform() -> None:
    session = reserved()
    assert (session.standing, session.conversation, session.since) == (Standing.RESERVED, None, START)


def test_a_confirmed_session_is_the_platforms_conversation() -> None:
    assert (active().standing, active().conversation) == (Standing.ACTIVE, "conv-1")


def test_a_turn_is_counted_and_decided() -> None:
    session, decision = turn(active(), now=at(5))
    assert (session.turns, session.spoke, session.watch.turns) == (1, at(5), 1)
    assert (session.standing, decision.act) == (Standing.ACTIVE, Act.PROCEED)


def test_a_turn_that_escalates_hands_over_at_once() -> None:
    session, decision = turn(active(), ASKS, now=at(5))
    assert (decision.act, session.standing, session.since) == (Act.ESCALATE, Standing.HANDING_OVER, at(5))
    assert (session.handoffs, session.watch.handoffs, session.watch.with_people) == (("h-7",), 1, True)


def test_the_bot_may_speak_only_while_it_has_the_session() -> None:
    sessions = [
        reserved(),
        active(),
        waiting(),
        with_people(),
        closed(active(), Resolution.RESOLVED, now=START),
    ]
    assert [session.bot_may_speak for session in sessions] == [False, True, False, False, False]


def test_an_overflow_is_a_hand_off_without_a_bot() -> None:
    session = overflowed(reserved(), "conv-2", "front-desk", handoff="h-1", now=at(1))
    assert (session.standing, session.queue, session.handoffs) == (
        Standing.HANDING_OVER,
        "front-desk",
        ("h-1",),
    )


def test_what_people_give_back_begins_anew() -> None:
    session, _ = turn(active(), ASKS)
    session = returned(evolve(session, standing=Standing.WITH_PEOPLE), now=at(9))
    after, decision = turn(session, now=at(10))
    assert (decision.act, after.watch.turns, after.turns) == (Act.PROCEED, 1, 2)


def test_what_nobody_takes_goes_on_with_its_numbers() -> None:
    session, _ = turn(active(), ASKS)
    after, decision = turn(turned_down(session, now=at(9)), now=at(10))
    assert (decision.act, after.watch.turns) == (Act.PROCEED, 2)


def test_a_second_hand_off_has_its_own_id() -> None:
    again = escalated(returned(with_people(), now=START), handoff="h-2", now=START)
    assert (again.handoffs, again.watch.handoffs) == (("h-1", "h-2"), 2)


def test_an_end_notice_ends_what_was_closed() -> None:
    session = closed(active(), Resolution.RESOLVED, now=at(10))
    session = ended(session, EndReason.TRIGGERED_BY_FLOW, at=at(11), now=at(12.5))
    assert session.standing is Standing.CLOSED
    assert session.end is not None
    assert (session.end.at, session.end.recorded, session.end.resolution, session.end.holder) == (
        at(11),
        at(12.5),
        Resolution.RESOLVED,
        Holder.BOT,
    )


def test_the_notices_resolution_comes_before_that_of_the_close() -> None:
    session = closed(active(), Resolution.RESOLVED, now=START)
    end = ended(session, EndReason.ERROR, resolution=Resolution.FAILED, now=START).end
    assert end is not None
    assert end.resolution is Resolution.FAILED


@pytest.mark.parametrize(
    ("session", "holder", "expected"),
    [
        (active(), Holder.BOT, Resolution.ABANDONED),
        (waiting(), Holder.QUEUE, Resolution.ABANDONED),
        (with_people(), Holder.PEOPLE, Resolution.ESCALATED),
    ],
)
def test_a_customer_who_leaves_does_so_from_whoever_had_the_session(
    session: Session, holder: Holder, expected: Resolution
) -> None:
    end = ended(session, EndReason.TRIGGERED_BY_USER, now=at(1)).end
    assert end is not None
    assert (end.holder, end.resolution) == (holder, expected)


@pytest.mark.parametrize(
    ("reason", "said", "holder", "expected"),
    [
        (EndReason.TRIGGERED_BY_USER, None, Holder.QUEUE, Resolution.ABANDONED),
        (EndReason.TRIGGERED_BY_FLOW, None, Holder.PEOPLE, Resolution.ESCALATED),
        (EndReason.ERROR, None, Holder.PEOPLE, Resolution.FAILED),
        (EndReason.TRIGGERED_BY_FLOW, Resolution.ABANDONED, Holder.QUEUE, Resolution.ABANDONED),
        (EndReason.TRIGGERED_BY_USER, Resolution.RESOLVED, Holder.PEOPLE, Resolution.RESOLVED),
    ],
)
@pytest.mark.parametrize("closes", [False, True])
def test_who_was_routed_and_did_not_leave_was_with_people(
    reason: EndReason, said: Resolution | None, holder: Holder, expected: Resolution, closes: bool
) -> None:
    session = closed(waiting(), expected, now=at(1)) if closes else waiting()
    end = ended(session, reason, now=at(2), resolution=said, routed=True).end
    assert end is not None
    assert (end.holder, end.resolution) == (holder, expected)


@pytest.mark.parametrize("resolution", Resolution)
def test_who_was_never_routed_was_not_with_people(resolution: Resolution) -> None:
    end = ended(waiting(), EndReason.ERROR, now=at(1), resolution=resolution).end
    assert end is not None
    assert end.holder is Holder.QUEUE


@pytest.mark.parametrize("reason", EndReason)
def test_every_end_has_a_resolution(reason: EndReason) -> None:
    assert all(resolution_for(reason, holder) in Resolution for holder in Holder)


def test_a_bot_leaves_a_session_in_the_platforms_words() -> None:
    assert [exit_reason(reason).value for reason in (*Reason, None)] == [
        "AgentRequestedByUser",
        "TriggeredByFlow",
        "Error",
        "TriggeredByFlow",
        "RecognitionFailure",
        "TriggeredByFlow",
        "TriggeredByFlow",
    ]


def test_the_words_are_the_platforms() -> None:
    assert [resolution(word) for word in ("resolved", "escalated", "abandoned", "failed")] == list(Resolution)


@pytest.mark.parametrize("word", ["done", "", "RESOLVED", None, 1, ["resolved"], "x" * 10_000])
def test_an_unknown_word_is_refused_with_those_there_are(word: Any) -> None:
    with pytest.raises(InvalidInput, match="write one of resolved, escalated, abandoned, failed") as caught:
        resolution(word)
    assert len(str(caught.value)) < 200


ILLEGAL = [(standing, move) for standing in Standing for move in Move if move not in MOVES[standing]]


@pytest.mark.parametrize(("standing", "move"), ILLEGAL)
def test_an_illegal_move_names_the_standing_and_the_remedy(standing: Standing, move: Move) -> None:
    with pytest.raises(Conflict, match=f"s-1: the session is {standing}, and cannot") as caught:
        moved_to(standing, move, place="s-1")
    assert caught.value.remedy


def test_a_turn_after_the_end_is_a_conflict() -> None:
    over = ended(active(), EndReason.TRIGGERED_BY_USER, now=START)
    with pytest.raises(Conflict, match="the session is closed, and cannot take a turn; start another"):
        turn(over)


def test_a_turn_after_the_hand_off_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="people have it; hand it back to the bot first"):
        turn(with_people())


def test_a_reservation_that_came_to_nothing_stays_so() -> None:
    with pytest.raises(Conflict, match="released"):
        released(released(reserved(), now=START), now=START)


def test_a_clock_that_goes_back_turns_no_times_around() -> None:
    session, _ = turn(active(), now=at(10))
    session, _ = turn(session, now=at(5))
    session = closed(session, Resolution.RESOLVED, now=at(-99))
    session = ended(session, EndReason.TRIGGERED_BY_FLOW, at=at(-98), now=at(-97))
    assert session.end is not None
    assert session.closing is not None
    assert (session.spoke, session.end.at) == (at(10), START)
    assert session.end.recorded >= session.closing.accepted >= START


@pytest.mark.parametrize("field", ["id", "bot", "customer", "type"])
@pytest.mark.parametrize("value", ["", "  ", None, 5])
def test_a_session_needs_its_names(field: str, value: Any) -> None:
    names: dict[str, Any] = {"id": "s", "bot": "b", "customer": "c", "type": "chat", field: value}
    with pytest.raises(InvalidInput) as caught:
        Session(started=START, **names)
    assert caught.value.place == field


def test_times_have_a_zone() -> None:
    with pytest.raises(InvalidInput, match="started"):
        Session(id="s", bot="b", customer="c", started=START.replace(tzinfo=None))


def test_a_session_expires_when_the_customer_says_nothing() -> None:
    session, _ = turn(active(), now=at(30))
    assert expiry(session, TIMES) == at(90)
    assert [has_expired(session, TIMES, now=at(second)) for second in (89, 90)] == [False, True]


def test_a_session_expires_however_much_is_said() -> None:
    session, _ = turn(active(), now=at(590))
    assert expiry(session, TIMES) == at(600)


def test_idling_begins_anew_when_the_bot_gets_the_session_back() -> None:
    assert expiry(returned(with_people(), now=at(300)), TIMES) == at(360)


@pytest.mark.parametrize("move", [returned, turned_down])
def test_the_time_of_people_does_not_count(move: Any) -> None:
    handed = with_people() if move is returned else waiting()
    back = move(handed, now=at(10_000))
    assert expiry(back, TIMES) == at(10_060)
    talking, _ = turn(back, now=at(10_590))
    assert expiry(talking, TIMES) == at(10_600)


def test_a_clock_that_went_back_brings_no_end_forward() -> None:
    session, _ = turn(active(), now=at(30))
    back = returned(accepted(escalated(session, handoff="h", now=at(40)), now=at(50)), now=at(20))
    assert expiry(back, TIMES) == at(110)


@pytest.mark.parametrize("session", [reserved(), waiting(), with_people()])
def test_who_is_with_people_is_not_cut_off(session: Session) -> None:
    assert not has_expired(session, TIMES, now=at(10**6))


@pytest.mark.parametrize("wrong", [timedelta(), timedelta(seconds=-1), timedelta(days=367)])
def test_lifetimes_are_above_nothing(wrong: timedelta) -> None:
    with pytest.raises(InvalidInput, match="idle"):
        Lifetimes(idle=wrong)
