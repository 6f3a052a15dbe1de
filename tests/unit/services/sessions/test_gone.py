"""Conversations that the platform does not have any more, or that are over there: settled, and told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, NotFound, OutcomeUnknown, PermissionDenied
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Escalated
from jackfield.domain.services.sessions.ending.recovering import Recovered
from jackfield.domain.services.sessions.handle import ActingSession
from tests.unit.services.sessions.actors import PERSON, Shop
from tests.unit.services.sessions.test_lives import sessions_of

IDLE = timedelta(minutes=15)


def ended(session: ActingSession) -> tuple[EndReason, Resolution] | None:
    end = session.view().end
    return None if end is None else (end.reason, end.resolution)


def test_a_close_of_what_is_gone_ends_it_as_failed(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.conversations.clear()
    assert session.close("resolved").standing is Standing.CLOSED
    assert ended(session) == (EndReason.ERROR, Resolution.FAILED)
    assert shop.places() == 0
    assert shop.told(session) == [
        "session.close intended",
        "session.close failed",
        "session.end succeeded",
    ]
    assert session.close("resolved").standing is Standing.CLOSED


def test_what_is_gone_is_settled_once_and_the_others_are_not_kept_waiting(shop: Shop) -> None:
    sessions = sessions_of(shop)
    gone = shop.start()
    shop.gateway.conversations.clear()
    there = shop.start()
    shop.clock.advance(IDLE)
    assert sessions.recover(limit=1) == Recovered(open=2, expired=1, left=1)
    assert sessions.recover(limit=1) == Recovered(open=1, expired=1)
    assert sessions.recover() == Recovered()
    assert [ended(each) for each in (gone, there)] == [
        (EndReason.ERROR, Resolution.FAILED),
        (EndReason.SESSION_EXPIRED, Resolution.ABANDONED),
    ]


def test_the_same_refusal_is_told_once(shop: Shop) -> None:
    sessions, session = sessions_of(shop), shop.start()
    shop.clock.advance(IDLE)
    for _ in range(3):
        shop.gateway.cut("close", When.BEFORE, PermissionDenied("no"))
        assert list(sessions.recover().failed) == [session.id]
        shop.clock.advance(timedelta(minutes=5))
    assert shop.told(session) == ["session.close intended", "session.close failed"]


def test_the_same_refusal_of_a_hand_off_is_told_once(shop: Shop) -> None:
    sessions, session = sessions_of(shop), shop.start()
    shop.gateway.queues = set()
    session.turn(PERSON)
    for _ in range(3):
        shop.clock.advance(timedelta(minutes=5))
        assert list(sessions.recover().failed) == [session.id]
    assert shop.told(session).count("session.hand_off failed") == 1
    shop.gateway.queues = None
    shop.clock.advance(timedelta(minutes=5))
    assert sessions.recover() == Recovered(open=1, settled={Standing.HANDING_OVER: 1})


def test_a_hand_off_of_what_is_gone_ends_it(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.conversations.clear()
    done = session.turn(PERSON)
    assert isinstance(done, Escalated)
    assert (done.routed, type(done.problem)) == (False, NotFound)
    assert ended(session) == (EndReason.ERROR, Resolution.FAILED)
    assert shop.places() == 0


def test_a_queue_that_is_gone_is_no_conversation_that_is(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.queues = set()
    session.turn(PERSON)
    assert (session.view().standing, session.view().end) == (Standing.HANDING_OVER, None)


def test_a_hand_off_of_what_is_over_records_the_end(shop: Shop) -> None:
    session = shop.start()
    (conversation,) = shop.gateway.conversations
    shop.gateway.finish(conversation, Resolution.ABANDONED)
    done = session.turn(PERSON)
    assert isinstance(done, Escalated)
    assert (done.routed, type(done.problem)) == (False, Conflict)
    assert ended(session) == (EndReason.TRIGGERED_BY_USER, Resolution.ABANDONED)


def test_cron_records_the_end_that_it_could_not_be_told_at_first(shop: Shop) -> None:
    sessions, session = sessions_of(shop), shop.start()
    (conversation,) = shop.gateway.conversations
    shop.gateway.finish(conversation, Resolution.ABANDONED)
    shop.gateway.cut("find", When.BEFORE)
    session.turn(PERSON)
    assert session.view().standing is Standing.HANDING_OVER
    shop.clock.advance(timedelta(minutes=5))
    assert sessions.recover() == Recovered(open=1, settled={Standing.HANDING_OVER: 1})
    assert session.view().standing is Standing.CLOSED
    assert sessions.recover() == Recovered()


def test_a_return_of_what_is_gone_ends_it(shop: Shop) -> None:
    sessions, session = sessions_of(shop), shop.start()
    session.turn(PERSON)
    shop.gateway.cut("route", When.AFTER)
    shop.gateway.cut("find", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        session.hand_back()
    shop.gateway.conversations.clear()
    shop.clock.advance(timedelta(minutes=5))
    assert sessions.recover() == Recovered(open=1, settled={Standing.HANDING_OVER: 1})
    assert ended(session) == (EndReason.ERROR, Resolution.FAILED)
    assert shop.places() == 0
