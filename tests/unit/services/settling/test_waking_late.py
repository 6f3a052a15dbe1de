"""Who was paused in the middle of a change, and wakes when another has settled it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve, frozen

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    Conflict,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.events import Outcome
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.proofs.mortals import Life, MortalLedger
from tests.unit.services.conftest import NAME, House, version
from tests.unit.services.settling.losing import EXPIRY, outcomes


@frozen
class PausingLedger(MortalLedger):
    """A ledger whose process is paused as soon as an intent is written."""

    pause: Callable[[], object]

    def commit(self, *changes: Change) -> Receipt | Repeat:
        receipt = super().commit(*changes)
        if any(e.outcome is Outcome.INTENDED for c in changes for e in c.events):
            self.pause()
        return receipt


def paused(me: ActingPrompts, pause: Callable[[], object]) -> ActingPrompts:
    """Let something happen between an intent and its call."""
    records = me.operations.records
    slow = evolve(records, ledger=PausingLedger(records.ledger, Life(), pause))
    return evolve(me, operations=evolve(me.operations, records=slow))


def test_who_wakes_too_late_sends_nothing(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    me = paused(two, lambda: wait(31))
    house.line.requests.clear()
    with pytest.raises(Conflict, match="stood still for too long before its call, which was not sent"):
        me.promote(two.version(NAME, "1.1.0"))
    assert house.calls("PUT") == []
    assert (two.status(NAME).pending, outcomes(core)[-1]) == (None, "prompt.promote failed")


def test_who_wakes_within_the_margin_goes_on(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    me = paused(two, lambda: wait(29))
    assert me.promote(two.version(NAME, "1.1.0")).changed


def test_a_clock_that_was_set_back_meanwhile_wakes_nobody_in_time(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    def pause() -> None:
        house.clock.step(timedelta(hours=-1))
        wait(31)

    me = paused(two, pause)
    with pytest.raises(Conflict, match="stood still"):
        me.promote(two.version(NAME, "1.1.0"))
    assert house.calls("PUT") == []


def test_who_wakes_late_settles_nothing_that_another_has_settled(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    other = house.open().acting_as("tom", reason="meanwhile").prompts

    def pause() -> None:
        wait(EXPIRY)
        other.publish(version("3.0.0"))

    me = paused(two, pause)
    with pytest.raises(Conflict, match="stood still") as caught:
        me.promote(two.version(NAME, "1.1.0"))
    assert isinstance(caught.value.__cause__, Conflict)
    assert outcomes(core)[-3:] == [
        "prompt.promote failed",
        "prompt.publish intended",
        "prompt.publish succeeded",
    ]


def test_a_refusal_is_shown_though_another_has_settled_it(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    other = house.open().acting_as("tom", reason="meanwhile").prompts
    send = house.line.send

    def slow(request: Request) -> Response:
        if request.method == "PUT":
            house.line.send = send
            wait(EXPIRY)
            other.publish(version("3.0.0"))
            raise RateLimited("too many")
        return send(request)

    house.line.send = slow
    with pytest.raises(RateLimited, match="too many") as caught:
        two.promote(two.version(NAME, "1.1.0"))
    assert isinstance(caught.value.__cause__, Conflict)


def test_a_refusal_is_shown_though_it_cannot_be_recorded(
    house: House, two: ActingPrompts, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = core.prompts.operations.records.ledger
    send = house.line.send

    def full(*_: Change) -> Receipt:
        raise Unavailable("the disk is full")

    def refuse(request: Request) -> Response:
        if request.method == "PUT":
            monkeypatch.setattr(type(ledger), "commit", full)
            raise RateLimited("too many")
        return send(request)

    house.line.send = refuse
    with pytest.raises(RateLimited, match="could not be recorded: the disk is full"):
        two.promote(two.version(NAME, "1.1.0"))


def test_while_one_settles_what_was_left_others_wait(
    house: House, two: ActingPrompts, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    tom, eva = (house.open().acting_as(who, reason="-").prompts for who in ("tom", "eva"))
    send, told = house.line.send, list[str]()

    def meanwhile(request: Request) -> Response:
        if request.method == "GET" and not told:
            told.append("")
            with pytest.raises(Conflict) as caught:
                eva.publish(version("4.0.0"))
            told[0] = str(caught.value)
        return send(request)

    house.line.send = meanwhile
    tom.publish(version("3.0.0"))
    assert "prompt.promote of 1.1.0, which was left unsettled, is being settled by" in told[0]
    assert "wait for it; if that process is gone, try again after" in told[0]
    assert eva.publish(version("4.0.0")).changed


def test_who_was_paused_while_settling_settles_nothing_twice(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    tom, eva = (house.open().acting_as(who, reason="-").prompts for who in ("tom", "eva"))
    send = house.line.send

    def slow(request: Request) -> Response:
        if request.method == "GET":
            house.line.send = send
            wait(EXPIRY)
            eva.publish(version("4.0.0"))
        return send(request)

    house.line.send = slow
    with pytest.raises(Conflict, match="somebody else settled what was left of an earlier change"):
        tom.publish(version("3.0.0"))
    assert [o for o in outcomes(core) if o.startswith("prompt.promote")] == [
        "prompt.promote intended",
        "prompt.promote failed",
    ]
