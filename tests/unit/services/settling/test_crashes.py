"""What a process that died in the middle of a change leaves, and who settles it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
)
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, House, version
from tests.unit.services.settling.losing import EXPIRY, METHODS, act, freeze_elsewhere, outcomes, prepare


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


def test_opening_settles_nothing(house: House, two: ActingPrompts, wait: Callable[[float], None]) -> None:
    house.line.cut("PUT", When.BEFORE, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(EXPIRY)
    assert house.open().prompts.status(NAME).pending is not None


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
