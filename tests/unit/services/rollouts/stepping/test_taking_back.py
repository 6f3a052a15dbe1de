"""Steps of a rollout that take it back, and what becomes of a version that was revoked."""

from __future__ import annotations

import pytest
from attrs import evolve

from jackfield.domain.model.errors import (
    Conflict,
)
from jackfield.domain.model.pins import PinFault
from jackfield.domain.model.rollouts import Act, Phase
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change
from tests.unit.services.conftest import NAME, House
from tests.unit.services.rollouts.callers import Callers
from tests.unit.services.rollouts.stepping.conftest import HOUR

WORSE = {"1.0.0": 0.97, "1.1.0": 0.75}


def test_a_harmful_version_is_rolled_back_at_once(
    halves: ActingRollouts, core: Core, two: ActingPrompts
) -> None:
    Callers(core, WORSE).call(400)
    stepped = halves.step(NAME)
    assert (stepped.move.act, stepped.rollout.phase) == (Act.ROLL_BACK, Phase.ROLLED_BACK)
    assert two.live(NAME).number == "1.0.0"


def test_a_pin_to_a_version_that_was_rolled_back_is_not_honored(halves: ActingRollouts, core: Core) -> None:
    calls = Callers(core, WORSE).call(400)
    treated = next(choice for choice in calls if choice.version == "1.1.0")
    halves.step(NAME)
    again = core.prompts.choose(NAME, unit="customer", pin=treated.pin)
    assert (again.version, again.ignored) == ("1.0.0", PinFault.REVOKED)


def test_nobody_is_given_a_version_that_was_rolled_back(halves: ActingRollouts, core: Core) -> None:
    Callers(core, WORSE).call(400)
    halves.step(NAME)
    versions = {core.prompts.choose(NAME, unit=f"unit-{number}").version for number in range(100)}
    assert versions == {"1.0.0"}


def test_harm_is_taken_back_with_the_platform_away(halves: ActingRollouts, core: Core, house: House) -> None:
    Callers(core, WORSE).call(400)
    before = len(house.line.requests)
    assert halves.step(NAME).rollout.phase is Phase.ROLLED_BACK
    assert len(house.line.requests) == before


def test_harm_is_taken_back_also_when_the_clock_went_back(
    halves: ActingRollouts, core: Core, house: House
) -> None:
    Callers(core, WORSE).call(400)
    house.clock.step(-3 * HOUR)
    assert halves.step(NAME).rollout.phase is Phase.ROLLED_BACK


def test_a_rollout_that_is_held_is_taken_back_for_harm(halves: ActingRollouts, core: Core) -> None:
    halves.hold(NAME)
    Callers(core, WORSE).call(400)
    assert halves.step(NAME).rollout.phase is Phase.ROLLED_BACK


def test_a_promotion_lets_a_revoked_version_be_pinned_again(
    halves: ActingRollouts, core: Core, two: ActingPrompts
) -> None:
    halves.stop(NAME, roll_back=True)
    two.promote(two.version(NAME, "1.1.0"))
    choice = core.prompts.choose(NAME, unit="x")
    assert core.prompts.choose(NAME, unit="x", pin=choice.pin).ignored is None


def test_a_rollback_by_hand_revokes_what_it_leaves(core: Core, two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    pin = core.prompts.choose(NAME, unit="x").pin
    two.roll_back(NAME)
    again = core.prompts.choose(NAME, unit="x", pin=pin)
    assert (again.version, again.ignored) == ("1.0.0", PinFault.REVOKED)


def test_revoked_versions_that_were_altered_in_the_ledger_are_found(
    halves: ActingRollouts, core: Core
) -> None:
    from jackfield.domain.model.errors import ChainBroken

    halves.stop(NAME, roll_back=True)
    loaded = halves.operations.records.load(NAME)
    state = evolve(loaded.state, revoked=())
    core.audit.ledger.commit(Change(subject=loaded.subject, expected=loaded.revision, state=state))
    with pytest.raises(ChainBroken, match="not what the log tells"):
        core.audit.verify()


def test_what_was_stopped_and_is_live_by_now_is_not_revoked(
    rollouts: ActingRollouts, two: ActingPrompts
) -> None:
    rollouts.start(NAME, "1.1.0")
    rollouts.stop(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    with pytest.raises(Conflict, match=r"1\.1\.0 is live by now; 'jackfield rollback"):
        rollouts.stop(NAME, roll_back=True)
    assert rollouts.operations.records.load(NAME).state.revoked == ()
