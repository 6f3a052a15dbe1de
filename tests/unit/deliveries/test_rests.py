"""A receiver that wants to be left alone: at once, for as long as it says, whatever was being tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from jackfield.adapters.testing.delivering import deliver_all
from jackfield.domain.model.deliveries.verdicts import (
    Delivered,
    Delivery,
    Gone,
    Rejected,
    Retry,
    Untried,
    answered,
)
from jackfield.domain.services.deliveries import Passed, Pause, Stand
from tests.unit.deliveries.conftest import House

HOUR: Final = timedelta(hours=1)
BUSY: Final = Retry(reason="429", after=HOUR)
ALONE: Final = Pause(lanes=1)
MANY: Final = tuple(f"p{n}" for n in range(20))


def _dead(house: House, count: int) -> None:
    """Let so many entries of one subject die."""
    house.keeping.script = [Rejected(reason="no")] * count
    house.happen(*["dead"] * count)
    house.run()
    house.keeping.heard.clear()


@pytest.mark.parametrize("verdict", [BUSY, Gone(reason="410")])
def test_nothing_more_is_sent_in_the_pass(house: House, verdict: Delivery) -> None:
    house.pause = ALONE
    house.keeping.script = [verdict, Delivered(), Delivered()]
    house.happen(*MANY)
    house.run()
    assert len(house.keeping.heard) == 1


def test_no_more_is_sent_than_was_under_way(house: House) -> None:
    house.keeping.script = [BUSY] * len(MANY)
    house.happen(*MANY)
    house.run()
    assert len(house.keeping.heard) <= house.pause.lanes


@pytest.mark.parametrize("verdict", [BUSY, Gone(reason="410")])
def test_it_holds_for_dead_letters_that_are_tried_again(house: House, verdict: Delivery) -> None:
    house.pause = ALONE
    _dead(house, 3)
    house.keeping.script = [verdict]
    house.acting().retry("keeping")
    house.run()
    house.happen("new")
    house.run()
    assert len(house.keeping.heard) == 1
    assert [each.due is None for each in house.state.dead] == [True, False, False]


def test_those_that_were_not_tried_are_tried_behind_the_rest(house: House) -> None:
    house.pause = ALONE
    _dead(house, 3)
    house.keeping.script = [BUSY]
    house.acting().retry("keeping")
    house.run()
    (found,) = house.deliveries().status()
    house.clock.advance(HOUR)
    house.run()
    assert found.next_try == house.clock.now()
    assert len(house.state.dead) == 1


def test_it_holds_behind_the_last_try_of_an_entry(house: House) -> None:
    house.keeping.script = [*[Retry(reason="503")] * 6, BUSY]
    house.happen("a", "a")
    for _ in range(7):
        house.run()
        house.clock.advance(timedelta(hours=8) if len(house.keeping.heard) < 7 else timedelta())
    assert ([d.position for d in house.state.dead], len(house.keeping.heard)) == ([1], 7)
    assert house.state.rests_until == house.clock.now() + HOUR


def test_when_it_is_asked_again_is_told_though_nothing_waits(house: House) -> None:
    house.keeping.script = [*[Retry(reason="503")] * 6, BUSY]
    house.happen("a")
    while not house.state.dead:
        house.run()
        house.clock.advance(timedelta(hours=8) if not house.state.dead else timedelta())
    house.happen("b")
    (found,) = house.deliveries().status()
    assert (found.stand, found.next_try) == (Stand.BEHIND, house.clock.now() + HOUR)
    assert [each.stand for each in deliver_all(house.deliveries(), house.clock)] == [Stand.CURRENT]


@pytest.mark.parametrize("after", ["0", "Sat, 21 Nov 2020 09:31:00 GMT", "1"])
def test_a_wait_that_is_none_uses_up_no_tries(house: House, after: str) -> None:
    house.keeping.script = [answered(503, {"retry-after": after}, house.clock.now()) for _ in range(7)]
    house.happen("a")
    house.run()
    (waiting,) = house.state.waiting
    assert (waiting.attempts, waiting.due - house.clock.now()) == (1, timedelta(seconds=5))
    house.clock.advance(timedelta(seconds=5))
    house.run()
    assert house.state.waiting[0].due - house.clock.now() == timedelta(seconds=30)


def test_what_was_not_tried_costs_no_try_and_is_no_failure(house: House) -> None:
    house.pause = ALONE
    house.keeping.script = [Retry(reason="no answer"), *[Untried(reason="it was switched off")] * 40]
    house.happen(*MANY)
    passed = house.run()
    assert passed == (Passed(name="keeping", failed=1, trouble="it was switched off"),)
    assert len(house.keeping.heard) == 2
    assert len(house.measured) == 1
    for _ in range(10):
        house.clock.advance(timedelta(hours=7))
        house.run()
    assert sum(each.attempts for each in house.state.waiting) == 1
    assert house.state.dead == ()


def test_a_dead_letter_that_was_not_tried_stays_to_be_tried(house: House) -> None:
    _dead(house, 1)
    house.keeping.script = [Untried(reason="it was switched off")]
    house.acting().retry("keeping")
    before = house.state.dead
    house.run()
    assert house.state.dead == before
    house.run()
    assert house.state.dead == ()
