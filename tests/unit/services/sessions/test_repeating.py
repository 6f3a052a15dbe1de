"""Turns and hand-offs that are asked for twice: answered as they were, and counted once."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import define

from jackfield.adapters.codec import encode_state
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, JackfieldError, OutcomeUnknown
from jackfield.domain.model.events import START
from jackfield.domain.model.sessions.policy import Clarification
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, Proceed
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.sessions.actors import GOOD, PERSON, UNSURE, CountingLedger, Shop
from tests.unit.services.sessions.actors import shop as opened


@define(eq=False)
class AnswerLost(CountingLedger):
    """A ledger whose next commit is made and answered by nobody."""

    lost: bool = True

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Commit; the first answer is lost."""
        done = CountingLedger.commit(self, *changes)
        if self.lost:
            self.lost = False
            raise OutcomeUnknown("the commit got no answer")
        return done


def lost_once(shop: Shop, session: ActingSession, text: str, once: str | None) -> None:
    """Let the ledger's answer to a turn be lost."""
    turning = session.turning
    ledger = AnswerLost(turning.records.ledger)
    object.__setattr__(turning.records, "ledger", ledger)
    with pytest.raises(OutcomeUnknown):
        session.turn(text, once=once)
    object.__setattr__(turning.records, "ledger", shop.ledger)


def escalated(done: object) -> Escalated:
    assert isinstance(done, Escalated)
    return done


def test_a_turn_said_again_under_its_name_counts_once(shop: Shop) -> None:
    shop.understanding.next = [UNSURE]
    session = shop.start()
    lost_once(shop, session, "blah blub", "message-1")
    done = session.turn("blah blub", once="message-1")
    assert isinstance(done, Clarify)
    assert (done.kind, session.view().turns) == (Clarification.AFFIRM, 1)
    assert len(shop.events(session, "session.turn")) == 1
    assert len(shop.understanding.asked) == 1
    assert shop.measured("turn.duration") == []


def test_without_a_name_it_is_another_turn(shop: Shop) -> None:
    session = shop.start()
    lost_once(shop, session, "hello", None)
    session.turn("hello")
    assert session.view().turns == 2


def test_the_answer_is_the_one_of_then(shop: Shop) -> None:
    shop.understanding.next = [GOOD, UNSURE]
    session = shop.start(language="de")
    first, second = session.turn("eins", once="1"), session.turn("zwei", once="2")
    before = shop.ledger.head(session.records.organization)
    assert session.turn("zwei", once="2") == second
    assert session.turn("eins", once="1") == first
    assert isinstance(first, Proceed)
    assert shop.ledger.head(session.records.organization) == before


def test_a_name_is_a_sessions_own(shop: Shop) -> None:
    one, other = shop.start(), shop.start()
    one.turn("hello", once="message-1")
    other.turn("hello", once="message-1")
    assert (one.view().turns, other.view().turns) == (1, 1)


def test_another_text_under_the_same_name_is_refused(shop: Shop) -> None:
    session = shop.start()
    session.turn("hello", once="message-1")
    with pytest.raises(InvalidInput, match="once: another text"):
        session.turn("goodbye", once="message-1")
    assert session.view().turns == 1


def test_the_log_has_a_hash_of_the_name(shop: Shop) -> None:
    session = shop.start()
    session.turn("hello", once="from +49 171 1234567")
    (event,) = shop.events(session, "session.turn")
    assert len(str((event.payload or {})["once"])) == 64
    assert "1234567" not in str(event.payload) + str(shop.state(session))


def test_a_state_without_a_name_is_written_as_before_there_were_names(shop: Shop) -> None:
    session = shop.start()
    subject = session.records.subject(session.id)
    session.turn("hello", once="1")
    assert '"once":"' in encode_state(subject, shop.state(session))
    session.turn("hello")
    assert '"once"' not in encode_state(subject, shop.state(session))


@pytest.mark.parametrize("once", ["", " ", "x" * 201, "a\nb", 7, b"id"])
def test_a_name_that_is_none_is_refused(shop: Shop, once: object) -> None:
    session = shop.start()
    with pytest.raises(InvalidInput, match="once"):
        session.turn("hello", once=once)  # type: ignore[arg-type]
    assert session.view().turns == 0


def test_what_was_decided_and_erased_is_said(shop: Shop) -> None:
    session = shop.start()
    session.turn("hello", once="1")
    organization = session.records.organization
    positions = [entry.position for entry in shop.ledger.follow(organization, START, 100)]
    shop.ledger.ledger.erase(organization, positions)
    with pytest.raises(Conflict, match="erased"):
        session.turn("hello", once="1")
    assert session.view().turns == 1


def test_a_hand_off_that_was_lost_is_sent_by_the_same_turn_and_marked(shop: Shop) -> None:
    session = shop.start()
    lost_once(shop, session, PERSON, "1")
    assert shop.queue(session) is None
    done = escalated(session.turn(PERSON, once="1"))
    assert (done.again, done.routed, shop.queue(session)) == (True, True, "front-desk")
    assert done.decision is not None
    assert escalated(session.turn(PERSON, once="1")).handoff == done.handoff
    assert session.view().handoffs == (done.handoff.id,)
    assert shop.gateway.calls.count("route") == 1


def test_a_hand_off_that_is_over_is_not_answered_again(shop: Shop) -> None:
    session = shop.start()
    escalated(session.turn(PERSON, once="1"))
    session.close("resolved")
    with pytest.raises(Conflict, match="its hand-off is over"):
        session.turn(PERSON, once="1")


def test_a_hand_off_is_marked_where_it_was_made_before(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.BEFORE)
    first = escalated(session.turn(PERSON))
    again = session.escalate()
    assert (first.again, again.again) == (False, True)
    assert again.handoff.customer_message == first.handoff.customer_message
    assert not shop.start().escalate().again


@pytest.mark.parametrize("error", [None, OutcomeUnknown("nobody knows")])
def test_a_program_that_was_killed_reads_what_the_customer_is_to_be_told(
    tmp_path: Path, error: JackfieldError | None
) -> None:
    with opened(tmp_path) as shop:
        session = shop.start(language="de")
        assert session.view().handoff_message is None
        if error is not None:
            shop.gateway.cut("route", When.BEFORE, error)
        message = escalated(session.turn(PERSON)).handoff.customer_message
        there = shop.open().get(session.id)
        assert (there.view().handoff_message, there.view().routed) == (message, error is None)
        there.hand_back()
        assert there.view().handoff_message is None


@pytest.mark.parametrize(("notices", "standing"), [(False, Standing.CLOSED), (True, Standing.CLOSING)])
def test_what_is_closed_has_no_message(shop: Shop, notices: bool, standing: Standing) -> None:
    session = shop.open(notices=notices).start(bot="retail", customer="customer-1")
    session.escalate()
    session.close("escalated")
    assert (session.view().handoff_message, session.view().standing) == (None, standing)
