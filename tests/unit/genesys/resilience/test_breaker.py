from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.breaker import Breaker, Breakers, Reading, State
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.domain.model.errors import BreakerOpen


@define
class Bench:
    """A breaker on a clock that stands, and what it told."""

    rules: CallRules = field(factory=CallRules)
    clock: FrozenClock = field(factory=FrozenClock)
    told: list[Reading] = field(factory=list[Reading])
    breaker: Breaker = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.breaker = Breaker(self.clock, self.rules, self.told.append, host="h", operation="prompts.read")

    @property
    def state(self) -> State:
        return self.breaker.reading().state

    def calls(self, *failed: bool, apart: float = 0.0) -> None:
        for each in failed:
            self.breaker.settle(self.breaker.admit(), failed=each)
            self.wait(apart)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def opened(self) -> Bench:
        self.calls(*[True] * 5)
        return self

    def half_open(self) -> Bench:
        self.opened().wait(30)
        return self


def test_five_failures_in_a_row_open_it() -> None:
    bench = Bench()
    bench.calls(True, True, True, True)
    before = bench.state
    bench.calls(True)
    assert (before, bench.state) == (State.CLOSED, State.OPEN)


def test_a_steady_half_of_failures_opens_it_at_the_tenth_call() -> None:
    bench = Bench()
    bench.calls(*[False, True] * 4, False)
    before = bench.state
    bench.calls(True)
    assert (before, bench.state) == (State.CLOSED, State.OPEN)


def test_less_than_half_leaves_it_closed() -> None:
    bench = Bench()
    bench.calls(*[False, True, False] * 100)
    assert bench.state is State.CLOSED


def test_failures_that_are_far_apart_leave_it_closed() -> None:
    bench = Bench()
    bench.calls(*[True, False] * 50, apart=1.2)
    assert bench.state is State.CLOSED


def test_while_it_is_open_calls_fail_at_once_and_are_told_when_it_is_probed() -> None:
    bench = Bench().opened()
    bench.wait(12)
    with pytest.raises(BreakerOpen, match="it is probed in 18 s") as caught:
        bench.breaker.admit()
    assert "prompts.read on h" in caught.value.message
    assert caught.value.retry_after == timedelta(seconds=18)


def test_refusing_reserves_nothing() -> None:
    bench = Bench().half_open()
    bench.breaker.refuse()
    bench.breaker.refuse()
    bench.calls(False)
    assert bench.state is State.CLOSED


def test_refusing_raises_while_it_is_open() -> None:
    with pytest.raises(BreakerOpen):
        Bench().opened().breaker.refuse()


def test_after_its_pause_it_lets_one_probe_through() -> None:
    bench = Bench().half_open()
    bench.breaker.admit()
    with pytest.raises(BreakerOpen, match="probed just now"):
        bench.breaker.admit()


def test_as_many_probes_pass_as_the_rules_say() -> None:
    bench = Bench(CallRules(breaker_probes=3)).half_open()
    epochs = {bench.breaker.admit() for _ in range(3)}
    with pytest.raises(BreakerOpen):
        bench.breaker.admit()
    assert len(epochs) == 1


def test_probes_that_succeed_close_it() -> None:
    bench = Bench(CallRules(breaker_probes=2)).half_open()
    bench.calls(False)
    before = bench.state
    bench.calls(False)
    assert (before, bench.state) == (State.HALF_OPEN, State.CLOSED)


def test_a_probe_that_fails_opens_it_for_another_pause() -> None:
    bench = Bench().half_open()
    bench.calls(True)
    assert (bench.state, bench.breaker.reading().probed_in_s) == (State.OPEN, 30.0)


def test_a_probe_of_which_nothing_is_known_makes_room_for_another() -> None:
    bench = Bench().half_open()
    bench.breaker.settle(bench.breaker.admit(), failed=None)
    bench.calls(False)
    assert bench.state is State.CLOSED


