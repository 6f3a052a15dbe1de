"""Sessions that go to people: by a decision or by hand, told to the platform until it knows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    BreakerOpen,
    Conflict,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Unavailable,
)
from jackfield.domain.model.sessions.routing import Routing
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated
from jackfield.domain.services.sessions.handle import ActingSession
from tests.unit.services.sessions.actors import PERSON, UNSURE, Shop
from tests.unit.services.sessions.actors import shop as opened
from tests.unit.services.sessions.starters import bot

LOST = [
    (When.BEFORE, Unavailable("the line is cut")),
    (When.BEFORE, BreakerOpen("it failed too often")),
    (When.BEFORE, PermissionDenied("conversations:write is missing")),
    (When.AFTER, OutcomeUnknown("no answer came")),
]


def handed(session: ActingSession, text: str = PERSON) -> Escalated:
    """Let the customer ask for people."""
    done = session.turn(text)
    assert isinstance(done, Escalated)
    return done


@pytest.mark.parametrize(("when", "error"), LOST, ids=lambda each: getattr(each, "name", type(each).__name__))
def test_a_platform_that_does_not_hear_changes_nothing_for_the_customer(
    shop: Shop, when: When, error: JackfieldError
) -> None:
    session = shop.start()
    shop.gateway.cut("route", when, error)
    first = handed(session)
    assert (first.routed, first.problem) == (False, error)
    assert session.view().standing is Standing.HANDING_OVER
    with pytest.raises(Conflict, match="waits for people"):
        session.turn("hello?")
    again = session.escalate("somebody else's words")
    assert (again.routed, again.problem, again.handoff) == (True, None, first.handoff)
    view = session.view()
    assert (view.handoffs, view.standing, view.routed) == ((first.handoff.id,), Standing.HANDING_OVER, True)
    assert (shop.queue(session), shop.places()) == ("front-desk", 0)


def test_what_was_refused_is_told_and_what_got_no_answer_is_not(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.BEFORE)
    handed(session)
    shop.gateway.cut("route", When.AFTER)
    session.escalate()
    session.escalate()
    assert shop.told(session) == [
        "session.turn succeeded",
        "session.hand_off intended",
        "session.hand_off failed",
        "session.hand_off succeeded",
    ]


def test_a_place_is_kept_until_the_platform_has_it_with_people(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.BEFORE)
    handed(session)
    assert shop.places() == 1
    shop.sessions.handing.resume(session.id, session.actor)
    assert shop.places() == 0


def test_resuming_raises_what_the_platform_says_and_tells_nobody_twice(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.BEFORE)
    handed(session)
    shop.gateway.cut("route", When.BEFORE)
    with pytest.raises(Unavailable):
        shop.sessions.handing.resume(session.id, session.actor)
    for _ in range(2):
        done = shop.sessions.handing.resume(session.id, session.actor)
        assert (done.state.session.standing, done.state.routed) == (Standing.HANDING_OVER, True)
    assert shop.gateway.calls.count("route") == 3


def test_a_queue_that_is_gone_gives_way_to_the_default_one(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        shop.gateway.queues = {"front-desk"}
        session = shop.start(language="de")
        done = handed(session)
        assert (done.routed, done.handoff.queue, type(done.problem)) == (True, "front-desk", NotFound)
        assert (shop.queue(session), session.view().queue) == ("front-desk", "front-desk")
        failed, taken = shop.events(session, "session.hand_off")[1:]
        assert [(e.payload or {})["queue"] for e in (failed, taken)] == ["deutsch", "front-desk"]
        assert (failed.payload or {})["error"] == "NotFound"


def test_without_any_queue_it_stays_on_its_way(shop: Shop) -> None:
    shop.gateway.queues = set()
    session = shop.start(language="de")
    done = handed(session)
    assert (done.routed, done.handoff.queue) == (False, "deutsch")
    assert session.view().standing is Standing.HANDING_OVER
    shop.gateway.queues = None
    assert session.escalate().handoff == done.handoff


def test_somebody_hands_it_over_in_his_own_words(shop: Shop) -> None:
    session = shop.start()
    done = session.escalate(
        "VIP with card 4111111111111111", summary="wants 500 back", tried=["refund 8123"], queue="managers"
    )
    handoff = done.handoff
    assert (handoff.reason, handoff.summary, handoff.tried) == (
        "VIP with card #",
        "wants # back",
        ("refund #",),
    )
    assert (shop.queue(session), done.decision) == ("managers", None)
    assert shop.state(session).escalation == "by hand"
    assert shop.measured("hand_offs") == [{"reason": "by hand", "outcome": "routed"}]
    (intended, _) = shop.events(session, "session.hand_off")
    assert "VIP" not in str(intended.payload)


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"reason": 1}, {"summary": None}, {"tried": "x"}, {"queue": ""}]
)
def test_an_escalation_that_says_nothing_is_refused(shop: Shop, wrong: dict[str, object]) -> None:
    session = shop.start()
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        session.escalate(**wrong)  # type: ignore[arg-type]
    assert session.may_speak()


def test_what_people_have_is_not_handed_over_again(shop: Shop) -> None:
    session = shop.start()
    handed(session)
    with pytest.raises(Conflict, match="it waits for people"):
        session.escalate()
    session.accepted()
    with pytest.raises(Conflict, match="people have it"):
        session.escalate()
    session.close("escalated")
    with pytest.raises(Conflict, match="start another session"):
        session.escalate()


def test_a_conversation_that_is_over_on_the_platform_is_told_as_a_conflict(shop: Shop) -> None:
    session = shop.start()
    for conversation in list(shop.gateway.conversations):
        shop.gateway.finish(conversation)
    done = handed(session)
    assert (done.routed, type(done.problem)) == (False, Conflict)


def test_a_ledger_that_fails_afterwards_leaves_the_hand_off_to_be_told_again(shop: Shop) -> None:
    session = shop.start()
    away = Unavailable("the disk is full")
    shop.ledger.failing = [None, away]
    done = handed(session)
    assert shop.queue(session) == "front-desk"
    assert (done.routed, done.problem) == (False, away)
    assert session.escalate().handoff == done.handoff


def test_the_context_that_people_get_is_on_the_conversation(shop: Shop) -> None:
    session = shop.start(attributes={"tier": "gold"})
    session.turn("my order 123456", tried=["looked order 123456 up"])
    handed(session)
    (conversation,) = shop.gateway.conversations.values()
    attributes = conversation.attributes
    assert (attributes["tier"], attributes["jackfield.session"]) == ("gold", session.id)
    assert attributes["jackfield.handoff.reason"] == "request"
    assert attributes["jackfield.handoff.tried"] == ["looked order # up"]
    assert [t["text"] for t in attributes["jackfield.handoff.turns"]] == [  # type: ignore[attr-defined]
        "my order #",
        PERSON,
    ]


def test_a_hand_off_waits_for_the_turn_that_is_under_way(shop: Shop) -> None:
    session, ordering = shop.start(), shop.open().turning.ordering
    now = shop.clock.monotonic()
    with (
        ordering.alone(session.id, by=now + 1, ends=now + 60),
        pytest.raises(Conflict, match="another call has this session"),
    ):
        session.escalate(deadline=timedelta(seconds=10))
    assert session.may_speak()


def test_a_bot_that_left_the_settings_is_named(tmp_path: Path) -> None:
    other = evolve(bot("other"), routing=Routing(default="elsewhere"))
    with opened(tmp_path, bot()) as shop:
        session = shop.start()
        shop.bots = (other,)
        with pytest.raises(NotFound, match="no bot 'retail'; there are: other"):
            shop.open().get(session.id).turn(PERSON)
        assert (session.may_speak(), session.view().turns) == (True, 0)


def test_a_session_whose_bot_left_the_settings_goes_on_and_is_handed_over(tmp_path: Path) -> None:
    with opened(tmp_path, bot()) as shop:
        session, unsent = shop.start(), shop.start(language="de")
        shop.gateway.cut("route", When.BEFORE)
        assert not handed(unsent).routed
        shop.bots = (bot("other"),)
        there = shop.open()
        shop.understanding.next = [UNSURE]
        asked = there.get(session.id).turn("hm")
        assert isinstance(asked, Clarify)
        assert there.get(session.id).escalate(queue="managers").handoff.queue == "managers"
        again = there.get(unsent.id).escalate()
        assert (again.routed, again.handoff.queue) == (True, "deutsch")
