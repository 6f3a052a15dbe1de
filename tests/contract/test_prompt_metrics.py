"""The contract of prompt metrics on Genesys Cloud's adapter: over the simulator, and over its server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.adapters.testing.prompt_metrics import Fill, PromptMetricsContract
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import RemoteId
from tests import clients


@frozen
class Place:
    """A platform whose clock is moved, and the line to it."""

    platform: Platform
    clock: FrozenClock
    send: Send
    url: str

    @property
    def client(self) -> Client:
        return clients.client(self.send, self.clock, self.url)

    def fill(self, count: int, since: datetime, until: datetime) -> RemoteId:
        """Let a new prompt have answered *count* requests."""
        definition = PromptDefinition(
            name=f"contract-{uuid4()}", version="1.0.0", model="m", max_tokens=100, template="Hello."
        )
        prompt = GenesysPrompts(self.client).create(definition)
        self.clock.step(until - self.clock.now())
        self.platform.converse(prompt, count, over=until - since)
        return prompt


class Shared(PromptMetricsContract):
    @pytest.fixture
    def metrics(self, place: Place) -> PromptMetrics:
        return GenesysMetrics(place.client)

    @pytest.fixture
    def fill(self, place: Place) -> Fill:
        return place.fill


class TestInProcess(Shared):
    @pytest.fixture
    def place(self) -> Place:
        clock = FrozenClock()
        platform = Platform(clock=clock)
        return Place(platform, clock, platform.send, "http://simulator")


class TestOverItsServer(Shared):
    @pytest.fixture
    def place(self) -> Iterator[Place]:
        clock, send = FrozenClock(), RequestsSend()
        platform = Platform(clock=clock, token_lifetime=timedelta(days=365))
        with SimulatorServer(platform) as server:
            yield Place(platform, clock, send, server.url)
        send.close()
