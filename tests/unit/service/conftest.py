"""A service on a simulated platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import AT_ONCE, Assistant, Pace, Platform, Scripted
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from tests.unit.service.house import ASSISTANT, SLOW, House, opened

_LONG = timedelta(seconds=30)


@pytest.fixture
def platform() -> Platform:
    answer = Assistant(scripts=(Scripted(text="It takes three days."),), pace=AT_ONCE)
    slow = evolve(answer, pace=Pace(first=timedelta(), shortest=_LONG, longest=_LONG))
    return Platform(clock=SystemClock(), assistants={ASSISTANT: answer, SLOW: slow}, limits=None)


@pytest.fixture
def core(platform: Platform, tmp_path: Path) -> Iterator[Core]:
    with opened(tmp_path, Parts(send=platform.send, dial=platform.dial)) as core:
        yield core


@pytest.fixture
def house(core: Core) -> House:
    return House(core)
