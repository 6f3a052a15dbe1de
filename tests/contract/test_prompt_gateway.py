"""The gateway contract on Genesys Cloud's adapter: over the simulator in process, and over its server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.adapters.testing.prompt_gateway import PromptGatewayContract
from jackfield.domain.model.secrets import Secret
from jackfield.ports.prompts import PromptGateway


def _gateway(send: Send, url: str) -> GenesysPrompts:
    clock, where = SystemClock(), hosts(base_url=url)
    policy = Policy(send, clock)
    tokens = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    return GenesysPrompts(Client(policy, [policy.lane(tokens)], where))


class TestInProcess(PromptGatewayContract):
    @pytest.fixture
    def gateway(self) -> PromptGateway:
        return _gateway(Platform(clock=SystemClock()).send, "http://simulator")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with SimulatorServer(Platform(clock=SystemClock())) as server:
        yield server.url


class TestOverItsServer(PromptGatewayContract):
    @pytest.fixture
    def gateway(self, url: str) -> Iterator[PromptGateway]:
        send = RequestsSend()
        yield _gateway(send, url)
        send.close()
