"""A prompt with two versions, and a rollout of the second."""

from __future__ import annotations

import pytest

import jackfield
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.services.rollouts.folding import Outcome
from tests.e2e.command.conftest import House

NAME = "greeting"


@pytest.fixture
def two(house: House) -> House:
    """1.0.0 is live, 1.1.0 is published."""
    house.publish("1.0.0", "1.1.0")
    return house


@pytest.fixture
def begun(two: House) -> House:
    """1.1.0 is at 50 %, and may go on at once."""
    arguments = ("--shares", "50%,100%", "--least", "0s", "--margin", "0.9")
    assert two("rollout", "start", NAME, "1.1.0", *arguments).code == 0
    return two


def tell(*, well: bool, units: int = 100) -> None:
    """Tell of conversations, half of each arm; the treatment's fail unless it goes well."""
    with jackfield.open() as core:
        rollout, now = core.rollouts.status(NAME).rollout, core.audit.clock.now()
        for number in range(units):
            arm = Arm.TREATMENT if number % 2 else Arm.CONTROL
            seen = Observation(
                unit=f"{number}",
                arm=arm,
                step=rollout.step,
                exposed=now,
                at=now,
                success=well or arm is Arm.CONTROL,
            )
            core.rollouts.buffer.put(Outcome(prompt=NAME, rollout=rollout.id, observation=seen))
