"""What settles a change when clocks step back or run ahead, and what force settles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    Conflict,
    OutcomeUnknown,
    Unavailable,
)
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.settling.losing import EXPIRY, cut_off, lost


def test_a_clock_that_steps_back_makes_the_wait_longer_and_loses_nothing(
    house: House, two: ActingPrompts, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.AFTER, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    house.clock.step(timedelta(hours=-1))
    wait(EXPIRY)
    tom = house.open().acting_as("tom", reason="-").prompts
    with pytest.raises(Conflict, match="is under way"):
        tom.publish(version("3.0.0"))
    wait(3600)
    tom.publish(version("3.0.0"))
    assert (tom.live(NAME).number, tom.status(NAME).platform.drift) == ("1.1.0", False)


@pytest.fixture
def ahead(house: House, two: ActingPrompts) -> ActingPrompts:
    """A promotion that was left by a process whose clock ran a year ahead."""
    house.clock.step(timedelta(days=365))
    two.status(NAME)  # with a token of that time
    cut_off(house, "PUT", When.AFTER, lost)
    cut_off(house, "GET", When.AFTER, lost)
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"), force=True)
    house.clock.step(timedelta(days=-365))
    house.clock.advance(timedelta(seconds=60))
    return two


def test_what_a_clock_left_that_ran_ahead_is_told_with_its_date(ahead: ActingPrompts) -> None:
    with pytest.raises(Conflict, match=r"since 2027-01-01 00:00:\d\d UTC; that time lies ahead: .* --force"):
        ahead.promote(ahead.version(NAME, "1.1.0"))


def test_what_a_clock_left_that_ran_ahead_is_settled_by_force(ahead: ActingPrompts) -> None:
    ahead.promote(ahead.version(NAME, "1.0.0"), force=True)
    assert [e.activation.version for e in ahead.log(NAME)] == ["1.0.0", "1.1.0", "1.0.0"]


def test_force_settles_nothing_that_may_be_in_flight(house: House, two: ActingPrompts) -> None:
    cut_off(house, "PUT", When.AFTER, lost)
    cut_off(house, "GET", When.AFTER, lost)
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"), force=True)
    with pytest.raises(Conflict, match="is under way"):
        two.promote(two.version(NAME, "1.0.0"), force=True)


def test_a_prompt_that_is_gone_is_not_made_anew_when_that_took_too_long(
    house: House, two: ActingPrompts
) -> None:
    house.platform.reset()
    two.operations.gateway.find(NAME)  # with a token of its own
    slow = house.line.send

    def crawling(request: Request) -> Response:
        house.clock.advance(timedelta(seconds=16))
        return slow(request)

    house.line.send = crawling
    with pytest.raises(Conflict, match="took too long"):
        two.promote(two.version(NAME, "1.1.0"), force=True)
    house.line.send = slow
    assert two.operations.gateway.find(NAME) is None


def test_whether_a_creation_without_an_answer_is_there_is_not_claimed(
    me: ActingPrompts, core: Core, house: House
) -> None:
    assert core.prompts.operations.gateway.find(NAME) is None  # now there is a token

    def lost_for_good() -> OutcomeUnknown:
        cut_off(house, "GET", When.BEFORE, lost)
        return OutcomeUnknown("lost")

    house.line.cut("POST", When.AFTER, lost_for_good)
    with pytest.raises(OutcomeUnknown):
        me.publish(FIRST)

    platform = me.status(NAME).platform

    assert (platform.drift, platform.answered) == (None, False)
    assert platform.trouble == "whether it is there is not known: prompt.publish of 1.0.0 is not settled"


def test_a_creation_that_was_not_sent_is_told_by_our_record(
    me: ActingPrompts, core: Core, house: House
) -> None:
    assert core.prompts.operations.gateway.find(NAME) is None  # now there is a token
    for _ in range(4):  # a call and its three retries
        house.line.cut("POST", When.BEFORE, lambda: Unavailable("no route"))
    with pytest.raises(Unavailable):
        me.publish(FIRST)

    assert me.status(NAME).platform.trouble == "not created there, by our record"
