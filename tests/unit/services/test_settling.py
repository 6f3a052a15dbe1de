"""Intend, call, settle: what a refusal, a lost answer and a crash leave, and how it is settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve, frozen

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.faults import Faults, FaultySend
from jackfield.adapters.testing.lines import Failure, When
from jackfield.domain.model.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    VersionExists,
)
from jackfield.domain.model.events import Outcome
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.proofs.mortals import Life, MortalLedger
from tests.unit.services.conftest import FIRST, NAME, House, version

EXPIRY = 121.0


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the answer was lost")


def cut_off(house: House, method: str, when: When, failure: Failure) -> None:
    """Let a call of *method* fail, and so each time that it is sent again."""
    for _ in range(4):
        house.line.cut(method, when, failure)


def outcomes(core: Core) -> list[str]:
    return [f"{e.event.type} {e.event.outcome}" for e in core.audit.entries()]


def act(me: ActingPrompts, verb: str) -> None:
    """Do one of the changes that a crash may interrupt."""
    match verb:
        case "create":
            me.publish(FIRST)
        case "store":
            me.publish(version("1.2.0"))
        case "promote":
            me.promote(me.version(NAME, "1.1.0"))
        case _:
            me.roll_back(NAME)


def prepare(me: ActingPrompts, verb: str) -> None:
    """Bring the prompt to where the change makes sense."""
    if verb != "create":
        me.publish(FIRST)
        me.publish(version("1.1.0"))
    if verb == "roll back":
        me.promote(me.version(NAME, "1.1.0"))


METHODS = {"create": "POST", "store": "POST", "promote": "PUT", "roll back": "PUT"}


def test_a_change_is_said_before_and_after(me: ActingPrompts, core: Core) -> None:
    me.publish(FIRST)
    assert outcomes(core) == ["prompt.publish intended", "prompt.publish succeeded"]


def test_a_refusal_settles_the_change_as_failed(two: ActingPrompts, core: Core, house: House) -> None:
    house.open("other").acting_as("tom", reason="-").prompts.publish(version("2.0.0", "his"))
    with pytest.raises(VersionExists):
        two.publish(version("2.0.0", "hers"))
    assert outcomes(core)[-2:] == ["prompt.publish intended", "prompt.publish failed"]


def test_an_unreachable_platform_settles_the_change_as_failed(
    two: ActingPrompts, core: Core, house: House
) -> None:
    cut_off(house, "PUT", When.BEFORE, lambda: Unavailable("no route"))
    with pytest.raises(Unavailable):
        two.promote(two.version(NAME, "1.1.0"))
    assert (two.live(NAME).number, core.prompts.status(NAME).pending) == ("1.0.0", None)


@pytest.mark.parametrize("verb", METHODS)
def test_a_lost_answer_is_read_back_at_once(house: House, core: Core, me: ActingPrompts, verb: str) -> None:
    prepare(me, verb)
    house.line.requests.clear()
    if verb == "create":
        core.prompts.operations.gateway.find(NAME)  # the token call is behind us
    house.line.cut(METHODS[verb], When.AFTER, lost)
    act(me, verb)
    assert outcomes(core)[-1].endswith(Outcome.SUCCEEDED)


@pytest.mark.parametrize("verb", ["create", "store"])
def test_a_creation_that_never_arrived_is_sent_again_when_it_was_read_back(
    house: House, me: ActingPrompts, core: Core, verb: str
) -> None:
    prepare(me, verb)
    house.line.cut("POST", When.BEFORE, lost)
    house.line.cut("POST", When.BEFORE, lost)
    act(me, verb)
    assert outcomes(core)[-1] == "prompt.publish succeeded"


@pytest.mark.parametrize("verb", ["create", "store"])
def test_a_creation_that_never_arrives_fails_and_locks_nothing(
    house: House, me: ActingPrompts, core: Core, verb: str
) -> None:
    prepare(me, verb)
    me.operations.gateway.find(NAME)
    cut_off(house, "POST", When.BEFORE, lost)
    with pytest.raises(Unavailable, match="read back, it is not there; publish it again"):
        act(me, verb)
    act(me, verb)
    assert outcomes(core)[-3:] == [f"prompt.publish {o}" for o in ("failed", "intended", "succeeded")]


def test_a_creation_that_is_not_seen_at_once_is_not_doubled(house: House, me: ActingPrompts) -> None:
    faults = Faults()
    house.line.send = FaultySend(house.platform.send, faults, house.clock)
    faults.next("POST", "/api/v2/ai/llm/prompts", "drop-after")
    faults.randomly("404", 1.0, seconds=2)
    me.publish(FIRST)
    faults.clear()
    assert me.live(NAME).number == "1.0.0"


def test_a_creation_that_nobody_can_look_for_stays_pending(
    house: House, core: Core, two: ActingPrompts
) -> None:
    house.line.cut("POST", When.AFTER, lost)
    cut_off(house, "GET", When.BEFORE, lost)
    with pytest.raises(OutcomeUnknown, match="try again after"):
        two.publish(version("1.2.0"))
    assert core.prompts.status(NAME).pending is not None


@pytest.mark.parametrize("verb", ["promote", "roll back"])
def test_a_call_that_never_arrived_stays_pending(
    house: House, core: Core, me: ActingPrompts, verb: str
) -> None:
    prepare(me, verb)
    core.prompts.operations.gateway.find(NAME)
    cut_off(house, METHODS[verb], When.BEFORE, lost)
    with pytest.raises(OutcomeUnknown, match="try again after"):
        act(me, verb)
    assert core.prompts.status(NAME).pending is not None


@pytest.mark.parametrize(("verb", "when"), [(verb, when) for verb in METHODS for when in When])
def test_a_crash_is_settled_by_the_next_change(
    house: House, me: ActingPrompts, wait: Callable[[float], None], verb: str, when: When
) -> None:
    prepare(me, verb)
    me.operations.gateway.find(NAME)
    house.line.cut(METHODS[verb], when, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        act(me, verb)
    again = house.open().acting_as("tom", reason="after the crash").prompts
    wait(EXPIRY)
    again.publish(version("9.0.0"))
    state = again.status(NAME)
    assert (state.pending, state.platform.drift) == (None, False)


def test_another_change_waits_for_an_operation_in_flight(
    house: House, two: ActingPrompts, core: Core
) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    with pytest.raises(Conflict, match="is under way"):
        house.open().acting_as("tom", reason="-").prompts.publish(version("3.0.0"))


def test_a_crash_after_the_call_is_recorded_with_its_own_actor(
    house: House, two: ActingPrompts, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.AFTER, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    tom = house.open().acting_as("tom", reason="later").prompts
    tom.publish(version("3.0.0"))
    assert [(e.activation.version, e.activation.actor) for e in tom.log(NAME)][-1] == ("1.1.0", "mina")


def freeze_elsewhere(core: Core, number: str) -> None:
    """Store and freeze a version of which nothing is kept here."""
    gateway = core.prompts.operations.gateway
    found = gateway.find(NAME)
    assert found is not None
    gateway.store(found.id, version(number))
    gateway.freeze(found.id, number, frozen=True)


def test_a_lost_answer_about_a_version_of_somebody_else_is_read_back(
    house: House, two: ActingPrompts, core: Core
) -> None:
    freeze_elsewhere(core, "8.0.0")
    house.line.cut("PATCH", When.AFTER, lost)
    assert two.unfreeze(NAME) == ("8.0.0",)


def test_a_crash_after_unfreezing_a_version_of_somebody_else_is_no_failure(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    freeze_elsewhere(core, "8.0.0")
    house.line.cut("PATCH", When.AFTER, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.unfreeze(NAME)
    wait(EXPIRY)
    two.unfreeze(NAME)
    assert outcomes(core)[-2:] == ["prompt.unfreeze intended", "prompt.unfreeze succeeded"]


def test_a_change_of_a_prompt_that_is_gone_does_not_stay_pending(
    house: House, two: ActingPrompts, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    house.platform.reset()
    wait(EXPIRY)
    with pytest.raises(NotFound):
        two.publish(version("2.0.0"))
    assert two.status(NAME).pending is None


@pytest.mark.parametrize("when", When)
def test_what_outlives_its_intent_is_what_the_log_says(
    house: House, two: ActingPrompts, core: Core, wait: Callable[[float], None], when: When
) -> None:
    """Another change comes after the expiry, while the call is under way: before or after its effect."""
    other = house.open().acting_as("tom", reason="meanwhile").prompts
    send = house.line.send

    def slow(request: Request) -> Response:
        if request.method != "PUT":
            return send(request)
        response = send(request) if when is When.AFTER else None
        wait(EXPIRY)
        other.publish(version("3.0.0"))
        return response or send(request)

    house.line.send = slow
    if when is When.AFTER:
        assert two.promote(two.version(NAME, "1.1.0")).changed
    else:
        with pytest.raises(OutcomeUnknown, match="another change had recorded it as failed"):
            two.promote(two.version(NAME, "1.1.0"))
    assert (two.status(NAME).pending, two.status(NAME).platform.drift) == (None, when is When.BEFORE)
    core.audit.verify()


def test_a_version_that_arrives_after_it_was_taken_for_lost_can_be_published_again(
    house: House, two: ActingPrompts
) -> None:
    cut_off(house, "POST", When.BEFORE, lost)
    with pytest.raises(Unavailable):
        two.publish(version("2.0.0"))
    house.platform.send(house.line.requests[-2])  # the last one read it back
    assert two.publish(version("2.0.0")).changed


def test_opening_settles_nothing(house: House, two: ActingPrompts, wait: Callable[[float], None]) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    assert house.open().prompts.status(NAME).pending is not None


def test_what_a_lost_promotion_did_is_not_called_an_edit(two: ActingPrompts, house: House) -> None:
    cut_off(house, "PUT", When.AFTER, lost)
    cut_off(house, "GET", When.BEFORE, lambda: Unavailable("no route"))
    promoted = two.version(NAME, "1.1.0")
    with pytest.raises(OutcomeUnknown):
        two.promote(promoted, force=True)
    platform = two.status(NAME).platform
    assert (platform.version, platform.drift) == ("1.1.0", None)
    assert platform.trouble == "has 1.1.0, which is not settled yet"


def test_an_edit_is_drift_also_while_a_change_is_under_way(
    two: ActingPrompts, core: Core, house: House
) -> None:
    cut_off(house, "PUT", When.BEFORE, lost)
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"))
    house.edit_behind_our_back(core, version("7.0.0"))
    assert two.status(NAME).platform.drift is True


def test_whoever_comes_at_the_same_moment_is_told_in_the_words_of_prompts(
    two: ActingPrompts, house: House
) -> None:
    """He begins after she looked at the platform and before her intent is written."""
    him = house.open().acting_as("tom", reason="-").prompts
    looked = house.line.send

    def meanwhile(request: Request) -> Response:
        answer = looked(request)
        house.line.send = looked
        him.publish(version("1.2.0"))
        return answer

    house.line.send = meanwhile
    with pytest.raises(Conflict, match="prompt escalation: somebody changed it at the same moment; look at"):
        two.promote(two.version(NAME, "1.1.0"))


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
