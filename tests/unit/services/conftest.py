"""A core on a simulated platform, a clock that tests move, and a line that tests cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line
from jackfield.domain.model.prompts import ContextRule, PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings

NAME = "escalation"
FIRST = PromptDefinition(
    name=NAME,
    version="1.0.0",
    model="gpt-small",
    max_tokens=2000,
    template="Help with {{issue}} in a {{tone}} voice.",
    variables=[Variable(name="issue", max_length=200), Variable(name="tone", default="calm")],
    context_rules=[ContextRule(source="conversation_history", max_tokens=500)],
    metadata={"author": "mina"},
)


def version(number: str, text: str = "") -> PromptDefinition:
    """Another version of the prompt; its text differs by its number unless given."""
    return evolve(FIRST, version=number, template=f"{FIRST.template} {text or number}")


@define
class House:
    """Everything that one story needs; `open` gives another process's core on the same ledger."""

    folder: Path
    clock: FrozenClock = field(factory=FrozenClock)
    platform: Platform = field(init=False)
    line: Line = field(init=False)
    cores: list[Core] = field(factory=list[Core])

    def __attrs_post_init__(self) -> None:
        self.platform = Platform(clock=self.clock)
        self.line = Line(self.platform.send)

    def open(self, org: str = "acme") -> Core:
        settings = Settings(
            target="test", platform="simulator", organization=organization(org), folder=self.folder
        )
        core = build(settings, Parts(clock=self.clock, send=self.line))
        self.cores.append(core)
        return core

    def edit_behind_our_back(self, core: Core, definition: PromptDefinition) -> None:
        """Make *definition* live on the platform, as a colleague with the console would."""
        gateway = core.prompts.operations.gateway
        found = gateway.find(definition.name)
        assert found is not None
        gateway.activate(found.id, definition)

    def calls(self, method: str) -> list[Request]:
        """The calls of *method* so far, without those for tokens."""
        return [r for r in self.line.requests if r.method == method and "/oauth/" not in r.url]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "state")
    yield house
    for core in house.cores:
        core.close()


@pytest.fixture
def core(house: House) -> Core:
    return house.open()


@pytest.fixture
def me(core: Core) -> ActingPrompts:
    return core.acting_as("mina", reason="CHG-1").prompts


@pytest.fixture
def two(me: ActingPrompts) -> ActingPrompts:
    """1.0.0 and 1.1.0 are published, 1.0.0 is live."""
    me.publish(FIRST)
    me.publish(version("1.1.0"))
    return me


@pytest.fixture
def wait(house: House) -> Callable[[float], None]:
    """Move the clock on by seconds."""
    return lambda seconds: house.clock.advance(timedelta(seconds=seconds))
