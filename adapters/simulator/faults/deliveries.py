"""What comes of a call under a fault: the platform's answer, another one or none, and how it travels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Final, cast

import orjson
from attrs import evolve, frozen

from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator.faults.kinds import KINDS, Fault
from jackfield.adapters.simulator.faults.pages import spoiled
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.adapters.simulator.faults.young import Young
from jackfield.adapters.simulator.platform.answers import Rejection, missing
from jackfield.adapters.simulator.platform.calls import address
from jackfield.adapters.simulator.platform.identifiers import Identifiers
from jackfield.adapters.simulator.platform.limits import Limiter
from jackfield.adapters.simulator.platform.responses import respond
from jackfield.ports.clock import Clock

_LOGIN: Final = ("oauth", "token")
GARBAGE: Final = b"<html><body>Gateway \xff\xfe</body></html>"

_ERRORS: Final[Mapping[str, str]] = {
    "500": "internal.server.error",
    "503": "service.unavailable",
    "504": "request.timeout",
    "504-after": "request.timeout",
}


@frozen
class Delivery:
    """A response, or None where none is sent, and the fault that it travels under."""

    response: Response | None
    fault: Fault | None = None


class Outage:
    """Answers calls by the platform's *send* and by *faults*; it never raises what a socket would."""

    def __init__(self, send: Send, faults: Faults, clock: Clock) -> None:
        self._send = send
        self._faults = faults
        self._clock = clock
        self._young = Young()
        self._ids = Identifiers(seed=faults.seed, opening=0)

    def deliver(self, request: Request) -> Delivery:
        """Let the platform answer, if the fault lets it, and return what leaves it."""
        if self._is_revoked(request):
            return Delivery(self._unknown_token())
        fault = self._faults.choose(request)
        if fault is None:
            return Delivery(self._answer(request))
        answer = self._answer(request) if fault.happens else None
        change = _CHANGES.get(fault.kind)
        return Delivery(answer if change is None else change(self, fault, request, answer), fault)

    def _answer(self, request: Request) -> Response:
        response = self._send(request)
        self._young.note(request, response, self._clock.monotonic())
        return response

    def revoke(self, _fault: Fault, request: Request, _answer: Response | None) -> Response:
        """Refuse the request's token from now on."""
        token = token_of(request)
        if token is not None:
            self._faults.revoke(token)
        return self._unknown_token()

    def _is_revoked(self, request: Request) -> bool:
        token = token_of(request)
        return token is not None and self._faults.has_revoked(token) and address(request)[0] != _LOGIN

    def refuse(self, _fault: Fault, _request: Request, _answer: Response | None) -> Response:
        """Refuse the token this once."""
        return self._unknown_token()

    def fail(self, fault: Fault, _request: Request, _answer: Response | None) -> Response:
        """Answer a 5xx."""
        return self._refusal(Rejection(_ERRORS[fault.kind]))

    def throttle(self, fault: Fault, _request: Request, _answer: Response | None) -> Response:
        """Answer a 429, with the seconds to wait if the fault has them."""
        if fault.seconds is None:
            return self._refusal(Rejection("too.many.requests", allowed="300", window="60"))
        seconds = str(int(fault.seconds))
        return self._refusal(
            Rejection("too.many.requests.retry.after", headers={"retry-after": seconds}, seconds=seconds)
        )

    def hide(self, fault: Fault, request: Request, answer: Response | None) -> Response:
        """Answer a read as if what was made a moment ago were not there."""
        response = cast("Response", answer)
        path, _ = address(request)
        now = self._clock.monotonic()
        if self._young.unseen(path, now, fault.amount):
            return self._refusal(missing())
        return self._young.without(request, response, now, fault.amount)

    def garble(self, _fault: Fault, _request: Request, answer: Response | None) -> Response:
        """Answer a body that nobody can read."""
        return evolve(cast("Response", answer), body=GARBAGE)

    def skew(self, fault: Fault, _request: Request, answer: Response | None) -> Response:
        """Answer by a clock that is off."""
        return _skewed(cast("Response", answer), timedelta(seconds=fault.amount))

    def spoil(self, fault: Fault, request: Request, answer: Response | None) -> Response:
        """Answer a page of records with something wrong in it."""
        return spoiled(fault.kind, request, cast("Response", answer))

    def _unknown_token(self) -> Response:
        return self._refusal(Rejection("bad.credentials", headers={"www-authenticate": "Bearer"}))

    def _refusal(self, rejection: Rejection) -> Response:
        correlation_id = self._ids.uuid("fault")
        answer = rejection.answer(correlation_id)
        return respond(answer, correlation_id, Limiter(None).idle(), self._clock.now())


_Change = Callable[[Outage, Fault, Request, Response | None], Response]
_CHANGES: Final[Mapping[str, _Change]] = {
    "429": Outage.throttle,
    **dict.fromkeys(_ERRORS, Outage.fail),
    "401": Outage.refuse,
    "revoked": Outage.revoke,
    "404": Outage.hide,
    "garbage": Outage.garble,
    "skew": Outage.skew,
    **{kind: Outage.spoil for kind in KINDS if kind.startswith("page-")},
}


def token_of(request: Request) -> bytes | None:
    """Return a digest of the token that the request shows, if it shows one."""
    named = {name.lower(): value for name, value in request.headers.items()}
    scheme, _, token = named.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    return sha256(token.strip().encode(errors="replace")).digest()


def _skewed(response: Response, shift: timedelta) -> Response:
    date = parsedate_to_datetime(response.headers["date"]) + shift
    headers = {**response.headers, "date": format_datetime(date, usegmt=True)}
    body = orjson.dumps(_later(orjson.loads(response.body), shift)) if response.body else b""
    return evolve(response, headers=headers, body=body)


def _later(value: object, shift: timedelta) -> object:
    """Return the document with every `date…` in it shifted."""
    if isinstance(value, list):
        return [_later(each, shift) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _date(each, shift) if name.startswith("date") and isinstance(each, str) else _later(each, shift)
        for name, each in cast("dict[str, object]", value).items()
    }


def _date(text: str, shift: timedelta) -> str:
    return f"{(datetime.fromisoformat(text) + shift).isoformat(timespec='milliseconds')[:23]}Z"
