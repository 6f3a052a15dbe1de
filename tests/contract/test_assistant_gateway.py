"""The gateway contract on Genesys Cloud's adapter: over the simulator in process, and over its server."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.assistant_gateway import AssistantGatewayContract
from jackfield.ports.assistants import AssistantGateway
from jackfield.ports.clock import Clock
from tests.unit.genesys.stream.gateways import (
    ASSISTANT,
    SAYING,
    SAYING_AT_ONCE,
    Desk,
    in_process,
    over_the_server,
)


class _Contract(AssistantGatewayContract):
    @pytest.fixture
    def gateway(self, desk: Desk) -> AssistantGateway:
        return desk.gateway

    @pytest.fixture
    def clock(self, desk: Desk) -> Clock:
        return desk.clock

    @pytest.fixture
    def assistant(self) -> str:
        return ASSISTANT


class TestInProcess(_Contract):
    @pytest.fixture
    def desk(self) -> Generator[Desk]:
        clock = FrozenClock()
        with in_process(Platform(clock=clock, assistants={ASSISTANT: SAYING}), clock) as desk:
            yield desk


class TestOverItsServer(_Contract):
    @pytest.fixture
    def desk(self) -> Generator[Desk]:
        platform = Platform(clock=SystemClock(), assistants={ASSISTANT: SAYING_AT_ONCE})
        with over_the_server(platform) as desk:
            yield desk