def test_a_late_success_of_an_older_epoch_does_not_close_it() -> None:
    bench = Bench()
    late = bench.breaker.admit()
    bench.opened().wait(30)
    bench.breaker.admit()
    bench.breaker.settle(late, failed=False)
    assert bench.state is State.HALF_OPEN


def test_late_failures_of_an_older_epoch_do_not_open_it_again() -> None:
    bench = Bench()
    late = [bench.breaker.admit() for _ in range(5)]
    bench.half_open().calls(False)
    for epoch in late:
        bench.breaker.settle(epoch, failed=True)
    assert bench.state is State.CLOSED


def test_every_change_of_state_is_told_once() -> None:
    bench = Bench().half_open()
    bench.calls(False)
    assert [reading.state for reading in bench.told] == [State.OPEN, State.HALF_OPEN, State.CLOSED]


def test_each_class_of_calls_to_a_host_has_one_of_its_own() -> None:
    breakers = Breakers(FrozenClock(), CallRules(), lambda _: None)
    breakers.of("a", "token").settle(0, failed=True)
    assert breakers.of("a", "token") is breakers.of("a", "token")
    breakers.of("a", "prompts.read")
    assert [(r.host, r.operation) for r in breakers.readings()] == [("a", "token"), ("a", "prompts.read")]


@given(calls=st.lists(st.tuples(st.booleans(), st.floats(0, 4)), max_size=60))
def test_it_opens_exactly_when_the_rule_says(calls: list[tuple[bool, float]]) -> None:
    bench = Bench()
    seen: list[tuple[float, bool]] = []
    for failed, passed in calls:
        bench.wait(passed)
        now = bench.clock.monotonic()
        bench.calls(failed)
        seen = [*seen, (now, failed)]
        window = [f for at, f in seen if at > now - 10]
        row = len(seen) >= 5 and all(f for _, f in seen[-5:])
        opens = failed and (row or (len(window) >= 10 and sum(window) * 2 >= len(window)))
        assert (bench.state is State.OPEN) is opens
        if opens:
            return


def test_a_probe_that_nobody_settles_is_replaced_in_time() -> None:
    bench = Bench().half_open()
    lost = bench.breaker.admit()
    bench.wait(119)
    with pytest.raises(BreakerOpen):
        bench.breaker.admit()
    bench.wait(1)
    bench.calls(False)
    bench.breaker.settle(lost, failed=True)
    assert bench.state is State.CLOSED


def test_a_probe_that_is_interrupted_while_it_is_told_of_gives_its_place_back() -> None:
    def interrupted(_: Reading) -> None:
        raise KeyboardInterrupt

    clock = FrozenClock()
    breaker = Breaker(clock, CallRules(breaker_row=1), interrupted, host="h", operation="o")
    with pytest.raises(KeyboardInterrupt):
        breaker.settle(breaker.admit(), failed=True)
    clock.advance(timedelta(seconds=30))
    with pytest.raises(KeyboardInterrupt):
        breaker.admit()
    assert isinstance(breaker.admit(), int)


def test_who_is_refused_hears_the_last_failure_and_when_it_is_probed() -> None:
    bench = Bench()
    for why in ("status 503", "status 503", "status 503", "status 503", "the connection was refused"):
        bench.breaker.settle(bench.breaker.admit(), failed=True, why=why)
    with pytest.raises(BreakerOpen) as caught:
        bench.breaker.admit()
    assert caught.value.message == (
        "the platform failed too often (prompts.read on h, at last: the connection was refused),"
        " it is probed in 30 s"
    )


def test_a_success_is_no_cause() -> None:
    bench = Bench()
    for _ in range(4):
        bench.breaker.settle(bench.breaker.admit(), failed=True, why="status 500")
        bench.breaker.settle(bench.breaker.admit(), failed=False, why="status 200")
    bench.calls(False)
    bench.breaker.settle(bench.breaker.admit(), failed=True, why="status 502")
    with pytest.raises(BreakerOpen, match="at last: status 502"):
        bench.breaker.admit()
