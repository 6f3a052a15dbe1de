"""A platform that answers as a test wrote it, and odd answers made of good ones."""

from __future__ import annotations

import random
from typing import Any, Final, TypeAlias

import orjson
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.secrets import Secret

API: Final = "https://api.mypurecloud.de"
STATUSES: Final = (*[200] * 9, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503)
ODD: Final = (
    b"null", b"true", b"-1", b"1e999", b"99999999999999999999999", b'"x"', b"[]", b"{}", b"[[[[[[]]]]]]",
    b'"\\ud800"', b"\xff", b"\x00", b'{"x":1}', b"", b"NaN", b'"0001-01-01T00:00:00+14:00"',
)  # fmt: skip
Answer: TypeAlias = Response | OutcomeUnknown | object
"""A response, an error that is raised, or the JSON of a success."""


def refused(status: int, code: str = "", field_name: str = "") -> Response:
    """Return the platform's no."""
    details = [{"errorCode": code, "fieldName": field_name}] if code else []
    body = {"message": "canary", "code": "request.conflict" if status == 409 else code, "details": details}
    return Response(status=status, body=orjson.dumps(body))


def lost() -> OutcomeUnknown:
    """Return what a call is that was sent and got no answer."""
    return OutcomeUnknown("the connection broke before a whole answer came")


@define(eq=False)
class Answers:
    """A `Send` that gives the answers in turn, the last one for ever, and keeps the requests."""

    answers: list[Answer]
    requests: list[Request] = field(factory=list[Request])

    def __call__(self, request: Request) -> Response:
        """Give the next answer."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OutcomeUnknown):
            raise answer
        return answer if isinstance(answer, Response) else Response(status=200, body=orjson.dumps(answer))

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The method and the path of each request, with its query."""
        return [(each.method, each.url.removeprefix(API)) for each in self.requests]

    @property
    def bodies(self) -> list[bytes | None]:
        """The body of each request."""
        return [each.body for each in self.requests]


def answers(*given: Answer) -> Answers:
    """Return a platform that gives these answers."""
    return Answers([*given])


def client(send: Send, clock: FrozenClock | None = None, rules: CallRules | None = None) -> Client:
    """Return a client of that platform."""
    policy = Policy(send, clock or FrozenClock(), rules=rules or CallRules())
    return Client(policy, [policy.lane(FixedToken(Secret("token")))], hosts(base_url=API))


def mutated(dice: random.Random, body: bytes) -> bytes:
    """Change *body* at up to four places: a byte, a piece, or a whole JSON value."""
    for _ in range(dice.randint(0, 4)):
        at, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
        body = dice.choice(
            (
                body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :],
                body[:at] + body[end:],
                body[:at] + dice.choice(ODD) + body[at:],
                body[:at],
                *[_valued(dice, body)] * 4,
            )
        )
    return body


def _valued(dice: random.Random, body: bytes) -> bytes:
    colons = [i for i, byte in enumerate(body) if byte == ord(":")]
    if not colons:
        return body
    at = dice.choice(colons) + 1
    end = min((i for i in (body.find(b",", at), body.find(b"}", at)) if i >= 0), default=len(body))
    return body[:at] + dice.choice(ODD) + body[end:]


def odd(dice: random.Random, *bodies: Any) -> Response:
    """Return an answer of any status whose body was one of these."""
    header = {"retry-after": mutated(dice, b"17").decode("latin-1")}
    body = mutated(dice, orjson.dumps(dice.choice(bodies)))
    return Response(status=dice.choice(STATUSES), headers=header, body=body)
