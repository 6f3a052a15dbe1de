"""A process that slept through rotations, or starts again after them, takes no genuine pin for forged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.decisions import Reason
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.pins import PinFault
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.domain.services.rollouts.values import Heard
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, House

Wait = Callable[[float], None]
MINUTES = 600.0


@define
class Rotation:
    """One process changes the key, another knows the first one; `pin` is of the newest."""

    idle: Core
    pin: str


def settled(core: Core) -> None:
    """Wait until the core knows the newest key."""
    seals = core.rollouts.seals
    seals.get()
    looking = seals._looking
    if looking is not None:
        looking.wait(20)


def rotated(core: Core, rollouts: ActingRollouts, wait: Wait) -> str:
    """Change the key whole; return a pin that the new one signed."""
    for _ in range(2):
        rollouts.rotate_pins()
        wait(MINUTES)
        settled(core)
    return core.prompts.choose(NAME, unit="y").pin


@pytest.fixture
def rotation(core: Core, rollouts: ActingRollouts, house: House, wait: Wait) -> Rotation:
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    idle = house.open()
    idle.prompts.choose(NAME, unit="x")
    return Rotation(idle, rotated(core, rollouts, wait))


def test_an_idle_process_counts_the_outcome_of_a_pin_of_the_new_key(rotation: Rotation) -> None:
    assert rotation.idle.rollouts.observe(rotation.pin, success=True) is Heard.BUFFERED


def test_an_idle_process_honors_a_pin_of_the_new_key(rotation: Rotation) -> None:
    choice = rotation.idle.prompts.choose(NAME, unit="y", pin=rotation.pin)
    assert choice.reason is Reason.PINNED


def test_a_forged_pin_is_forged_by_the_new_key_too(rotation: Rotation) -> None:
    forged = rotation.pin[:-2] + ("AA" if rotation.pin[-2:] != "AA" else "BB")
    choice = rotation.idle.prompts.choose(NAME, unit="y", pin=forged)
    assert choice.ignored is PinFault.FORGED
    assert rotation.idle.rollouts.observe(forged, success=True) is Heard.FORGED


def test_a_process_with_an_old_key_on_disk_asks_before_it_calls_a_pin_forged(
    core: Core, rollouts: ActingRollouts, house: House, wait: Wait
) -> None:
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    settled(core)
    disk, place = core.rollouts.seals.cache, "acme pin-keys"
    old = None if disk is None else disk.get(place)
    assert old is not None
    pin = rotated(core, rollouts, wait)
    there = house.open()
    there.rollouts.seals.cache = own = MemoryCache(house.clock)
    own.put(place, old, timedelta(days=90))
    assert there.rollouts.observe(pin, success=True) is Heard.BUFFERED


def test_while_the_ledger_is_away_a_forged_pin_asks_it_once_a_second_at_most(
    rotation: Rotation, wait: Wait
) -> None:
    seals = rotation.idle.rollouts.seals
    seals.ledger = away = ShakyLedger(seals.ledger, failure=Unavailable("away"))
    wait(MINUTES)
    heard = [rotation.idle.rollouts.observe(rotation.pin, success=True) for _ in range(20)]
    assert (set(heard), away.reads) == ({Heard.FORGED}, 1)


def test_forged_pins_do_not_ask_while_the_key_is_young(core: Core, rollouts: ActingRollouts) -> None:
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    settled(core)
    seals = core.rollouts.seals
    seals.ledger = counted = ShakyLedger(seals.ledger)
    heard = {core.rollouts.observe(f"jf1.x.{number}", success=True) for number in range(20)}
    assert (heard, counted.reads) == ({Heard.FORGED}, 0)
