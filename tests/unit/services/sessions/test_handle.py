"""A session by its id: in another process, on another machine, after a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.clock import ShiftedClock
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.sessions.asked.values import Escalated, Proceed, Refuse
from tests.unit.services.sessions.actors import PERSON, UNSURE, Shop
from tests.unit.services.sessions.actors import shop as opened


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose clock runs."""
    with opened(tmp_path, clock=ShiftedClock()) as there:
        yield there


def test_a_session_goes_on_in_another_process(shop: Shop) -> None:
    session = shop.start()
    session.turn("my order 123456")
    done = shop.open().get(session.id).turn(PERSON)
    assert isinstance(done, Escalated)
    assert [each.text for each in done.handoff.turns] == ["my order #", PERSON]
    assert not session.may_speak()


def test_whether_the_bot_may_speak_is_read_anew(shop: Shop) -> None:
    session = shop.start()
    assert isinstance(session.turn("hello"), Proceed)
    shop.open().get(session.id).escalate()
    assert not session.may_speak()


def test_what_is_seen_is_read_anew_and_names_nobody(shop: Shop) -> None:
    session = shop.start()
    before = session.view()
    session.turn("hello")
    assert (before.turns, session.view().turns) == (0, 1)
    assert "customer-1" not in repr(session) + repr(before)


def test_there_is_no_session_of_another_id(shop: Shop) -> None:
    with pytest.raises(NotFound, match="session nobody: there is no such session here"):
        shop.sessions.get("nobody")
    with pytest.raises(InvalidInput, match="session"):
        shop.sessions.get(None)  # type: ignore[arg-type]


def test_a_start_that_was_left_is_settled_by_who_takes_it_up(shop: Shop) -> None:
    shop.gateway.cut("start", When.AFTER)
    shop.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        shop.start()
    (subject,) = shop.ledger.subjects(ORGANIZATION, Kind.SESSION)
    with pytest.raises(Conflict, match="is being started"):
        shop.sessions.get(subject.name)
    shop.pass_time(minutes=5)
    session = shop.sessions.get(subject.name)
    assert isinstance(session.turn("hello"), Proceed)


def test_what_acting_sessions_do_not_have_is_named(shop: Shop) -> None:
    with pytest.raises(
        AttributeError, match=r"have start and get, not 'receive'; core\.sessions may have it"
    ):
        shop.sessions.receive  # type: ignore[attr-defined] # noqa: B018


def test_what_is_wrong_with_a_start_is_told_before_anything_is_sent(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="when_full"):
        shop.start(when_full="never")
    with pytest.raises(NotFound, match="no bot"):
        shop.start(bot="wholesale")
    assert shop.gateway.calls == []
    assert shop.start(when_full=Refuse()).may_speak()


def test_turns_of_many_threads_are_all_counted(running: Shop) -> None:
    session = running.start()
    others = [session, running.open().get(session.id)]

    def say(number: int) -> object:
        """One waits for all the others here and there, and on a machine that is busy that takes a while."""
        return others[number % 2].turn(f"turn {number}", deadline=timedelta(minutes=10))

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(say, range(12)))
    assert {type(each) for each in done} == {Proceed}
    assert [(e.payload or {})["number"] for e in running.events(session, "session.turn")] == list(
        range(1, 13)
    )


def test_of_many_who_escalate_one_makes_the_hand_off(running: Shop) -> None:
    session = running.start()
    others = [session, running.open().get(session.id)]
    together = threading.Barrier(6)

    def escalate(number: int) -> str:
        together.wait(20)
        try:
            return others[number % 2].escalate().handoff.id
        except Conflict:
            return ""

    with ThreadPoolExecutor(6) as threads:
        made = {*threads.map(escalate, range(6))} - {""}
    assert made == set(session.view().handoffs)
    assert (len(made), session.view().standing) == (1, Standing.HANDING_OVER)


def test_of_many_who_close_all_are_content(shop: Shop) -> None:
    session = shop.start()
    together = threading.Barrier(6)

    def close(_: int) -> Standing:
        together.wait(20)
        return session.close(Resolution.RESOLVED).standing

    with ThreadPoolExecutor(6) as threads:
        assert {*threads.map(close, range(6))} <= {Standing.CLOSED, Standing.CLOSING}
    assert shop.told(session).count("session.end succeeded") == 1


def test_a_turn_and_a_close_at_once_leave_one_story(shop: Shop) -> None:
    shop.understanding.default = UNSURE
    session = shop.start()
    together = threading.Barrier(2)

    def turn() -> None:
        together.wait(20)
        with suppress(Conflict):
            session.turn("hello")

    with ThreadPoolExecutor(1) as threads:
        turning = threads.submit(turn)
        together.wait(20)
        session.close("resolved")
        turning.result()
    told = shop.told(session)
    assert told[-1] == "session.end succeeded"
    assert session.view().turns == told.count("session.turn succeeded")
