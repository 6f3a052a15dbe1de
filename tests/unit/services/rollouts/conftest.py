"""A prompt with a version to roll out."""

from __future__ import annotations

from itertools import count

import pytest

from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.unit.services.conftest import House


@pytest.fixture
def core(house: House) -> Core:
    """A core whose ids are counted, so that the same units fall into the same arms in every run."""
    numbers = count(1)
    own = Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=house.folder
    )
    parts = Parts(clock=house.clock, send=house.line, new_id=lambda: f"{next(numbers):032x}")
    core = build(own, parts)
    house.cores.append(core)
    return core


@pytest.fixture
def rollouts(core: Core, two: ActingPrompts) -> ActingRollouts:
    """1.0.0 is live, 1.1.0 is published; nothing is rolled out."""
    assert two.actor.name == "mina"
    return core.acting_as("mina", reason="CHG-2").rollouts
