"""Sessions that people give back to the bot."""

from __future__ import annotations

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import BotFull, Conflict, OutcomeUnknown, PermissionDenied, Unavailable
from jackfield.domain.model.sessions.policy import Act
from jackfield.domain.model.sessions.replays import Return
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.telling import step_of
from jackfield.domain.services.sessions.asked.values import Overflow, Proceed
from jackfield.domain.services.sessions.ending.recovering import Recovering
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from tests.unit.services.sessions.actors import ANGRY, GOOD, PERSON, Shop


@pytest.fixture
def session(shop: Shop) -> ActingSession:
    """A session that people have."""
    session = shop.start(attributes={"tier": "gold"})
    session.turn(PERSON)
    session.accepted()
    return session


def test_the_bot_goes_on_and_everything_is_counted_anew(shop: Shop, session: ActingSession) -> None:
    view = session.hand_back()
    assert (view.standing, shop.queue(session), shop.places()) == (Standing.ACTIVE, None, 1)
    shop.understanding.next = [GOOD]
    done = session.turn("thanks, and one more thing")
    assert isinstance(done, Proceed)
    assert done.decision.signals.turns == 1
    assert [step_of(e.payload) for e in shop.events(session, "session.hand_back")] == [
        None,
        Return.HANDED_BACK,
    ]


def test_the_conversation_loses_the_hand_off_and_keeps_its_own_attributes(
    shop: Shop, session: ActingSession
) -> None:
    session.hand_back()
    (conversation,) = shop.gateway.conversations.values()
    assert dict(conversation.attributes) == {"tier": "gold", "jackfield.session": session.id}
    assert shop.state(session).handoff is None


def test_what_nobody_took_goes_on_with_its_numbers(shop: Shop) -> None:
    session = shop.start()
    shop.understanding.next = [ANGRY, GOOD]
    shop.gateway.cut("route", When.BEFORE)
    session.turn("outrageous")
    session.hand_back()
    assert shop.places() == 1
    assert [step_of(e.payload) for e in shop.events(session, "session.hand_back")] == [None, Return.REFUSED]
    assert session.turn("still here").decision.act is Act.ESCALATE  # type: ignore[union-attr]


def test_what_was_routed_unheard_has_no_place_any_more(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.AFTER)
    session.turn(PERSON)
    shop.start()
    shop.pass_time(minutes=5)
    shop.start()
    with pytest.raises(BotFull, match="as many as it may"):
        session.hand_back()
    assert sum(c.active and c.queue is None for c in shop.gateway.conversations.values()) == 2


def test_a_session_that_overflowed_gets_its_bot_at_last(shop: Shop) -> None:
    first, _ = shop.start(), shop.start()
    session = shop.start(when_full=Overflow())
    assert not session.may_speak()
    first.close("resolved")
    assert session.hand_back().standing is Standing.ACTIVE


def test_a_full_bot_gets_nothing_back(shop: Shop, session: ActingSession) -> None:
    shop.start()
    shop.start()
    with pytest.raises(BotFull, match="it has 2 sessions, as many as it may; people keep this one"):
        session.hand_back()
    assert (session.view().standing, shop.places()) == (Standing.WITH_PEOPLE, 2)
    assert shop.told(session)[-1] == "session.accept succeeded"


def test_what_the_bot_has_it_has(shop: Shop) -> None:
    session = shop.start()
    before = shop.ledger.commits
    assert session.hand_back().standing is Standing.ACTIVE
    assert (shop.ledger.commits, shop.gateway.calls.count("route")) == (before, 0)


def test_what_is_over_is_not_given_back(session: ActingSession) -> None:
    session.close("escalated")
    with pytest.raises(Conflict, match="cannot be handed back"):
        session.hand_back()


@pytest.mark.parametrize("error", [Unavailable("away"), PermissionDenied("no")])
def test_a_refusal_leaves_it_with_people_and_gives_the_place_back(
    shop: Shop, session: ActingSession, error: Exception
) -> None:
    shop.gateway.cut("route", When.BEFORE, error)  # type: ignore[arg-type]
    with pytest.raises(type(error)):
        session.hand_back()
    view = session.view()
    assert (view.standing, view.settling, shop.places()) == (Standing.WITH_PEOPLE, False, 0)
    assert shop.told(session)[-2:] == ["session.hand_back intended", "session.hand_back failed"]


