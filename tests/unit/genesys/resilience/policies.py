"""A policy of calls over a platform whose answers are scripted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Change, Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    OutcomeUnknown,
    Unavailable,
)
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization

HOSTS = Hosts(api="https://api.example", login="https://login.example")
OK = Response(status=200, body=b"fine")
DOWN = Response(status=503)
LOST = "lost"
CLOSED = "closed"
Step: TypeAlias = Response | str


def throttled(retry_after: str = "") -> Response:
    return Response(status=429, headers={"retry-after": retry_after})


@define
class Platform:
    """Answers by a script, whose last step is repeated, and keeps when it was asked what."""

    clock: FrozenClock
    script: list[Step]
    requests: list[Request] = field(factory=list[Request])
    times: list[float] = field(factory=list[float])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        self.times.append(self.clock.monotonic())
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if step == CLOSED:
            raise Unavailable("the host cannot be reached")
        if isinstance(step, str):
            raise OutcomeUnknown("the connection broke before a whole answer came")
        return step


@define
class House:
    """A client of a scripted platform, on a clock that only waiting moves; the jitter is a half."""

    script: Sequence[Step]
    rules: CallRules = field(factory=CallRules)
    tokens: int = 1
    bulk: bool = True
    heard: list[Measurement] = field(factory=list[Measurement])
    clock: FrozenClock = field(factory=FrozenClock)
    platform: Platform = field(init=False)
    policy: Policy = field(init=False)
    client: Client = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.platform = Platform(self.clock, list(self.script))
        telemetry = Telemetry(organization=Organization("acme"), measure=self.heard.append)
        self.policy = Policy(
            self.platform, self.clock, rules=self.rules, jitter=lambda: 0.5, telemetry=telemetry
        )
        lanes = [self.policy.lane(FixedToken(Secret(f"t{n}"))) for n in range(self.tokens)]
        self.client = Client(self.policy, lanes, HOSTS, bulk=self.bulk)

    def get(self) -> str:
        return self.client.read("/x", bytes.decode)

    def change(self, method: str) -> str:
        return self.client.change(Change(method=method, path="/x", body=b"{}"), bytes.decode)

    def used(self) -> list[str]:
        return [r.headers["Authorization"].removeprefix("Bearer ") for r in self.platform.requests]
