"""A change whose answer is lost: it is read back, sent again, or stays pending."""

from __future__ import annotations

import pytest

from jackfield.adapters.simulator.faults import Faults, FaultySend
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    OutcomeUnknown,
    Unavailable,
    VersionExists,
)
from jackfield.domain.model.events import Outcome
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.settling.losing import (
    METHODS,
    act,
    cut_off,
    freeze_elsewhere,
    lost,
    outcomes,
    prepare,
)


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


def test_a_lost_answer_about_a_version_of_somebody_else_is_read_back(
    house: House, two: ActingPrompts, core: Core
) -> None:
    freeze_elsewhere(core, "8.0.0")
    house.line.cut("PATCH", When.AFTER, lost)
    assert two.unfreeze(NAME) == ("8.0.0",)


def test_a_version_that_arrives_after_it_was_taken_for_lost_can_be_published_again(
    house: House, two: ActingPrompts
) -> None:
    cut_off(house, "POST", When.BEFORE, lost)
    with pytest.raises(Unavailable):
        two.publish(version("2.0.0"))
    house.platform.send(house.line.requests[-2])  # the last one read it back
    assert two.publish(version("2.0.0")).changed


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
