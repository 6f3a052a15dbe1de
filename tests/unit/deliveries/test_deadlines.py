"""A firm deadline: nobody waits for a receiver longer than that, and what it did not answer waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import define

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery
from jackfield.domain.model.events import Entry
from jackfield.domain.services.deliveries import Passed
from jackfield.domain.services.deliveries.cutting import CUT
from tests.unit.deliveries.conftest import House

BRIEF = timedelta(milliseconds=50)


@define
class Slow:
    """Takes its time for each entry."""

    take: Callable[[], object]
    heard: int = 0
    name: str = "slow"
    wants: tuple[str, ...] = ("*",)

    def deliver(self, entry: Entry) -> Delivery:
        del entry
        self.heard += 1
        self.take()
        return Delivered()

    def close(self) -> None:
        """There is nothing to let go of."""


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a receiver that hangs waits for."""
    event = threading.Event()
    yield event
    event.set()


def _slow(house: House, take: Callable[[], object]) -> Slow:
    house.others.append(found := Slow(take))
    return found


def test_what_hangs_is_left_behind_and_waits_for_its_next_try(
    house: House, released: threading.Event
) -> None:
    _slow(house, released.wait)
    house.happen("a")
    passed = house.deliveries().run(BRIEF, firm=True)
    (waiting,) = house.deliveries().records.load("slow").state.waiting
    assert (waiting.attempts, waiting.trouble) == (1, CUT)
    assert passed == (Passed(name="keeping", delivered=1), Passed(name="slow", failed=1))


def test_what_hangs_keeps_no_lease(house: House, released: threading.Event) -> None:
    slow = _slow(house, released.wait)
    house.happen("a")
    house.deliveries().run(BRIEF, firm=True)
    released.set()
    house.clock.advance(timedelta(seconds=10))
    assert house.deliveries(owner="b").run(BRIEF)[1] == Passed(name="slow", delivered=1)
    assert slow.heard == 2


@pytest.mark.parametrize(("firm", "heard"), [(True, 1), (False, 2)])
def test_nothing_is_begun_in_the_last_quarter(house: House, heard: int, *, firm: bool) -> None:
    slow = _slow(house, lambda: house.clock.advance(timedelta(seconds=8)))
    house.keeping.wants = ("nothing",)
    house.happen("a")
    house.happen("a")
    house.deliveries().run(timedelta(seconds=10), firm=firm)
    assert slow.heard == heard


def test_an_error_within_the_deadline_is_the_reason(house: House) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    _slow(house, fail)
    house.happen("a")
    house.deliveries().run(timedelta(seconds=10), firm=True)
    (waiting,) = house.deliveries().records.load("slow").state.waiting
    assert waiting.trouble == "it raised ZeroDivisionError"


def test_the_oldest_that_is_not_delivered_is_told(house: House, released: threading.Event) -> None:
    clock: FrozenClock = house.clock
    _slow(house, released.wait)
    house.happen("a")
    new = house.deliveries().status()[1].oldest
    clock.advance(timedelta(hours=1))
    house.happen("a", "b")
    house.deliveries().run(BRIEF, firm=True)
    keeping, slow = house.deliveries().status()
    assert new is not None
    assert (keeping.oldest, slow.oldest) == (None, new)


def test_a_destination_that_nobody_gives_any_more_is_told_apart(house: House) -> None:
    slow = _slow(house, lambda: None)
    house.happen("a")
    house.run()
    house.others.remove(slow)
    assert [(s.name, s.given) for s in house.deliveries().status()] == [("keeping", True), ("slow", False)]
