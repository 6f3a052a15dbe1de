"""The gateway contract on Genesys Cloud's adapter over the simulator and over its server, and on the fake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.simulator import Platform
from jackfield.adapters.simulator.platform.bots import SimulatedBot
from jackfield.adapters.testing.lines import When
from jackfield.adapters.testing.session_gateway import SessionGatewayContract
from jackfield.adapters.testing.sessions import FakeSessionGateway
from jackfield.domain.model.errors import BotFull, OutcomeUnknown, Unavailable
from jackfield.ports.clock import Clock
from jackfield.ports.sessions import Opening, SessionGateway
from tests.contract.places import BOT, QUEUE, Place, in_process, over_its_server

FULL = "bot-full"


class _Contract(SessionGatewayContract):
    @pytest.fixture
    def gateway(self, place: Place) -> SessionGateway:
        return GenesysSessions(place.client)

    @pytest.fixture
    def clock(self, place: Place) -> Clock:
        return place.clock

    @pytest.fixture
    def bot(self) -> str:
        return BOT

    @pytest.fixture
    def queue(self) -> str:
        return QUEUE

    @pytest.fixture
    def full_bot(self) -> str:
        return FULL


class TestInProcess(_Contract):
    @pytest.fixture
    def place(self) -> Place:
        clock = FrozenClock()
        return in_process(Platform(clock=clock, bots={FULL: SimulatedBot(limit=0)}), clock)


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    clock = SystemClock()
    platform = Platform(clock=clock, bots={FULL: SimulatedBot(limit=0)})
    with over_its_server(platform, clock) as place:
        yield place


class TestOverItsServer(_Contract):
    @pytest.fixture
    def place(self, served: Place) -> Place:
        return served


class TestTheFake(SessionGatewayContract):
    @pytest.fixture
    def gateway(self, clock: Clock) -> FakeSessionGateway:
        return FakeSessionGateway(clock=clock, bots={BOT}, queues={QUEUE})

    @pytest.fixture
    def clock(self) -> Clock:
        return FrozenClock()

    @pytest.fixture
    def bot(self) -> str:
        return BOT

    @pytest.fixture
    def queue(self) -> str:
        return QUEUE

    @pytest.fixture
    def full_bot(self, gateway: FakeSessionGateway) -> str:
        gateway.limit = 0
        return BOT


def test_the_fake_counts_who_is_with_the_bot() -> None:
    gateway = FakeSessionGateway(limit=1)
    gateway.start(Opening(session="s-1", bot=BOT, customer="c", queue=QUEUE), ends=1)
    gateway.start(Opening(session="s-2", bot=BOT, customer="c"), ends=1)
    with pytest.raises(BotFull):
        gateway.start(Opening(session="s-3", bot=BOT, customer="c"), ends=1)


@pytest.mark.parametrize(
    ("when", "error", "made"), [(When.BEFORE, Unavailable, 0), (When.AFTER, OutcomeUnknown, 1)]
)
def test_the_fake_is_cut_on_either_side(when: When, error: type[Exception], made: int) -> None:
    gateway = FakeSessionGateway()
    gateway.cut("start", when)
    with pytest.raises(error):
        gateway.start(Opening(session="s-1", bot=BOT, customer="c"), ends=1)
    assert len(gateway.active(BOT, ends=1)) == made
    assert gateway.calls == ["start", "active"]
