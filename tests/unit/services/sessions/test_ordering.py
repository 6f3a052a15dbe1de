"""One at a time in a session, over threads and processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.domain.model.errors import Conflict
from jackfield.domain.services.sessions.holding.ordering import Lines, Ordering
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

LONG = 20.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        yield ledger


def ordering(ledger: SqliteLedger, clock: Clock) -> Ordering:
    leases = SqliteLeases(ledger.file, clock)
    return Ordering(organization=ORGANIZATION, leases=leases, clock=clock, holder="me")


def gate() -> threading.Lock:
    held = threading.Lock()
    held.acquire()
    return held


def held(order: Ordering, session: str = "s-1") -> list[Lease]:
    return list(order.leases.held(ORGANIZATION, f"session/{session}"))


def test_the_lease_outlives_the_calls_and_is_given_back(ledger: SqliteLedger) -> None:
    clock = FrozenClock()
    order = ordering(ledger, clock)
    with order.alone("s-1", by=1, ends=30):
        (lease,) = held(order)
        assert lease.expires == clock.now() + timedelta(seconds=30) + order.margin
        assert len(order.lines) == 1
    assert (held(order), len(order.lines)) == ([], 0)


def test_an_error_gives_it_back_too(ledger: SqliteLedger) -> None:
    order = ordering(ledger, FrozenClock())
    with pytest.raises(KeyError), order.alone("s-1", by=1, ends=30):
        raise KeyError
    assert (held(order), len(order.lines)) == ([], 0)


def test_another_process_waits_until_its_time_is_over(ledger: SqliteLedger) -> None:
    clock = FrozenClock()
    here, there = ordering(ledger, clock), ordering(ledger, clock)
    with (
        here.alone("s-1", by=1, ends=30),
        pytest.raises(Conflict, match="session s-1: another call has this session") as caught,
        there.alone("s-1", by=10, ends=30),
    ):
        pytest.fail("two have it")
    assert "until 2026-01-01 00:00:35 UTC at most, and did not end in time" in str(caught.value)
    assert clock.monotonic() == 10
    with there.alone("s-1", by=10, ends=30):
        assert len(held(there)) == 1


def test_what_a_crash_left_is_free_when_it_expires(ledger: SqliteLedger) -> None:
    clock = FrozenClock()
    crashed, order = ordering(ledger, clock), ordering(ledger, clock)
    never_left = crashed.alone("s-1", by=1, ends=30)
    never_left.__enter__()
    with order.alone("s-1", by=60, ends=90):
        assert clock.monotonic() >= 35
    never_left.__exit__(None, None, None)


def test_other_sessions_do_not_wait(ledger: SqliteLedger) -> None:
    order = ordering(ledger, FrozenClock())
    with order.alone("s-1", by=1, ends=30), order.alone("s-2", by=1, ends=30):
        assert len(order.lines) == 2


def test_who_comes_first_is_first() -> None:
    lines, came = Lines(), list[int]()
    first = gate()
    assert lines.enter("s", first, 0)
    standing = [threading.Event() for _ in range(5)]

    def wait(number: int) -> None:
        mine = gate()
        standing[number].set()
        assert lines.enter("s", mine, LONG)
        came.append(number)
        lines.leave("s", mine)

    with ThreadPoolExecutor(5) as threads:
        for number in range(5):
            threads.submit(wait, number)
            assert standing[number].wait(LONG)
            while len(lines._lines["s"]) < number + 2:
                pass
        lines.leave("s", first)
    assert (came, len(lines)) == ([0, 1, 2, 3, 4], 0)


def test_who_gives_up_leaves_the_line_as_it_was() -> None:
    lines = Lines()
    first, second, third = gate(), gate(), gate()
    assert lines.enter("s", first, 0)
    assert not lines.enter("s", second, 0)
    assert not lines.enter("s", third, 0)
    lines.leave("s", second)
    lines.leave("s", second)
    assert (third.locked(), len(lines)) == (True, 1)
    lines.leave("s", first)
    assert not third.locked()
    lines.leave("s", third)
    assert len(lines) == 0


def test_threads_of_two_processes_never_have_it_at_once(ledger: SqliteLedger) -> None:
    clock = SystemClock()
    orders = [ordering(ledger, clock), ordering(ledger, clock)]
    inside, taken = threading.Lock(), list[int]()

    def work(number: int) -> None:
        for _ in range(5):
            until = clock.monotonic() + LONG
            with orders[number % 2].alone("s-1", by=until, ends=until):
                assert inside.acquire(blocking=False)
                taken.append(number)
                inside.release()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert len(taken) == 30
    assert [len(order.lines) for order in orders] == [0, 0]


def test_a_lost_lease_takes_nothing_from_others(ledger: SqliteLedger) -> None:
    clock = FrozenClock()
    here, there = ordering(ledger, clock), evolve(ordering(ledger, clock), holder="them")
    with here.alone("s-1", by=1, ends=30):
        clock.advance(timedelta(minutes=1))
        late = there.alone("s-1", by=100, ends=130)
        late.__enter__()
    assert [lease.holder for lease in held(here)] == ["them"]
    late.__exit__(None, None, None)
