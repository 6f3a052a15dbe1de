from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from math import inf

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.resilience.queue import Queue
from jackfield.domain.model.errors import QueueFull, RateLimited

ONE_AT_A_TIME = {
    "inin-ratelimit-count": "0",
    "inin-ratelimit-allowed": "1",
    "inin-ratelimit-reset": "3600",
}
BUSY = "the call that is under way"
USED_UP = {"inin-ratelimit-count": "9", "inin-ratelimit-allowed": "10", "inin-ratelimit-reset": "40"}


def queue(clock: FrozenClock | None = None, *, limit: int = 99) -> Queue:
    return Queue(clock or FrozenClock(), limit=limit, reserve=0.1, longest_wait_s=60.0)


def until(done: Callable[[], bool]) -> None:
    """Wait for other threads to come so far."""
    for _ in range(30_000):
        if done():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it did not come so far")


@define
class Crowd:
    """Threads that queue up one after the other, and in which order they were let through."""

    queue: Queue
    clock: FrozenClock
    passed: list[str] = field(factory=list[str])
    failed: list[type[BaseException]] = field(factory=list[type[BaseException]])
    threads: list[threading.Thread] = field(factory=list[threading.Thread])

    def joins(self, name: str, *, bulk: bool = False, ends: float = inf) -> None:
        before = self.queue.depth
        thread = threading.Thread(target=self._enter, args=(name, bulk, ends), daemon=True)
        self.threads.append(thread)
        thread.start()
        until(lambda: self.queue.depth > before)

    def _enter(self, name: str, bulk: bool, ends: float) -> None:
        try:
            self.queue.enter(name, bulk=bulk, ends=ends)
        except (QueueFull, RateLimited) as error:
            self.failed.append(type(error))
        else:
            self.passed.append(name)

    def everybody_leaves(self) -> list[str]:
        """Let one call end after the other, until all have passed."""
        while self.queue.depth:
            self._one_leaves(len(self.passed))
        return self.passed

    def _one_leaves(self, before: int) -> None:
        self.queue.leave((BUSY, *self.passed)[before], {})
        until(lambda: len(self.passed) > before)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """A crowd before a token that may be used for one call at a time, and is being used."""
    clock = FrozenClock()
    busy = queue(clock)
    busy.enter(BUSY, bulk=False, ends=inf)
    busy.leave(BUSY, ONE_AT_A_TIME)
    busy.enter(BUSY, bulk=False, ends=inf)
    crowd = Crowd(busy, clock)
    yield crowd
    for thread in crowd.threads:
        thread.join(30)


def test_nobody_waits_while_nothing_is_in_the_way() -> None:
    free = queue()
    assert [free.enter(bulk, bulk=bulk, ends=1.0) for bulk in (True, False)] == [False, False]


def test_a_shut_gate_is_waited_for() -> None:
    clock = FrozenClock()
    shut = queue(clock)
    shut.shut(7.0)
    assert (shut.enter(BUSY, bulk=False, ends=20.0), round(clock.monotonic(), 3)) == (True, 7.0)


def test_a_gate_that_is_shut_for_longer_stays_so() -> None:
    shut = queue()
    shut.shut(7.0)
    shut.shut(3.0)
    assert shut.shut_for(0.0) == 7.0


def test_a_gate_is_shut_for_two_days_at_most() -> None:
    shut = queue()
    shut.shut(1e9)
    assert (shut.shut_for(172_739.0), shut.shut_for(172_740.0)) == (inf, 60.0)


def test_a_gate_opens_some_time_after_what_was_asked_for() -> None:
    clock = FrozenClock()
    shut = queue(clock)
    shut.shut(60.0, 6.0)
    assert (shut.enter(BUSY, bulk=False, ends=90.0), round(clock.monotonic(), 3)) == (True, 66.0)


@pytest.mark.parametrize(("shut_for", "ends"), [(21.0, 20.0), (61.0, 900.0)])
def test_a_gate_that_opens_too_late_is_refused_at_once(shut_for: float, ends: float) -> None:
    clock = FrozenClock()
    shut = queue(clock)
    shut.shut(shut_for)
    with pytest.raises(RateLimited) as caught:
        shut.enter(BUSY, bulk=True, ends=ends)
    assert (caught.value.retry_after, clock.monotonic()) == (timedelta(seconds=shut_for), 0.0)


def test_a_full_queue_is_refused() -> None:
    full = queue(limit=0)
    full.shut(1.0)
    with pytest.raises(QueueFull, match="0 calls wait"):
        full.enter(BUSY, bulk=False, ends=inf)


