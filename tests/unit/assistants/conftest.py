"""Assistants that answer as a test wrote it, with a ledger of their own and a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.assistants import ScriptedAssistants
from jackfield.domain.model.conversations.events import Chunk, Completed, StreamEvent, Usage
from jackfield.domain.model.events import Entry
from jackfield.domain.model.measurements import Asked
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.assistants.asking import ActingAssistants
from jackfield.domain.services.assistants.replies import Reply
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings

ASSISTANT = "asst-1"
PROMPT = PromptDefinition(
    name="refund",
    version="1.2.0",
    model="gpt-small",
    max_tokens=500,
    template="You help {{tier}} customers.",
    variables=[Variable(name="tier", default="all")],
)


def chunks(*texts: str, tokens: int | None = None) -> tuple[StreamEvent, ...]:
    """A whole answer in these pieces."""
    pieces = [Chunk(n, text) for n, text in enumerate(texts)]
    usage = Usage(prompt_tokens=7, completion_tokens=len(texts) if tokens is None else tokens)
    return (*pieces, Completed(len(texts), usage))


@define
class Desk:
    """A core whose assistants are scripted; `measured` is what was measured of answers."""

    core: Core
    clock: FrozenClock
    gateway: ScriptedAssistants = field(factory=ScriptedAssistants)
    measured: list[Asked] = field(factory=list[Asked])

    @property
    def assistants(self) -> ActingAssistants:
        acting = self.core.acting_as("mina", reason="CHG-1").assistants
        return evolve(acting, gateway=self.gateway, measure=self._measure)

    def _measure(self, measurement: object) -> None:
        if isinstance(measurement, Asked):
            self.measured.append(measurement)

    def ask(
        self, *, values: Mapping[str, Any] | None = None, user: str | None = "Where is it?", **options: Any
    ) -> Reply:
        """Ask with the prompt, unless options say otherwise."""
        choice = options.pop("choice", PROMPT)
        return self.assistants.ask(ASSISTANT, choice, values=values or {}, user=user, **options)

    def begin(self) -> Reply:
        """Ask, and let the answer come on a thread of its own, once it is listened to."""
        self.gateway.at_once = False
        reply = self.ask()
        Thread(target=self.gateway.lines[-1].run, daemon=True).start()
        return reply

    @property
    def entries(self) -> list[Entry]:
        return [entry for entry in self.core.audit.entries() if entry.event.type == "assistant.ask"]

    @property
    def outcomes(self) -> list[str]:
        return [entry.event.outcome.value for entry in self.entries]

    @property
    def payloads(self) -> list[Mapping[str, Any]]:
        """What the entries say."""
        return [dict(entry.event.payload or {}) for entry in self.entries]

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the newest entry says."""
        return self.payloads[-1]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def desk(tmp_path: Path, clock: FrozenClock) -> Iterator[Desk]:
    settings = Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=tmp_path / "state"
    )
    numbers = count(1)  # so that units fall into the same arm on each run
    parts = Parts(clock=clock, send=Platform(clock=clock).send, new_id=lambda: f"{next(numbers):032x}")
    with build(settings, parts) as core:
        yield Desk(core, clock)
