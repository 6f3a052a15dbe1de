"""Pages of measurements, as the platform has them and as it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.metrics import Record, Skip, Unread
from jackfield.domain.model.secrets import Secret
from jackfield.ports.prompts import RemoteId

PROMPT: Final = RemoteId("b2c3d4e5-f6a7-4801-8bcd-f12345678901")
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL: Final = SINCE + timedelta(hours=24)
API: Final = "https://api.mypurecloud.de"
ENTITY: Final = {
    "aiPromptId": PROMPT,
    "promptVersion": "1.2.0",
    "variantId": None,
    "timestamp": "2026-01-01T10:00:00.123Z",
    "aiLatency": 812.5,
    "aiTokensUsed": 300,
    "aiSuccessRate": 1.0,
}
RECORD: Final = Record(
    version="1.2.0",
    variant=None,
    at=datetime(2026, 1, 1, 10, 0, 0, 123_000, tzinfo=UTC),
    latency_ms=812.5,
    tokens=300,
    success=1.0,
)


class Answers:
    """A platform that gives the answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)
        self.requests = list[Request]()

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.left.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(status=200, body=body)


def over(send: Callable[[Request], Response], url: str = API) -> GenesysMetrics:
    clock, where = FrozenClock(UNTIL), hosts(base_url=url)
    policy = Policy(send, clock, jitter=lambda: 0.0)
    return GenesysMetrics(Client(policy, [policy.lane(FixedToken(Secret("a-token")))], where).of("metrics"))


def readings(send: Callable[[Request], Response], url: str = API) -> list[Record | Skip]:
    found = over(send, url).records(PROMPT, since=SINCE, until=UNTIL)
    return [reading.why if isinstance(reading, Unread) else reading for reading in found]


def page(*entities: Any, link: object = None) -> dict[str, Any]:
    return {"entities": list(entities), "nextPageUri": link}


def entity(**changes: Any) -> dict[str, Any]:
    return {**ENTITY, **changes}


TOTALS: Final = {
    "promptId": PROMPT,
    "requestCount": 3,
    "avgLatencyMs": 10.5,
    "p95LatencyMs": 20,
    "tokensUsed": 90,
    "successRate": 0.5,
}
