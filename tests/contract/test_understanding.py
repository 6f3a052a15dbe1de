"""The contract of understandings on Genesys Cloud's adapter over the simulator, and on the fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.understanding import GenesysUnderstanding
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.sessions import ScriptedUnderstanding
from jackfield.adapters.testing.understanding import UnderstandingContract
from jackfield.ports.clock import Clock
from jackfield.ports.understanding import Understanding
from tests.contract.places import BOT, Place, in_process, over_its_server


class _Contract(UnderstandingContract):
    @pytest.fixture
    def understanding(self, place: Place) -> Understanding:
        return GenesysUnderstanding(place.client)

    @pytest.fixture
    def clock(self, place: Place) -> Clock:
        return place.clock

    @pytest.fixture
    def bot(self) -> str:
        return BOT


class TestInProcess(_Contract):
    @pytest.fixture
    def place(self) -> Place:
        clock = FrozenClock()
        return in_process(Platform(clock=clock), clock)


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    clock = SystemClock()
    with over_its_server(Platform(clock=clock), clock) as place:
        yield place


class TestOverItsServer(_Contract):
    @pytest.fixture
    def place(self, served: Place) -> Place:
        return served


class TestTheFake(UnderstandingContract):
    @pytest.fixture
    def understanding(self, clock: Clock) -> Understanding:
        return ScriptedUnderstanding(bots={BOT}, clock=clock)

    @pytest.fixture
    def clock(self) -> Clock:
        return FrozenClock()

    @pytest.fixture
    def bot(self) -> str:
        return BOT
