"""What `jackfield doctor` finds, and a target on a simulated platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request as HttpRequest
from jackfield.adapters.http import Response as HttpResponse
from jackfield.adapters.simulator import Platform, SimulatorServer
from tests.e2e.command.conftest import CLIENT, SECRET, House, Ran


def examined(ran: Ran) -> dict[str, list[tuple[str, str]]]:
    """The state and the text of each finding, by the check's name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in ran.json["findings"]:
        found.setdefault(each["name"], []).append((each["state"], each["found"]))
    return found


def states(ran: Ran, *names: str) -> list[str]:
    found = examined(ran)
    return [state for name in names for state, _ in found[name]]


def examine(house: House, *arguments: str) -> Ran:
    return house("doctor", "--format", "json", *arguments)


def target(house: House, url: str, more: str = "") -> None:
    house.settings(f'[targets.prod]\nplatform = "genesys"\norganization = "acme"\nbase_url = "{url}"\n{more}')


@pytest.fixture
def client(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("GENESYS_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    return house


@pytest.fixture
def ours() -> Platform:
    return Platform(clock=SystemClock())


@pytest.fixture
def server(ours: Platform, client: House) -> Iterator[SimulatorServer]:
    """A platform of this test alone, and a target on it."""
    with SimulatorServer(ours) as running:
        target(client, running.url)
        yield running


@pytest.fixture
def elsewhere(client: House) -> Iterator[SimulatorServer]:
    """A platform that gives tokens, and has none of the endpoints."""

    class Elsewhere(Platform):
        def send(self, request: HttpRequest) -> HttpResponse:
            if "/api/v2/" not in request.url:
                return super().send(request)
            return super().send(evolve(request, url=f"{request.url.partition('/api/')[0]}/nothing"))

    with SimulatorServer(Elsewhere(clock=SystemClock())) as running:
        target(client, running.url)
        yield running
