"""What crashes and silence left behind is settled by cron, and what somebody is at is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.model.sessions import life
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.happenings import END
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import Pending
from jackfield.domain.services.sessions.ending.recovering import Recovered
from jackfield.domain.services.sessions.recorded.records import Loaded
from tests.unit.services.sessions.enders import Ends, ends_in, on_ledger
from tests.unit.services.sessions.starters import bot

IDLE = 15 * 60


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None)) as found:
        yield found


def left_behind(ends: Ends) -> str:
    """Let a starter crash between its call and its record; return the session."""
    ends.house.gateway.cut("start", When.AFTER)
    ends.house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        ends.house.start()
    return next(iter(ends.sessions.tracking.look(keep=False).open))


def handed_over(ends: Ends, loaded: Loaded) -> Loaded:
    now = ends.house.clock.now()
    return ends.move(loaded, lambda session: life.escalated(session, handoff="handoff-1", now=now))


def test_a_start_that_was_left_is_settled_once_its_time_is_over(ends: Ends) -> None:
    session = left_behind(ends)
    pending = ends.house.records.load(session).state.pending
    assert pending is not None
    assert ends.sessions.recover() == Recovered(open=1, waiting=1, due=pending.expires)
    ends.house.pass_time(60)
    assert ends.sessions.recover() == Recovered(open=1, settled={Standing.RESERVED: 1})
    assert ends.sessions.get(session).standing is Standing.ACTIVE
    assert ends.sessions.recover() == Recovered(open=1)


def test_a_start_that_came_to_nothing_is_open_no_more(ends: Ends) -> None:
    ends.house.gateway.cut("start", When.BEFORE, OutcomeUnknown("no answer came"))
    ends.house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        ends.house.start()
    ends.house.pass_time(60)
    ends.sessions.recover()
    assert ends.sessions.recover() == Recovered()


def test_a_session_that_is_idle_for_too_long_ends_as_expired(ends: Ends) -> None:
    loaded = ends.turned(ends.house.start())
    ends.house.pass_time(IDLE - 1)
    assert ends.sessions.recover() == Recovered(open=1)
    ends.house.pass_time(1)
    assert ends.sessions.recover() == Recovered(open=1, expired=1)
    end = ends.sessions.get(loaded.id).end
    assert end is not None
    assert (end.reason, end.resolution) == (EndReason.SESSION_EXPIRED, Resolution.ABANDONED)
    assert ends.sessions.recover() == Recovered()


def test_who_talks_to_people_is_not_cut_off(ends: Ends) -> None:
    ends.with_people(ends.house.start())
    ends.house.pass_time(86_400)
    assert ends.sessions.recover() == Recovered(open=1)


def test_a_hand_off_that_the_platform_does_not_know_of_is_told_again(ends: Ends) -> None:
    loaded = handed_over(ends, ends.house.start())
    ends.house.pass_time(29)
    due = ends.house.clock.now() + timedelta(seconds=1)
    assert ends.sessions.recover() == Recovered(open=1, waiting=1, due=due)
    ends.house.pass_time(1)
    assert ends.sessions.recover() == Recovered(open=1, settled={Standing.HANDING_OVER: 1})
    assert ends.settled == [("handoff", loaded.id)]


def test_a_hand_off_that_the_platform_has_is_left_alone(ends: Ends) -> None:
    loaded = handed_over(ends, ends.house.start())
    ends.move(loaded, lambda session: session, routed=True)
    ends.house.pass_time(60)
    assert ends.sessions.recover() == Recovered(open=1)


def test_a_close_without_a_notice_is_looked_after(ends: Ends) -> None:
    loaded = ends.closed(ends.house.start(), Resolution.RESOLVED)
    ends.house.pass_time(119)
    ends.sessions.recover()
    assert ends.settled == []
    ends.house.pass_time(1)
    ends.sessions.recover()
    assert ends.settled == [("close", loaded.id)]


def test_what_somebody_is_at_is_left_alone_until_it_expires(ends: Ends) -> None:
    loaded, now = ends.closed(ends.house.start(), Resolution.RESOLVED), ends.house.clock.now()
    call = Pending(id="p", owner="them", started=now, expires=now + timedelta(seconds=30))
    ends.move(loaded, lambda session: session, pending=call)
    ends.sessions.recover()
    assert ends.settled == []
    ends.house.pass_time(30)
    ends.sessions.recover()
    assert ends.settled == [("close", loaded.id)]


def test_one_that_fails_does_not_stop_the_others(ends: Ends) -> None:
    first = ends.closed(ends.house.start(), Resolution.RESOLVED)
    second = handed_over(ends, ends.house.start())
    ends.house.pass_time(120)
    error = Unavailable("the platform is away")

    def fail(_: Loaded) -> object:
        raise error

    found = evolve(ends.sessions.recovering, close=fail).recover()
    assert found == Recovered(open=2, settled={Standing.HANDING_OVER: 1}, failed={first.id: error})
    assert ends.settled == [("handoff", second.id)]


def test_what_somebody_else_settled_meanwhile_is_no_failure(ends: Ends) -> None:
    ends.closed(ends.house.start(), Resolution.RESOLVED)
    ends.house.pass_time(120)

    def late(loaded: Loaded) -> object:
        ends.end(loaded)
        raise Conflict("somebody was quicker")

    found = evolve(ends.sessions.recovering, close=late).recover()
    assert found == Recovered(open=1, settled={Standing.CLOSING: 1})


def test_what_stays_as_it_was_is_not_settled(ends: Ends) -> None:
    loaded = ends.closed(ends.house.start(), Resolution.RESOLVED)
    ends.house.pass_time(120)
    error = Conflict("somebody has it, and does nothing")

    def refuse(_: Loaded) -> object:
        raise error

    recovering = ends.sessions.recovering
    assert evolve(recovering, close=refuse).recover() == Recovered(open=1, failed={loaded.id: error})

    def leave(each: Loaded) -> object:
        return each

    assert evolve(recovering, close=leave).recover() == Recovered(open=1)


def test_those_that_fail_do_not_let_the_others_starve(ends: Ends) -> None:
    dead = [ends.closed(ends.house.start(), Resolution.RESOLVED) for _ in range(3)]
    ends.house.start()
    ends.house.pass_time(IDLE)

    def fail(_: Loaded) -> object:
        raise Unavailable("the platform is away")

    found = evolve(ends.sessions.recovering, close=fail).recover(limit=1)
    assert (set(found.failed), found.expired, found.left) == ({each.id for each in dead}, 1, 0)


@pytest.mark.parametrize("people", [False, True], ids=["in the queue", "with people"])
def test_a_return_that_nobody_heard_of_is_settled_once_its_time_is_over(ends: Ends, people: bool) -> None:
    loaded, now = handed_over(ends, ends.house.start()), ends.house.clock.now()
    call = Pending(id="p", owner="them", started=now, expires=now + timedelta(seconds=50))
    changed = life.accepted(loaded.state.session, now=now) if people else loaded.state.session
    ends.move(loaded, lambda _: changed, pending=call, routed=True)
    ends.house.pass_time(49)
    assert ends.sessions.recover() == Recovered(open=1, waiting=1, due=call.expires)
    ends.house.pass_time(1)
    assert ends.sessions.recover() == Recovered(open=1, settled={changed.standing: 1})
    assert ends.settled == [("back", loaded.id)]


def test_the_limit_bounds_it_and_the_rest_is_said(ends: Ends) -> None:
    for _ in range(5):
        ends.house.start()
    ends.house.pass_time(IDLE)
    assert ends.sessions.recover(limit=2) == Recovered(open=5, expired=2, left=3)
    assert ends.sessions.recover(limit=2) == Recovered(open=3, expired=2, left=1)
    assert ends.sessions.recover(limit=2) == Recovered(open=1, expired=1)


@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_an_absurd_limit_is_refused(ends: Ends, limit: int) -> None:
    with pytest.raises(InvalidInput):
        ends.sessions.recover(limit=limit)


def test_two_processes_may_recover_at_once(tmp_path: Path) -> None:
    with ends_in(tmp_path, bot(limit=None)) as ends:
        for _ in range(20):
            ends.house.start()
        ends.house.pass_time(IDLE)
        with SqliteLedger(tmp_path / "ledger.db") as second, ThreadPoolExecutor(2) as pool:
            theirs = on_ledger(ends, second)
            found = [each.result() for each in [pool.submit(s.recover) for s in (ends.sessions, theirs)]]
        assert [dict(each.failed) for each in found] == [{}, {}]
        assert len(ends.events(END)) == 20
        assert ends.sessions.recover() == Recovered()