def test_what_got_no_answer_is_read_back(shop: Shop, session: ActingSession) -> None:
    shop.gateway.cut("route", When.AFTER)
    assert session.hand_back().standing is Standing.ACTIVE
    assert (shop.gateway.calls.count("route"), shop.places()) == (2, 1)


def lost(shop: Shop, session: ActingSession, when: When) -> None:
    """Give it back, and hear nothing of it."""
    error = None if when is When.AFTER else OutcomeUnknown("no answer came")
    shop.gateway.cut("route", when, error)
    shop.gateway.cut("find", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        session.hand_back()
    assert (session.may_speak(), session.view().settling) == (False, True)


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("minutes", [0, 5])
def test_what_nobody_could_read_back_is_given_back_again(
    shop: Shop, session: ActingSession, when: When, minutes: int
) -> None:
    lost(shop, session, when)
    shop.pass_time(minutes=minutes)
    assert session.hand_back().standing is Standing.ACTIVE
    assert (shop.queue(session), shop.places()) == (None, 1)


@pytest.mark.parametrize(("when", "standing"), [(When.AFTER, "active"), (When.BEFORE, "with people")])
def test_what_nobody_could_read_back_is_settled_by_anybody(
    shop: Shop, session: ActingSession, when: When, standing: str
) -> None:
    lost(shop, session, when)
    other = shop.open()
    settled = other.returning.settle(session.records.load(session.id))
    assert (settled.state.session.standing, settled.state.pending) == (standing, None)
    assert shop.places() == (standing == "active")
    assert other.returning.settle(settled) == settled


def test_a_conversation_that_ended_meanwhile_is_not_given_back(shop: Shop, session: ActingSession) -> None:
    lost(shop, session, When.AFTER)
    (conversation,) = shop.gateway.conversations
    shop.gateway.finish(conversation)
    with pytest.raises(Conflict, match="it is over"):
        session.hand_back()
    assert (session.view().standing, shop.places()) == (Standing.WITH_PEOPLE, 0)


def test_a_ledger_that_fails_afterwards_is_read_back_too(shop: Shop, session: ActingSession) -> None:
    shop.ledger.failing = [None, Unavailable("the disk is full")]
    with pytest.raises(OutcomeUnknown, match="the disk is full"):
        session.hand_back()
    assert session.hand_back().standing is Standing.ACTIVE
    assert shop.places() == 1


def test_what_people_had_for_hours_is_the_bots_for_its_whole_time(shop: Shop, session: ActingSession) -> None:
    shop.pass_time(hours=5)
    view = session.hand_back()
    state = shop.state(session)
    assert state.slot is not None
    assert state.slot.expires >= view.since + state.lifetimes.total
    shop.understanding.next = [GOOD]
    assert isinstance(session.turn("one more thing"), Proceed)


def test_it_can_be_handed_over_and_back_many_times(shop: Shop, session: ActingSession) -> None:
    messages = {session.view().handoffs[-1]}
    for _ in range(3):
        session.hand_back()
        messages.add(session.escalate().handoff.id)
    assert (len(messages), tuple(sorted(messages))) == (4, tuple(sorted(session.view().handoffs)))


@pytest.mark.parametrize(("when", "standing"), [(When.AFTER, "active"), (When.BEFORE, "with people")])
def test_cron_settles_it_once_its_time_is_over(
    shop: Shop, session: ActingSession, when: When, standing: str
) -> None:
    lost(shop, session, when)
    sessions = shop.sessions
    recovering = Recovering(
        records=sessions.records,
        tracking=Tracking(records=sessions.records),
        start=sessions.starting.settle,
        handoff=lambda loaded: sessions.handing.resume(loaded.id, session.actor),
        close=sessions.closing.settle,
        expire=sessions.closing.expire,
        back=sessions.returning.settle,
    )
    assert recovering.recover().settled == {}
    shop.pass_time(minutes=5)
    assert recovering.recover().settled == {Standing.WITH_PEOPLE: 1}
    assert (session.view().standing, session.view().settling) == (standing, False)
