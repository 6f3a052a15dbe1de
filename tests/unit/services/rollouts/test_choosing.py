"""A version is chosen by what is known, with everything away, and a pin holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Reason
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound, Unavailable
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.pins import PinFault
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.states import KeysState
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.choosing.seals import Seals
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.unit.services.conftest import FIRST, NAME, House, version

KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "fedcba9876543210fedcba9876543210"


@pytest.fixture
def halves(rollouts: ActingRollouts) -> ActingRollouts:
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    return rollouts


def opened(house: House, keys: str = "", org: str = "acme") -> Core:
    own = Settings(
        target="test",
        platform="simulator",
        organization=organization(org),
        folder=house.folder,
        pin_keys=tuple(map(Secret, keys.split(","))) if keys else (),
    )
    core = build(own, Parts(clock=house.clock, send=house.line))
    house.cores.append(core)
    return core


def of_arm(core: Core, arm: Arm) -> str:
    """A unit that falls into *arm*."""
    units = (f"unit-{number}" for number in range(100))
    return next(unit for unit in units if core.prompts.choose(NAME, unit=unit).arm is arm)


def test_without_a_rollout_everybody_gets_what_is_live(core: Core, two: ActingPrompts) -> None:
    choice = core.prompts.choose(NAME, unit="x")
    assert (choice.version, choice.reason, choice.arm) == ("1.0.0", Reason.DEFAULT, None)


def test_a_choice_brings_its_content(core: Core, halves: ActingRollouts) -> None:
    choice = core.prompts.choose(NAME, unit=of_arm(core, Arm.TREATMENT))
    assert choice.definition == version("1.1.0")


def test_a_choice_says_what_it_was_made_by(core: Core, halves: ActingRollouts, house: House) -> None:
    core.prompts.choose(NAME, unit="x")
    house.clock.advance(timedelta(seconds=0.4))
    choice = core.prompts.choose(NAME, unit="x")
    assert (choice.source, choice.freshness, choice.age) == (
        Source.MEMORY,
        Freshness.FRESH,
        timedelta(seconds=0.4),
    )


def test_the_same_unit_is_in_the_same_arm_everywhere(
    core: Core, halves: ActingRollouts, house: House
) -> None:
    there = opened(house)
    units = [f"unit-{number}" for number in range(50)]
    arms = [core.prompts.choose(NAME, unit=unit).arm for unit in units]
    assert [there.prompts.choose(NAME, unit=unit).arm for unit in units] == arms


def test_a_pin_is_honored_by_another_process_when_another_version_is_live(
    core: Core, halves: ActingRollouts, two: ActingPrompts, house: House
) -> None:
    pin = core.prompts.choose(NAME, unit=of_arm(core, Arm.CONTROL)).pin
    halves.stop(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    choice = opened(house).prompts.choose(NAME, unit="x", pin=pin)
    assert (choice.version, choice.reason) == ("1.0.0", Reason.PINNED)


@pytest.mark.parametrize("pin", ["", "x", "jf1.x.y", "jf1..", "\ud800", "jf2.a.b", "x" * 5_000])
def test_what_is_no_pin_is_ignored_and_said(core: Core, two: ActingPrompts, pin: str) -> None:
    choice = core.prompts.choose(NAME, unit="x", pin=pin)
    assert choice.version == "1.0.0"
    assert "the pin was ignored" in choice.explain()


def test_a_forged_pin_is_ignored(core: Core, two: ActingPrompts) -> None:
    pin = core.prompts.choose(NAME, unit="x").pin
    forged = pin[:-1] + ("A" if pin[-1] != "A" else "B")
    assert core.prompts.choose(NAME, unit="x", pin=forged).ignored is PinFault.FORGED


def test_a_pin_of_another_organization_is_ignored(house: House) -> None:
    pins = list[str]()
    for name in ("acme", "globex"):
        core = opened(house, KEY, name)
        core.acting_as("mina", reason="x").prompts.publish(evolve(FIRST, name=f"{NAME}-{name}"))
        pins.append(core.prompts.choose(f"{NAME}-{name}", unit="x").pin)
    there = opened(house, KEY, "globex").prompts.choose(f"{NAME}-globex", unit="x", pin=pins[0])
    assert there.ignored is PinFault.FOREIGN_ORGANIZATION


def test_a_version_can_be_forced_and_is_not_compared_then(core: Core, halves: ActingRollouts) -> None:
    choice = core.prompts.choose(NAME, unit="x", force="1.1.0")
    assert (choice.version, choice.reason, choice.arm) == ("1.1.0", Reason.FORCED, None)


def test_a_version_that_is_not_there_cannot_be_forced(core: Core, two: ActingPrompts) -> None:
    with pytest.raises(NotFound, match=r"there is no version 7\.0\.0"):
        core.prompts.choose(NAME, unit="x", force="7.0.0")


@pytest.mark.parametrize("unit", ["", "a\0b", "\ud800", "x" * 1_001])
def test_a_unit_that_cannot_be_told_from_others_is_refused(core: Core, two: ActingPrompts, unit: str) -> None:
    with pytest.raises(InvalidInput, match="unit: "):
        core.prompts.choose(NAME, unit=unit)


def test_a_prompt_that_nobody_knows_is_not_found(core: Core) -> None:
    with pytest.raises(NotFound):
        core.prompts.choose("nobody", unit="x")


def test_a_fallback_stands_in_for_what_is_not_known(core: Core) -> None:
    choice = core.prompts.choose(NAME, unit="x", fallback=FIRST)
    assert (choice.reason, choice.source) == (Reason.FALLBACK, Source.FALLBACK)


def test_with_everything_away_it_goes_on_by_what_is_on_disk(
    core: Core, halves: ActingRollouts, house: House
) -> None:
    units = [f"unit-{number}" for number in range(20)]
    before = [core.prompts.choose(NAME, unit=unit) for unit in units]
    core.close()
    (house.folder / "ledger.db").write_bytes(b"gone")
    there = opened(house)
    after = [there.prompts.choose(NAME, unit=unit, pin=None) for unit in units]
    assert [(c.version, c.arm, c.bucket, c.rollout) for c in after] == [
        (c.version, c.arm, c.bucket, c.rollout) for c in before
    ]
    assert {choice.freshness for choice in after} == {Freshness.LAST_KNOWN_GOOD}
    assert there.prompts.choose(NAME, unit="x", pin=before[0].pin).reason is Reason.PINNED


def test_a_ramp_is_seen_by_other_processes_after_half_a_second(
    core: Core, halves: ActingRollouts, house: House
) -> None:
    there = opened(house)
    assert there.prompts.choose(NAME, unit="x").rollout
    halves.stop(NAME)
    house.clock.advance(timedelta(seconds=0.6))
    assert not there.prompts.choose(NAME, unit="x").rollout


def test_the_environments_key_signs(house: House, two: ActingPrompts) -> None:
    pin = opened(house, KEY).prompts.choose(NAME, unit="x").pin
    assert opened(house, KEY).prompts.choose(NAME, unit="x", pin=pin).reason is Reason.PINNED
    assert opened(house, OTHER_KEY).prompts.choose(NAME, unit="x", pin=pin).ignored is PinFault.FORGED


def test_the_environments_further_keys_are_believed(house: House, two: ActingPrompts) -> None:
    pin = opened(house, KEY).prompts.choose(NAME, unit="x").pin
    both = opened(house, f"{OTHER_KEY},{KEY}")
    assert both.prompts.choose(NAME, unit="x", pin=pin).reason is Reason.PINNED


def test_the_key_is_made_once_for_all_processes(core: Core, two: ActingPrompts, house: House) -> None:
    cores = [core, *(opened(house) for _ in range(3))]
    pins = [each.prompts.choose(NAME, unit="x").pin for each in cores]
    reasons = {each.prompts.choose(NAME, unit="x", pin=pin).reason for each in cores for pin in pins}
    assert reasons == {Reason.PINNED}


def test_a_rotation_has_two_halves_with_time_between(
    core: Core, rollouts: ActingRollouts, wait: Callable[[float], None]
) -> None:
    assert core.prompts.choose(NAME, unit="x").pin
    assert rollouts.rotate_pins() is not None
    with pytest.raises(Conflict, match="not every process believes the new key yet"):
        rollouts.rotate_pins()
    wait(120)
    assert rollouts.rotate_pins() is None


def test_pins_outlive_a_rotation(
    core: Core, rollouts: ActingRollouts, house: House, wait: Callable[[float], None]
) -> None:
    pin = core.prompts.choose(NAME, unit="x").pin
    rollouts.rotate_pins()
    wait(120)
    rollouts.rotate_pins()
    there = opened(house)
    assert there.prompts.choose(NAME, unit="x", pin=pin).reason is Reason.PINNED


def test_the_key_is_nowhere_to_be_seen(core: Core, rollouts: ActingRollouts) -> None:
    core.prompts.choose(NAME, unit="x")
    rollouts.rotate_pins()
    state = core.audit.ledger.read(rollouts.seals.subject).state
    assert isinstance(state, KeysState)
    said = repr([state, rollouts.seals, rollouts.seals.get(), *core.audit.entries()])
    assert not any(key and key in said for key in (state.current, state.coming))


def test_the_environments_key_is_not_rotated_here(house: House, two: ActingPrompts) -> None:
    me = opened(house, KEY).acting_as("mina", reason="x").rollouts
    with pytest.raises(Conflict, match="the environment gives the key"):
        me.rotate_pins()


@pytest.fixture
def away(core: Core, two: ActingPrompts, clock: FrozenClock) -> Seals:
    ledger = ShakyLedger(core.audit.ledger, failure=Unavailable("away"))
    return Seals(organization=organization("acme"), ledger=ledger, clock=clock, new_key=lambda: b"k" * 32)


@pytest.fixture
def clock(house: House) -> FrozenClock:
    return house.clock


def test_without_any_key_no_pin_is_made_and_none_believed(core: Core, away: Seals) -> None:
    assert core.prompts.choosing is not None
    core.prompts.choosing.seals = away
    choice = core.prompts.choose(NAME, unit="x", pin="jf1.a.b")
    assert (choice.version, choice.pin, choice.ignored) == ("1.0.0", "", PinFault.NO_KEY)


def test_a_key_is_asked_for_again_after_a_second(core: Core, away: Seals, clock: FrozenClock) -> None:
    assert away.get() is None
    away.ledger = core.audit.ledger
    clock.advance(timedelta(seconds=1.1))
    assert away.get() is not None
