"""Sessions in a queue: until somebody says that people took them, the queue has them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import BotFull, Conflict
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.replays import Return
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.telling import step_of
from jackfield.domain.services.sessions.asked.values import Overflow
from jackfield.ports.end_notices import Notice
from tests.unit.services.sessions.actors import PERSON, Shop
from tests.unit.services.sessions.test_lives import sessions_of

LATER = timedelta(days=3)


def test_what_is_routed_waits_until_people_say_that_they_took_it(shop: Shop) -> None:
    session = shop.start()
    session.turn(PERSON)
    waits = session.view()
    assert (waits.standing, waits.routed, waits.queue) == (Standing.HANDING_OVER, True, "front-desk")
    assert session.accepted().standing is Standing.WITH_PEOPLE
    before = shop.ledger.commits
    assert session.accepted().standing is Standing.WITH_PEOPLE
    assert shop.ledger.commits == before
    (event,) = shop.events(session, "session.accept")
    assert (event.payload, event.actor) == (
        {"handoff": waits.handoffs[0], "queue": "front-desk"},
        session.actor.name,
    )


def test_an_overflow_is_taken_too(shop: Shop) -> None:
    shop.start()
    shop.start()
    session = shop.start(when_full=Overflow())
    assert session.view().standing is Standing.HANDING_OVER
    assert session.accepted().standing is Standing.WITH_PEOPLE


def test_what_nobody_heard_to_be_routed_is_so_if_people_took_it(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.AFTER)
    session.turn(PERSON)
    assert (session.view().routed, shop.places()) == (False, 1)
    taken = session.accepted()
    assert (taken.standing, taken.routed, shop.places()) == (Standing.WITH_PEOPLE, True, 0)


def test_nobody_takes_what_the_bot_has_or_what_is_over(shop: Shop) -> None:
    session = shop.start()
    with pytest.raises(Conflict, match="cannot be accepted; the bot has it"):
        session.accepted()
    session.close("resolved")
    with pytest.raises(Conflict, match="cannot be accepted"):
        session.accepted()


def test_what_nobody_took_is_given_back_with_its_numbers(shop: Shop) -> None:
    session = shop.start()
    session.turn(PERSON)
    assert session.hand_back().standing is Standing.ACTIVE
    assert session.view().turns == 1
    assert [step_of(e.payload) for e in shop.events(session, "session.hand_back")] == [None, Return.REFUSED]
    assert session.turn("hello").decision.signals.turns == 2  # type: ignore[union-attr]


def test_a_place_is_free_as_soon_as_it_is_routed(shop: Shop) -> None:
    first = shop.start()
    first.turn(PERSON)
    shop.start()
    shop.start()
    with pytest.raises(BotFull):
        first.hand_back()


@pytest.mark.parametrize("taken", [False, True], ids=["waits", "taken"])
def test_no_limit_of_time_cuts_it_off_and_nothing_recovers_it(shop: Shop, taken: bool) -> None:
    sessions = sessions_of(shop)
    session = shop.start()
    session.turn(PERSON)
    if taken:
        session.accepted()
    before = session.view()
    assert before.expires is None
    shop.clock.advance(LATER)
    found = sessions.recover()
    assert (found.settled, found.expired, found.failed) == ({}, 0, {})
    assert session.view() == before


@pytest.mark.parametrize(
    ("taken", "said", "holder", "resolution"),
    [
        (False, Resolution.ABANDONED, Holder.QUEUE, Resolution.ABANDONED),
        (False, Resolution.RESOLVED, Holder.PEOPLE, Resolution.RESOLVED),
        (False, Resolution.ESCALATED, Holder.PEOPLE, Resolution.ESCALATED),
        (False, None, Holder.PEOPLE, Resolution.ESCALATED),
        (True, Resolution.ABANDONED, Holder.PEOPLE, Resolution.ABANDONED),
        (True, None, Holder.PEOPLE, Resolution.ESCALATED),
    ],
)
def test_who_had_it_at_the_end(
    shop: Shop, taken: bool, said: Resolution | None, holder: Holder, resolution: Resolution
) -> None:
    sessions = sessions_of(shop)
    session = shop.start()
    session.turn(PERSON)
    if taken:
        session.accepted()
    (conversation,) = shop.gateway.conversations
    ended = shop.clock.now()
    sessions.noticing.hearing.hear(Notice(conversation=conversation, ended=ended, resolution=said))
    end = session.view().end
    assert end is not None
    assert (end.holder, end.resolution) == (holder, resolution)


def test_a_customer_who_left_the_queue_is_counted_there(shop: Shop) -> None:
    sessions = sessions_of(shop)
    for said in (Resolution.ABANDONED, Resolution.RESOLVED):
        session = shop.start()
        session.turn(PERSON)
        conversation = list(shop.gateway.conversations)[-1]
        ended = shop.clock.now()
        sessions.noticing.hearing.hear(Notice(conversation=conversation, ended=ended, resolution=said))
    whole = sessions.report(until=shop.clock.now() + LATER).whole
    assert (whole.abandonment_queue, whole.abandonment_bot) == (0.5, 0.0)
    assert whole.end_reasons == {EndReason.TRIGGERED_BY_FLOW: 1, EndReason.TRIGGERED_BY_USER: 1}
