"""A platform whose assistants a test scripts, and that keeps every question as it came."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import AT_ONCE, Assistant, Faults, Pace, Platform, Scripted, SimulatorServer

ASSISTANT: Final = "refunds"
SLOW: Final = "slow"
ANSWER: Final = "Your refund is on its way; it takes three to five business days."


def at_once(text: str, **how: Any) -> Assistant:
    """An assistant whose answer is all there with the question."""
    return Assistant(scripts=[Scripted(text=text, **how)], pace=AT_ONCE)


def stalling(text: str) -> Assistant:
    """An assistant that says its first piece at once, and the second in an hour."""
    hour = timedelta(hours=1)
    pace = Pace(first=timedelta(), shortest=hour, longest=hour)
    return Assistant(scripts=[Scripted(text=text)], pace=pace)


@define
class Speaking:
    """The platform, where it is, its faults, and the questions that came."""

    platform: Platform
    faults: Faults
    url: str
    bodies: list[bytes] = field(factory=list[bytes])

    @property
    def questions(self) -> list[Any]:
        """Every question as it was understood."""
        return [json.loads(body) for body in self.bodies]


class _Keeping(Platform):
    """Keeps the bodies of questions."""

    bodies: list[bytes]

    def send(self, request: Request) -> Response:
        if request.method == "POST" and "/ai/assistants/" in request.url:
            self.bodies.append(request.body or b"")
        return super().send(request)


@contextmanager
def speaking() -> Generator[Speaking]:
    """Serve such a platform while the block lasts."""
    assistants = {ASSISTANT: at_once(ANSWER), SLOW: stalling("One piece. " + ANSWER)}
    platform, faults = _Keeping(clock=SystemClock(), assistants=assistants), Faults()
    platform.bodies = bodies = list[bytes]()
    with SimulatorServer(platform, faults=faults) as server:
        yield Speaking(platform, faults, server.url, bodies)
