"""One call for all who ask the same, each with a deadline of his own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLeases
from jackfield.domain.model.errors import PermissionDenied, QueueFull, Unavailable
from jackfield.domain.model.events import START
from jackfield.domain.services.advice import Advice, Advised, Origin
from jackfield.domain.services.advice.querying import flights as flights_module
from jackfield.domain.services.advice.querying.crew import Crew
from jackfield.domain.services.advice.querying.flights import Flights
from tests.unit.services.advice.conftest import ACME, Desk, query

LONG = timedelta(seconds=30)
SHORT = timedelta(milliseconds=60)


@pytest.fixture
def live(desk: Desk) -> Advice:
    """Advice by the machine's clock."""
    clock = SystemClock()
    desk.gateway.clock = clock
    desk.gateway.items = []
    return desk.open(clock=clock, leases=None)


def test_the_failure_of_the_one_call_reaches_each_who_waits_as_his_own(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    desk.gateway.failure = PermissionDenied("no")
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(live.query, query(), deadline=LONG) for _ in range(8)]
        desk.gateway.wait_until_asked()
        _wait_for_waiting(live, 8)
        desk.gateway.let_go()
        errors = [future.exception(20) for future in futures]
    assert {type(error) for error in errors} == {PermissionDenied}
    assert (len({id(error) for error in errors}), len(desk.gateway.asked)) == (8, 1)


