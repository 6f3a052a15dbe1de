"""Every built-in destination does what a destination must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from attrs import define, field
from loguru import logger

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.destination import DestinationContract, KeepingDestination
from jackfield.plugins.builtin.genesys_audit import GenesysAudit
from jackfield.plugins.builtin.jsonl import Jsonl, JsonlSettings
from jackfield.plugins.builtin.log_lines import LogLines
from jackfield.plugins.builtin.registry import Registry, RegistrySettings
from jackfield.plugins.builtin.webhooks import Endpoint, Webhooks, WebhooksSettings
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.destinations import Destination
from jackfield.ports.http import Answer


@define
class World:
    """A receiver, and a platform, that take everything."""

    calls: list[bytes] = field(factory=list[bytes])

    def http(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.calls.append(body or b"")
        return Answer(status=200)

    def platform(self, method: str, path: str, body: bytes) -> bytes:
        self.calls.append(body)
        return b"{}"

    def settings(self, folder: Path) -> DestinationSettings:
        return DestinationSettings(
            target="test",
            organization=ORGANIZATION,
            folder=folder,
            platform=self.platform,
            prompt_id=lambda name: f"id of {name}",
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def settings(world: World, tmp_path: Path) -> DestinationSettings:
    return world.settings(tmp_path)


@pytest.fixture
def received(world: World) -> Callable[[], int]:
    return lambda: len(world.calls)


class TestWebhooks(DestinationContract):
    @pytest.fixture
    def destination(self, world: World, settings: DestinationSettings) -> Destination:
        endpoints = (Endpoint(name="crm", url="https://crm.example/hooks"),)
        return Webhooks(WebhooksSettings(endpoints=endpoints)).jackfield_destinations(settings, world.http)[0]


class TestRegistry(DestinationContract):
    @pytest.fixture
    def destination(self, world: World, settings: DestinationSettings) -> Destination:
        own = RegistrySettings(url="https://registry.example/audit")
        return Registry(own).jackfield_destinations(settings, world.http)[0]


class TestGenesysAudit(DestinationContract):
    @pytest.fixture
    def destination(self, world: World, settings: DestinationSettings) -> Destination:
        return GenesysAudit().jackfield_destinations(settings, world.http)[0]


class TestJsonl(DestinationContract):
    @pytest.fixture
    def destination(self, world: World, settings: DestinationSettings, tmp_path: Path) -> Destination:
        own = JsonlSettings(path=str(tmp_path / "log.jsonl"))
        return Jsonl(own).jackfield_destinations(settings, world.http)[0]

    @pytest.fixture
    def received(self, tmp_path: Path) -> Callable[[], int]:
        return lambda: (tmp_path / "log.jsonl").read_bytes().count(b"\n")


class TestLogLines(DestinationContract):
    @pytest.fixture
    def lines(self) -> Iterator[list[str]]:
        found = list[str]()
        sink = logger.add(found.append, format="{message}", filter="jackfield.plugins.builtin.log_lines")
        logger.enable("jackfield")
        yield found
        logger.disable("jackfield")
        logger.remove(sink)

    @pytest.fixture
    def destination(self, world: World, settings: DestinationSettings, lines: list[str]) -> Destination:
        return LogLines().jackfield_destinations(settings, world.http)[0]

    @pytest.fixture
    def received(self, lines: list[str]) -> Callable[[], int]:
        return lambda: len(lines)


class TestKeeping(DestinationContract):
    @pytest.fixture
    def destination(self) -> KeepingDestination:
        return KeepingDestination()

    @pytest.fixture
    def received(self, destination: KeepingDestination) -> Callable[[], int]:
        return lambda: len(destination.heard)
