"""Telling a plugin of things without waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import NoReturn

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.plugin import Measurement, PluginState, hookimpl
from jackfield.plugins.host import Host, Patience
from jackfield.plugins.isolation import HANGS, Failure
from jackfield.plugins.listening import Listener
from jackfield.plugins.loading import hooks_of
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.samples import MEASUREMENT
from jackfield.plugins.sources import Source

SOON = timedelta(seconds=5)


@define
class Ear:
    """A plugin's hook that can be held up, and what its listener says of it."""

    clock: FrozenClock = field(factory=FrozenClock)
    heard: list[int] = field(factory=list[int])
    failures: list[Failure] = field(factory=list[Failure])
    lost: list[int] = field(factory=list[int])
    busy: threading.Event = field(factory=threading.Event)
    free: threading.Event = field(factory=threading.Event)

    def hear(self, thing: int) -> None:
        self.busy.set()
        self.free.wait(10)
        self.heard.append(thing)

    def listener(self, capacity: int = 3) -> Listener[int]:
        return Listener(
            name="ear",
            hear=self.hear,
            clock=self.clock,
            limit=timedelta(seconds=5),
            failed=self.failures.append,
            heard=lambda _: None,
            lost=lambda: self.lost.append(1),
            capacity=capacity,
        )


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.free.set()


def test_what_is_posted_is_heard_in_order(ear: Ear) -> None:
    ear.free.set()
    listener = ear.listener(capacity=100)
    for number in range(100):
        listener.post(number)
    listener.end(SOON)
    assert (ear.heard, ear.lost, ear.failures) == (list(range(100)), [], [])


def test_what_does_not_fit_is_dropped_and_counted(ear: Ear) -> None:
    listener = ear.listener(capacity=3)
    listener.post(0)
    assert ear.busy.wait(5)
    for number in range(1, 9):
        listener.post(number)
    ear.free.set()
    listener.end(SOON)
    assert (ear.heard, len(ear.lost)) == ([0, 1, 2, 3], 5)


def test_a_call_without_end_is_given_up_once_the_queue_is_full(ear: Ear) -> None:
    listener = ear.listener(capacity=1)
    listener.post(0)
    assert ear.busy.wait(5)
    listener.post(1)
    listener.post(2)
    ear.clock.advance(timedelta(seconds=6))
    for number in range(3, 6):
        listener.post(number)
    assert [failure.kind for failure in ear.failures] == [HANGS]
    assert len(ear.lost) == 4


def test_a_slow_call_is_not_taken_for_one_without_end(ear: Ear) -> None:
    listener = ear.listener(capacity=1)
    listener.post(0)
    assert ear.busy.wait(5)
    listener.post(1)
    listener.post(2)
    ear.clock.advance(timedelta(seconds=4))
    listener.post(3)
    assert (ear.failures, len(ear.lost)) == ([], 2)


def test_the_end_waits_no_longer_than_it_is_told(ear: Ear) -> None:
    listener = ear.listener(capacity=9)
    for number in range(3):
        listener.post(number)
    assert ear.busy.wait(5)
    listener.end(timedelta(milliseconds=20))
    assert [failure.kind for failure in ear.failures] == [HANGS]
    assert len(ear.lost) == 2


def test_a_call_that_was_waited_for_in_vain_is_not_waited_for_again(ear: Ear) -> None:
    listener = ear.listener(capacity=99)
    listener.post(0)
    assert not listener.settle(timedelta(milliseconds=10))
    assert [listener.settle(timedelta(days=1)) for _ in range(20)] == [False] * 20


def test_one_that_only_was_slow_is_waited_for_again(ear: Ear) -> None:
    listener = ear.listener(capacity=99)
    listener.post(0)
    assert not listener.settle(timedelta(milliseconds=10))
    ear.free.set()
    while not ear.heard:
        pass
    assert listener.settle(SOON)
    listener.post(1)
    assert (listener.settle(SOON), ear.heard) == (True, [0, 1])


def test_a_call_without_end_is_given_up_once_it_was_waited_for_too_long(ear: Ear) -> None:
    listener = ear.listener(capacity=99)
    listener.post(0)
    assert ear.busy.wait(5)
    listener.settle(timedelta(milliseconds=10))
    ear.clock.advance(timedelta(seconds=6))
    listener.settle(timedelta(days=1))
    listener.post(1)
    assert ([failure.kind for failure in ear.failures], len(ear.lost)) == ([HANGS], 1)


def _refuse(_: object) -> NoReturn:
    raise ValueError("it is not told")


def evil() -> type[BaseException]:
    """Make a class of errors that cannot be asked for anything."""
    nameless = type("Nameless", (type,), {"__name__": property(_refuse)})
    told = dict.fromkeys(("__class__", "__traceback__"), property(_refuse))
    return nameless("Evil", (BaseException,), {**told, "__str__": _refuse})  # type: ignore[no-any-return]


def test_an_error_that_cannot_be_asked_for_anything_ends_no_listener(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = evil()

    def hear(self: Ear, thing: int) -> None:
        self.heard.append(thing)
        raise error

    monkeypatch.setattr(Ear, "hear", hear)
    listener = ear.listener()
    for number in range(3):
        listener.post(number)
    listener.end(SOON)
    assert (ear.heard, [failure.kind for failure in ear.failures]) == ([0, 1, 2], ["Evil"] * 3)


def test_nothing_is_started_before_something_is_posted(ear: Ear) -> None:
    before = threading.active_count()
    ear.listener().end(SOON)
    assert threading.active_count() == before


def test_what_is_posted_is_heard_in_the_context_of_whoever_posted_it(ear: Ear) -> None:
    of = ContextVar("of", default="nobody")
    heard = list[str]()

    def hear(_: int) -> None:
        heard.append(of.get())

    listener = evolve(ear.listener(), hear=hear)
    for name in ("mina", "ravi"):
        of.set(name)
        listener.post(1)
    of.set("somebody else")
    listener.end(SOON)
    assert heard == ["mina", "ravi"]


@pytest.mark.parametrize(("built_in", "state"), [(True, PluginState.LOADED), (False, PluginState.HUNG)])
def test_our_own_plugins_may_wait_for_a_slow_host(ear: Ear, built_in: bool, state: PluginState) -> None:
    class Calls:
        @hookimpl
        def jackfield_measure(self, measurement: Measurement) -> None:
            ear.hear(1)

    source = Source(name="calls", load=Calls, built_in=built_in)
    plugin = Plugin(source=source, clock=ear.clock, hooks=hooks_of(Calls(), "calls"))
    host = Host(plugins=(plugin,), clock=ear.clock, patience=Patience(waiting=1))
    host.measure(MEASUREMENT)
    assert ear.busy.wait(5)
    ear.clock.advance(timedelta(seconds=6))
    host.measure(MEASUREMENT)
    host.measure(MEASUREMENT)
    assert plugin.state is state
    ear.free.set()
    host.close()
