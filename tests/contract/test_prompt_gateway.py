"""The gateway contract on Genesys Cloud's adapter: over the simulator in process, and over its server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.adapters.testing.prompt_gateway import PromptGatewayContract
from jackfield.ports.prompts import PromptGateway
from tests.clients import client


class TestInProcess(PromptGatewayContract):
    @pytest.fixture
    def gateway(self) -> PromptGateway:
        return GenesysPrompts(client(Platform(clock=SystemClock()).send, SystemClock()))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with SimulatorServer(Platform(clock=SystemClock())) as server:
        yield server.url


class TestOverItsServer(PromptGatewayContract):
    @pytest.fixture
    def gateway(self, url: str) -> Iterator[PromptGateway]:
        send = RequestsSend()
        yield GenesysPrompts(client(send, SystemClock(), url))
        send.close()
