"""How an assistant is asked to answer, as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import orjson
from attrs import frozen

from jackfield.adapters.simulator.platform.repertoire import Assistant, Pace, Scripted
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

_LONGEST_MS: Final = 3.6e6


@frozen(kw_only=True)
class Example:
    """What a customer said, and what the agent answered."""

    customer: str
    agent: str


@frozen(kw_only=True)
class Role:
    """How *assistant* answers from now on; times are milliseconds."""

    assistant: str
    scripts: tuple[Scripted, ...] = ()
    examples: tuple[Example, ...] = ()
    first_ms: float = 300.0
    shortest_ms: float = 20.0
    longest_ms: float = 60.0

    @property
    def how(self) -> Assistant:
        """What it is for the platform; raise `InvalidInput` for a pace that cannot be."""
        times = (self.first_ms, self.shortest_ms, self.longest_ms)
        if not all(0 <= each <= _LONGEST_MS for each in times):
            raise InvalidInput(
                f"its times are 0 to {_LONGEST_MS:.0f} ms", place="assistant", remedy="mend them"
            )
        first, shortest, longest = (timedelta(milliseconds=each) for each in times)
        return Assistant(
            scripts=self.scripts,
            examples=tuple((each.customer, each.agent) for each in self.examples),
            pace=Pace(first=first, shortest=shortest, longest=longest),
        )


def read(body: bytes) -> Role:
    """Read how an assistant answers; raise `InvalidInput` with every fault."""
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    role = decode(document, Role, place="assistant")
    if not role.assistant.strip():
        raise InvalidInput("it has no id", place="assistant", remedy='give one: {"assistant": "a1b2…"}')
    return role
