"""A platform whose assistants a test scripts, and that keeps every question as it came."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
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


class Keeping(Platform):
    """Keeps the bodies of questions, and does what a test wants to be done while one is on its way."""

    bodies: list[bytes]
    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def send(self, request: Request) -> Response:
        if request.method == "POST" and "/ai/assistants/" in request.url:
            self.bodies.append(request.body or b"")
            self.meanwhile()
        return super().send(request)


@define
class Speaking:
    """The platform, where it is, its faults, and the questions that came."""

    platform: Keeping
    faults: Faults
    url: str
    bodies: list[bytes] = field(factory=list[bytes])

    @property
    def questions(self) -> list[Any]:
        """Every question as it was understood."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def speaking() -> Generator[Speaking]:
    """Serve such a platform while the block lasts."""
    assistants = {ASSISTANT: at_once(ANSWER), SLOW: stalling("One piece. " + ANSWER)}
    platform, faults = Keeping(clock=SystemClock(), assistants=assistants), Faults()
    platform.bodies = bodies = list[bytes]()
    with SimulatorServer(platform, faults=faults) as server:
        yield Speaking(platform, faults, server.url, bodies)
