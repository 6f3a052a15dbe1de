"""Intend, call, settle: what a refusal, a lost answer and a crash leave, and how it is settled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, NotFound, OutcomeUnknown, Unavailable, VersionExists
from jackfield.domain.model.events import Outcome
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version

EXPIRY = 121.0


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the answer was lost")


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
    house.line.cut("PUT", When.BEFORE, lambda: Unavailable("no route"))
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


@pytest.mark.parametrize("verb", METHODS)
def test_a_call_that_never_arrived_stays_pending(
    house: House, core: Core, me: ActingPrompts, verb: str
) -> None:
    prepare(me, verb)
    core.prompts.operations.gateway.find(NAME)
    house.line.cut(METHODS[verb], When.BEFORE, lost)
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
    house: House, two: ActingPrompts, wait: Callable[[float], None]
) -> None:
    house.line.cut("POST", When.BEFORE, lost)
    with pytest.raises(OutcomeUnknown):
        two.publish(version("2.0.0"))
    late = house.line.requests[-2]  # the last one read it back
    wait(EXPIRY)
    two.unfreeze(NAME)
    house.platform.send(late)
    assert two.publish(version("2.0.0")).changed


def test_opening_settles_nothing(house: House, two: ActingPrompts, wait: Callable[[float], None]) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    assert house.open().prompts.status(NAME).pending is not None


def test_what_a_lost_promotion_did_is_not_called_an_edit(two: ActingPrompts, house: House) -> None:
    house.line.cut("PUT", When.AFTER, lost)
    house.line.cut("GET", When.BEFORE, lambda: Unavailable("no route"))
    promoted = two.version(NAME, "1.1.0")
    with pytest.raises(OutcomeUnknown):
        two.promote(promoted, force=True)
    platform = two.status(NAME).platform
    assert (platform.version, platform.drift) == ("1.1.0", None)
    assert platform.trouble == "has 1.1.0, which is not settled yet"


def test_an_edit_is_drift_also_while_a_change_is_under_way(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.line.cut("PUT", When.BEFORE, lost)
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
