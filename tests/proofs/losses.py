"""Answers that are lost on a line to the platform, what had arrived behind it, and who sends all again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from tests.clients import client

EVERY_TRY: Final = CallRules(quota=1_000_000)
"""A proof counts on every try: none is held back."""
_TRIES: Final = 4
"""How often a read is tried under the policy."""


def reset() -> OutcomeUnknown:
    """Return what a call is whose answer was lost."""
    return OutcomeUnknown("the connection broke before a whole answer came")


def and_all_readings(line: Line) -> OutcomeUnknown:
    """Lose the answers to reading back as well."""
    for _ in range(_TRIES):
        line.cut("GET", When.BEFORE, reset)
    return reset()


@define
class Arrivals:
    """A platform, and how often each thing was asked for there, and made; *makes* names it, or nothing."""

    platform: Platform
    makes: Callable[[Request], str | None]
    arrived: Counter[str] = field(factory=Counter[str])
    made: Counter[str] = field(factory=Counter[str])

    def __call__(self, request: Request) -> Response:
        response, what = self.platform.send(request), self.makes(request)
        if what is not None:
            self.arrived[what] += 1
            self.made[what] += response.status == 201
        return response


def session_started(request: Request) -> str | None:
    """Name the session that the request makes a conversation for."""
    if request.method == "POST" and request.url.endswith("/conversations"):
        return str(json.loads(request.body or b"{}")["attributes"][SESSION_KEY])
    return None


def version_made(request: Request) -> str | None:
    """Name the prompt, or its version, that the request makes."""
    if request.method != "POST" or "/oauth/" in request.url:
        return None
    body = json.loads(request.body or b"{}")
    return f"{request.url.rpartition('/')[2]} {body.get('name', request.url)} {body['version']}"


def sessions_over(send: Send, clock: FrozenClock, bot: str) -> GenesysSessions:
    """Return conversations over the line, with a token from now on."""
    gateway = GenesysSessions(client(send, clock, rules=EVERY_TRY))
    gateway.count_active(bot, enough=1, ends=clock.monotonic() + 20)
    return gateway


def sending_again(send: Send) -> Send:
    """The negative control: a client that sends everything again."""

    def again(request: Request) -> Response:
        try:
            return send(request)
        except OutcomeUnknown:
            return send(request)

    return again
