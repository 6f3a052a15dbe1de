"""A platform that keeps what it was asked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import define, field

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from tests.unit.service.house import opened


@define
class Recorded:
    """A simulated platform, and every request that came to it."""

    platform: Platform = field(factory=lambda: Platform(clock=SystemClock(), limits=None))
    requests: list[Request] = field(factory=list[Request])

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        return self.platform.send(request)

    def during(self, ask: Any) -> list[Request]:
        """What came while something was asked, but for tokens."""
        self.requests.clear()
        ask()
        return [each for each in self.requests if not each.url.endswith("/oauth/token")]

    @property
    def longest(self) -> timedelta:
        return max(each.deadline for each in self.requests)


@contextmanager
def recorded(folder: Path) -> Generator[tuple[Recorded, Core]]:
    platform = Recorded()
    with opened(folder, Parts(send=platform.send, dial=platform.platform.dial)) as core:
        yield platform, core
