"""A receiver of webhooks in this process, that fails as often as the seed has it and remembers ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify
from jackfield.ports.clock import Clock
from tests.proofs.mortals import Life

URL: Final = "http://127.0.0.1:9/hooks"
_SLOW: Final = timedelta(seconds=30)
_KINDS: Final = ("500", "429", "refused", "lost", "answer lost", "slow")


@define(eq=False)
class Receiver:
    """What it applied: every id with its body, and the order by organization and subject."""

    secret: Secret
    chance: Random
    clock: Clock
    rate: float = 0.0
    bodies: dict[str, bytes] = field(factory=dict[str, bytes])
    applied: dict[tuple[str, str, str], list[int]] = field(factory=dict[tuple[str, str, str], "list[int]"])
    requests: int = 0
    repeats: int = 0
    complaints: list[str] = field(factory=list[str])

    def line(self, life: Life) -> Callable[[Request], Response]:
        """Return the line of one process."""

        def send(request: Request) -> Response:
            life.step()
            response = self._take(request)
            life.step()
            return response

        return send

    def _take(self, request: Request) -> Response:
        self.requests += 1
        kind = self.chance.choice(_KINDS) if self.chance.random() < self.rate else ""
        if kind == "refused":
            raise Unavailable("the host cannot be reached", place="POST hooks")
        if kind == "lost":
            raise OutcomeUnknown("the connection broke", place="POST hooks")
        if kind in {"500", "429"}:
            headers = {"retry-after": str(self.chance.randrange(4))} if self.chance.random() < 0.5 else {}
            return Response(status=int(kind), headers=headers, body=b"")
        self._apply(request)
        if kind == "slow":
            self.clock.sleep(min(_SLOW, request.deadline))
        if kind in {"slow", "answer lost"}:
            raise OutcomeUnknown("no answer came", place="POST hooks")
        return Response(status=204, headers={}, body=b"")

    def _apply(self, request: Request) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.body or b""
        identifier = verify(headers, body, [self.secret], datetime.now(UTC))
        told: dict[str, Any] = json.loads(body)["data"]
        self._expect(told["id"] == identifier, "a webhook's id is not its event's")
        if identifier in self.bodies:
            self.repeats += 1
            self._expect(self.bodies[identifier] == body, "one id came with two bodies")
            return
        self.bodies[identifier] = body
        line = self.applied.setdefault((told["organization"], told["kind"], told["name"]), [])
        self._expect(not line or line[-1] < told["position"], f"{told['position']} came out of order")
        line.append(told["position"])

    def _expect(self, so: bool, complaint: str) -> None:
        """Keep a complaint for whoever looks at the laws: here an error would be one of the line."""
        if not so:
            self.complaints.append(complaint)
