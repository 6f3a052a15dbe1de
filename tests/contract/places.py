"""A simulated platform behind a line, and the Genesys client that goes there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from attrs import frozen

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.ports.clock import Clock
from tests.clients import client

BOT = "bot-id-123"
OTHER_BOT = "bot-id-456"
QUEUE = "human-support-queue"


@frozen
class Place:
    """A platform, its clock, and the client."""

    platform: Platform
    clock: Clock
    client: Client


def in_process(platform: Platform, clock: Clock) -> Place:
    """Go to the platform by a call."""
    return Place(platform, clock, client(platform.send, clock))


@contextmanager
def over_its_server(platform: Platform, clock: Clock) -> Generator[Place]:
    """Go to the platform by HTTP."""
    send = RequestsSend()
    with SimulatorServer(platform) as server:
        yield Place(platform, clock, client(send, clock, server.url))
    send.close()
