"""The adapter over a simulated platform: in process, and over its server."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from attrs import frozen

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.assistants import GenesysAssistants
from jackfield.adapters.genesys.auth import Credentials, Tokens, TokenSource
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.retries import Jitter
from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import (
    AT_ONCE,
    Assistant,
    Faults,
    FaultyDial,
    FaultySend,
    Platform,
    Scripted,
    SimulatorServer,
)
from jackfield.adapters.sockets import Dial
from jackfield.adapters.testing.assistant_gateway import Ear, listened
from jackfield.domain.model.conversations.messages import Message, Question, Role
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret
from jackfield.ports.assistants import Line
from jackfield.ports.clock import Clock

ASSISTANT: Final = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
ANSWER: Final = "The refund takes three to five business days, counted from the day of receipt."
SAYING: Final = Assistant(scripts=(Scripted(text=ANSWER),))
SAYING_AT_ONCE: Final = Assistant(scripts=(Scripted(text=ANSWER),), pace=AT_ONCE)
QUESTION: Final = Question(assistant=ASSISTANT, messages=(Message(Role.USER, "When?"),), output=500)
LONG_S: Final = 600.0


@frozen
class Desk:
    """A gateway, the platform behind it, and what the stream told of itself."""

    gateway: GenesysAssistants
    platform: Platform
    clock: Clock
    faults: Faults
    measured: list[Measurement]

    @property
    def ends(self) -> float:
        return self.clock.monotonic() + LONG_S

    def ask(self, ear: Ear, ends: float | None = None) -> Line:
        """Ask, and listen."""
        self.gateway.ready(self.ends)
        conversation = self.gateway.ask(QUESTION, self.ends)
        return listened(self.gateway, conversation, ear, self.ends if ends is None else ends)

    def heard(self) -> Ear:
        """Ask, and hear the answer to its end."""
        ear = Ear()
        self.ask(ear)
        ear.until_the_end()
        return ear

    def counted(self, name: str) -> list[str]:
        """The outcomes that were measured under a name, in their order."""
        return [m.labels["outcome"] for m in self.measured if m.name == f"jackfield.stream.{name}"]


def made(
    send: Send,
    dial: Dial,
    clock: Clock,
    *,
    url: str = "http://simulator",
    tokens: Callable[[Policy], TokenSource] | None = None,
    measured: list[Measurement] | None = None,
    jitter: Jitter | None = None,
) -> GenesysAssistants:
    """Return a gateway of one OAuth client."""
    where, policy = hosts(base_url=url), Policy(send, clock)
    credentials = Credentials("client", Secret("secret"))
    source = tokens(policy) if tokens else Tokens(policy.login(), where, credentials, clock)
    telling = Telling() if measured is None else Telling(measure=measured.append)
    return GenesysAssistants(
        Client(policy, [policy.lane(source)], where),
        dial,
        clock,
        jitter=jitter or random.Random(0).random,
        telling=telling,
    )


def _at_once() -> float:
    return 0.0


@contextmanager
def in_process(platform: Platform, clock: FrozenClock, *, seed: int = 0) -> Generator[Desk]:
    """Everything in this process; whatever waits moves the clock."""
    faults, measured = Faults(seed=seed), list[Measurement]()
    send, dial = FaultySend(platform.send, faults, clock), FaultyDial(platform, faults)
    gateway = made(send, dial, clock, measured=measured)
    yield Desk(gateway, platform, clock, faults, measured)
    gateway.close()


@contextmanager
def over_the_server(platform: Platform, *, seed: int = 0) -> Generator[Desk]:
    """A real socket; after a drop it is opened again at once."""
    clock, measured, send = SystemClock(), list[Measurement](), RequestsSend()
    with SimulatorServer(platform, faults=Faults(seed=seed)) as server:
        gateway = made(send, WebSocketDial(), clock, url=server.url, measured=measured, jitter=_at_once)
        yield Desk(gateway, platform, clock, server.faults, measured)
        gateway.close()
    send.close()
