"""What a ledger remembers of sessions: only what is stored, and what many share once."""

from __future__ import annotations

import sqlite3

import pytest

from jackfield.adapters.codec import decode_state, encode_state
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.sessions.handle import ActingSession
from tests.unit.services.sessions.actors import GOOD, Shop


def decoded(session: ActingSession, text: str) -> SessionState:
    state = decode_state(session.records.subject(session.id), text.encode())
    assert isinstance(state, SessionState)
    return state


def test_what_was_written_is_read_as_it_is_and_as_others_have_written_it_since(shop: Shop) -> None:
    session, there = shop.start(), shop.open()
    shop.understanding.next = [GOOD, GOOD]
    assert session.records.load(session.id).state is session.records.load(session.id).state
    there.get(session.id).turn("hello")
    assert session.view().turns == there.get(session.id).view().turns == 1
    session.turn("once more")
    assert session.view().turns == there.get(session.id).view().turns == 2


def test_what_was_written_and_spoilt_since_is_not_read(shop: Shop) -> None:
    session = shop.start()
    with sqlite3.connect(shop.folder / "ledger.db") as other:
        other.execute("UPDATE subjects SET state = replace(state, 'customer-1', 'x') WHERE kind = 'session'")
        other.execute("UPDATE subjects SET state = replace(state, '\"turns\":0', '\"turns\":-0')")
    other.close()
    with pytest.raises(InvalidInput, match="was not written as its state"):
        session.view()


def test_sessions_of_one_bot_share_its_thresholds(shop: Shop) -> None:
    one, other = shop.start(), shop.start(customer="customer-2")
    first, second = (
        decoded(each, encode_state(each.records.subject(each.id), shop.state(each))) for each in (one, other)
    )
    assert first.thresholds is second.thresholds
    assert first.lifetimes is second.lifetimes


@pytest.mark.parametrize("odd", ['"clarify":1', '"clarify":"true"', '"clarify":null'])
def test_shared_or_not_nothing_is_coerced(shop: Shop, odd: str) -> None:
    session = shop.start()
    text = encode_state(session.records.subject(session.id), shop.state(session))
    decoded(session, text)
    with pytest.raises(InvalidInput):
        decoded(session, text.replace('"clarify":true', odd))