def test_who_waits_too_long_gets_an_error_of_his_own_and_the_call_goes_on(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(live.query, query(), deadline=LONG)
        desk.gateway.wait_until_asked()
        with pytest.raises(Unavailable, match="within its deadline"):
            live.query(query(), deadline=SHORT)
        desk.gateway.let_go()
        assert first.result(20).origin is Origin.FRESH
    assert len(desk.gateway.asked) == 1


def test_nobody_waits_longer_than_he_likes_though_the_platform_hangs(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    with pytest.raises(Unavailable, match="within its deadline"):
        live.query(query(), deadline=SHORT)
    desk.gateway.let_go()


def test_who_has_more_time_asks_anew_where_the_first_had_too_little(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    with ThreadPoolExecutor(2) as pool:
        short = pool.submit(live.query, query(), deadline=timedelta(milliseconds=200))
        desk.gateway.wait_until_asked()
        long = [pool.submit(live.query, query(), deadline=LONG)]
        assert isinstance(short.exception(20), Unavailable)
        desk.gateway.let_go()  # the first finds its deadline over
        assert long[0].result(20).origin is Origin.FRESH
    assert len(desk.gateway.asked) == 2


def test_one_that_is_overdue_keeps_nobody_from_asking(
    desk: Desk, live: Advice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights_module, "_OVERDUE_S", 0.0)
    desk.gateway.hold()
    with pytest.raises(Unavailable):
        live.query(query(), deadline=SHORT)
    with pytest.raises(Unavailable):
        live.query(query(), deadline=SHORT)
    desk.gateway.let_go()
    assert len(desk.gateway.asked) == 2


def test_too_many_questions_under_way_are_refused(
    desk: Desk, live: Advice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights_module, "MOST", 1)
    desk.gateway.hold()
    with pytest.raises(Unavailable, match="deadline"):
        live.query(query(), deadline=SHORT)
    with pytest.raises(QueueFull, match="under way"):
        live.query(query("other"), deadline=SHORT)
    desk.gateway.let_go()


def test_where_no_thread_can_be_started_it_asks_on_the_callers(
    live: Advice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    live.query(query("warm"))
    monkeypatch.setattr(threading.Thread, "start", no_more)
    assert live.query(query()).origin is Origin.FRESH


def test_a_signal_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    flights = Flights[int](SystemClock())

    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            flights.ask("k", lambda: 1, flights.clock.monotonic() + 30, then=_nothing)
    assert flights.ask("k", lambda: 2, flights.clock.monotonic() + 30, then=_nothing) == (2, True)


def test_processes_wait_for_the_one_that_asks(desk: Desk) -> None:
    clock = SystemClock()
    desk.gateway.clock = clock
    leases = SqliteLeases(desk.ledger.file, clock)
    one, other = (desk.open(clock=clock, leases=leases) for _ in range(2))
    desk.gateway.hold()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.query, query(), deadline=LONG)
        desk.gateway.wait_until_asked()
        second = pool.submit(other.query, query(), deadline=LONG)
        desk.gateway.let_go()
        origins = {first.result(20).origin, second.result(20).origin}
    assert (origins, len(desk.gateway.asked)) == ({Origin.FRESH, Origin.CACHED}, 1)


def test_a_process_that_waits_for_another_waits_no_longer_than_its_deadline(desk: Desk) -> None:
    clock = SystemClock()
    desk.gateway.clock = clock
    leases = SqliteLeases(desk.ledger.file, clock)
    one, other = (desk.open(clock=clock, leases=leases) for _ in range(2))
    desk.gateway.hold()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(one.query, query(), deadline=LONG)
        desk.gateway.wait_until_asked()
        with pytest.raises(Unavailable, match="within its deadline"):
            other.query(query(), deadline=SHORT)
        desk.gateway.let_go()
        first.result(20)
    assert len(desk.gateway.asked) == 1


def test_where_no_lease_is_to_be_had_all_ask(desk: Desk) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Callable[..., None]:
            def fail(*_: object, **__: object) -> None:
                raise Unavailable("the ledger is gone")

            return fail

    assert desk.open(leases=Broken()).query(query()).origin is Origin.FRESH


def test_the_crew_takes_so_many_and_no_more(desk: Desk) -> None:
    advice = desk.open(threads=1, waiting=1)
    desk.gateway.hold()
    futures = [advice.query_async(query(str(number))) for number in range(2)]
    with pytest.raises(QueueFull, match="2 queries are under way"):
        advice.query_async(query("one too many"))
    desk.gateway.let_go()
    assert all(isinstance(future.result(20), Advised) for future in futures)


def test_its_threads_have_a_name_and_end_with_the_core(desk: Desk, advice: Advice) -> None:
    crew = advice.querying.crew
    name = crew.submit(lambda: threading.current_thread().name).result(20)
    advice.close()
    assert name.startswith("jackfield-advice")
    assert not [each for each in threading.enumerate() if each.name == name]
    with pytest.raises(Unavailable, match="closed"):
        crew.submit(lambda: None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_has_threads_of_its_own() -> None:
    crew = Crew(1, 0)
    crew.submit(lambda: 1).result(20)
    child = os.fork()
    if child == 0:
        os._exit(crew.submit(lambda: 7).result(20))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    crew.close()


def _nothing() -> None:
    """Do it."""


def _wait_for_waiting(advice: Advice, threads: int) -> None:
    """Return when so many threads of ours wait at the one flight."""
    gate = threading.Event()
    for _ in range(2_000):
        frames = [f for f in sys._current_frames().values() if _is_waiting(f)]
        if len(frames) >= threads:
            return
        gate.wait(0.005)
    raise AssertionError(f"fewer than {threads} threads wait in {advice}")


def _is_waiting(frame: object) -> bool:
    """Whether it is in `Flight.landed`."""
    return getattr(getattr(frame, "f_code", None), "co_name", "") == "landed"


def test_a_core_that_is_closed_while_the_platform_is_asked_ends_in_peace(
    desk: Desk, live: Advice, recwarn: pytest.WarningsRecorder
) -> None:
    with_leases = desk.open(clock=SystemClock(), leases=SqliteLeases(desk.ledger.file, SystemClock()))
    desk.gateway.hold()
    with pytest.raises(Unavailable):
        with_leases.query(query(), deadline=SHORT)
    with_leases.close()
    desk.ledger.close()
    desk.gateway.let_go()
    for thread in threading.enumerate():
        if thread.name == "jackfield-advice-query":
            thread.join(20)
    assert [str(each.message) for each in recwarn] == []
    assert live is not with_leases


def test_who_waited_for_a_thread_too_long_is_told_so_and_nobody_is_asked(desk: Desk) -> None:
    advice = desk.open(threads=1, waiting=5)
    desk.gateway.hold()
    first = advice.query_async(query("first"))
    desk.gateway.wait_until_asked()
    second = advice.query_async(query("second"), deadline=timedelta(seconds=1))
    desk.clock.advance(timedelta(seconds=2))
    desk.gateway.let_go()
    assert first.exception(20) is None
    assert isinstance(second.exception(20), Unavailable)
    assert len(desk.gateway.asked) == 1


def test_who_asks_after_a_drop_does_not_get_what_was_asked_for_before(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(live.query, query(), deadline=LONG)
        desk.gateway.wait_until_asked()
        live.forget(base="kb-billing")
        after = pool.submit(live.query, query(), deadline=LONG)
        _wait_for_waiting(live, 2)
        desk.gateway.let_go()
        origins = before.result(20).origin, after.result(20).origin
    assert (origins, len(desk.gateway.asked)) == ((Origin.FRESH, Origin.FRESH), 2)


def test_closing_waits_for_a_query_under_way_and_writes_what_it_told(desk: Desk, live: Advice) -> None:
    desk.gateway.hold()
    with ThreadPoolExecutor(2) as pool:
        found = pool.submit(live.query, query(), deadline=LONG)
        desk.gateway.wait_until_asked()
        closing = pool.submit(live.close)
        with pytest.raises(TimeoutError):
            closing.result(0.2)
        desk.gateway.let_go()
        closing.result(20)
        assert found.result(20).origin is Origin.FRESH
    assert len(desk.ledger.follow(ACME, START, 10)) == 1
