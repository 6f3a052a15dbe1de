"""A platform whose answers are scripted, and a client there."""

from __future__ import annotations

from math import inf

import orjson

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import Token, TokenSource
from jackfield.adapters.genesys.client import Change, Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    JackfieldError,
)
from jackfield.domain.model.secrets import Secret

HOSTS = Hosts(api="https://api.example", login="https://login.example")
CANARY = "canary-7f3a"
CHANGE = Change(method="POST", path="/api/v2/things", body=b"{}", name="escalation")


class Platform:
    """Gives the answers that it was told to give, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Response | JackfieldError) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        found = self.answers.pop(0)
        if isinstance(found, JackfieldError):
            raise found
        return found


class Numbered:
    """A token source whose tokens are numbered, as many as are dropped."""

    def __init__(self) -> None:
        self.made = 0
        self._token: Token | None = None

    def current(self, ends: float = inf) -> Token:
        del ends
        if self._token is None:
            self.made += 1
            self._token = Token(Secret(f"{CANARY}-{self.made}"))
        return self._token

    def drop(self, token: Token) -> None:
        if self._token is token:
            self._token = None


def envelope(status: int, code: str = "", *details: tuple[str, str], **more: object) -> Response:
    body = {
        "message": f"the value {CANARY} is wrong",
        "code": code,
        "status": status,
        "details": [{"errorCode": c, "fieldName": f} for c, f in details],
        **more,
    }
    return Response(status=status, headers={"inin-correlation-id": "c-1"}, body=orjson.dumps(body))


OK = Response(status=200, body=b"fine")


def text(body: bytes) -> str:
    return body.decode()


def client(platform: Platform, tokens: TokenSource | None = None) -> Client:
    """A client that makes each call once, or twice around a new token."""
    policy = Policy(platform, FrozenClock(), rules=CallRules(retries=0))
    return Client(policy, [policy.lane(tokens or Numbered())], HOSTS)


def read(platform: Platform) -> object:
    return client(platform).read("/api/v2/things?name=x", text)


def change(platform: Platform) -> object:
    return client(platform).change(CHANGE, text)
