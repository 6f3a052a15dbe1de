"""The lines of a process to the platform: they end with it, and what goes over them is watched."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import orjson
from attrs import define

from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.sockets import Dial, Handshake, Socket
from tests.proofs.mortals import Life
from tests.proofs.worlds.turns import Turns

_PAUSES = 0.3


@define(eq=False)
class WatchedLine:
    """A `Send` of a process that may die before and behind each call; *secret* hears of every token."""

    inner: Send
    life: Life
    secret: Callable[[str], object]
    calls: int = 0

    def __call__(self, request: Request) -> Response:
        self.life.step()
        response = self.inner(request)
        self.calls += 1
        if request.url.endswith("/oauth/token") and response.status == 200:
            self._learn(response.body)
        self.life.step()
        return response

    def _learn(self, body: bytes) -> None:
        try:
            self.secret(orjson.loads(body)["access_token"])
        except (orjson.JSONDecodeError, KeyError):
            return  # a fault spoilt it


@define(eq=False)
class WatchedDial:
    """A `Dial` of a process, on whose sockets whoever listens gives others a turn now and then."""

    inner: Dial
    life: Life
    turns: Turns
    chance: Random

    def __call__(self, handshake: Handshake) -> Socket:
        self.life.step()
        return TurningSocket(self.inner(handshake), self.life, self.turns, self.chance)


@define(eq=False)
class TurningSocket:
    """A socket that ends with its process."""

    inner: Socket
    life: Life
    turns: Turns
    chance: Random

    def send(self, text: str) -> None:
        self.inner.send(text)

    def receive(self, timeout: float | None) -> str | bytes:
        if self.chance.random() < _PAUSES:
            self.turns.pause()
        received = self.inner.receive(timeout)
        self.life.step()
        return received

    def close(self, code: int = 1000) -> None:
        self.inner.close(code)