def test_bulk_work_waits_for_the_next_window_before_the_limit_is_reached() -> None:
    clock = FrozenClock()
    paced = queue(clock)
    paced.enter(BUSY, bulk=True, ends=inf)
    paced.leave(BUSY, USED_UP)
    assert (paced.enter(BUSY, bulk=True, ends=90.0), round(clock.monotonic(), 3)) == (True, 40.0)


def test_a_person_goes_on_where_bulk_work_waits() -> None:
    clock = FrozenClock()
    paced = queue(clock)
    paced.enter(BUSY, bulk=False, ends=inf)
    paced.leave(BUSY, USED_UP)
    assert (paced.enter(BUSY, bulk=False, ends=20.0), clock.monotonic()) == (False, 0.0)


def test_a_turn_that_would_come_after_the_deadline_is_refused_at_once() -> None:
    clock = FrozenClock()
    paced = queue(clock)
    paced.enter(BUSY, bulk=True, ends=inf)
    paced.leave(BUSY, USED_UP)
    with pytest.raises(QueueFull, match="after its deadline"):
        paced.enter(BUSY, bulk=True, ends=39.0)
    assert clock.monotonic() == 0.0


def test_calls_pass_first_in_first_out(crowd: Crowd) -> None:
    for name in "abcd":
        crowd.joins(name)
    assert crowd.everybody_leaves() == list("abcd")


def test_people_pass_before_bulk_work(crowd: Crowd) -> None:
    for name, bulk in (("b1", True), ("b2", True), ("p1", False), ("p2", False)):
        crowd.joins(name, bulk=bulk)
    assert crowd.everybody_leaves() == ["p1", "p2", "b1", "b2"]


def test_its_depth_can_be_asked_for(crowd: Crowd) -> None:
    crowd.joins("a")
    crowd.joins("b", bulk=True)
    depth = crowd.queue.depth
    crowd.everybody_leaves()
    assert (depth, crowd.queue.depth) == (2, 0)


def test_who_gives_up_lets_the_next_one_pass(crowd: Crowd) -> None:
    crowd.joins("late", ends=0.05)
    crowd.joins("patient")
    crowd.clock.advance(timedelta(seconds=1))
    until(lambda: crowd.queue.depth < 2)
    assert (crowd.everybody_leaves(), crowd.failed) == (["patient"], [QueueFull])


def test_who_is_interrupted_leaves_the_queue() -> None:
    class Interrupted(FrozenClock):
        def sleep(self, duration: timedelta) -> None:
            raise KeyboardInterrupt

    shut = queue(Interrupted())
    shut.shut(1.0)
    with pytest.raises(KeyboardInterrupt):
        shut.enter(BUSY, bulk=False, ends=inf)
    assert shut.depth == 0


def test_a_busier_way_has_a_greater_load() -> None:
    idle, busy, shut = queue(), queue(), queue()
    busy.enter(BUSY, bulk=False, ends=inf)
    shut.shut(5.0)
    assert sorted((shut, busy, idle), key=lambda each: each.load(0.0, bulk=False)) == [idle, busy, shut]


def test_who_was_interrupted_between_passing_and_calling_leaves_nothing_behind() -> None:
    free = queue()
    free.enter(BUSY, bulk=False, ends=inf)
    free.leave(BUSY, {})
    free.leave(BUSY, {})
    assert free.load(0.0, bulk=False) == (0.0, 0.0, 0)


def test_a_line_of_bulk_work_does_not_refuse_a_person(crowd: Crowd) -> None:
    crowd.queue = small = queue(crowd.clock, limit=1)
    small.enter(BUSY, bulk=False, ends=inf)
    small.leave(BUSY, ONE_AT_A_TIME)
    small.enter(BUSY, bulk=False, ends=inf)
    crowd.joins("bulk", bulk=True)
    crowd.joins("person")
    assert crowd.everybody_leaves() == ["person", "bulk"]


def test_who_waits_learns_at_once_that_the_gate_was_shut_for_long(crowd: Crowd) -> None:
    crowd.joins("first", ends=20.0)
    crowd.joins("second", ends=20.0)
    crowd.queue.shut(86_400.0)
    until(lambda: not crowd.queue.depth)
    for thread in crowd.threads:
        thread.join()
    assert (crowd.failed, crowd.clock.monotonic()) == ([RateLimited, RateLimited], 0.0)


def test_the_end_of_a_window_gives_a_turn_though_nobody_leaves() -> None:
    clock = SystemClock()
    paced = Queue(clock, limit=9, reserve=0.0, longest_wait_s=60.0)
    window = {"inin-ratelimit-count": "1", "inin-ratelimit-allowed": "2", "inin-ratelimit-reset": "1"}
    paced.enter("first", bulk=False, ends=inf)
    paced.leave("first", window)
    paced.enter("slow", bulk=False, ends=inf)
    assert paced.enter("next", bulk=False, ends=clock.monotonic() + 60)
