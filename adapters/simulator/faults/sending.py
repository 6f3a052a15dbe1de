"""The platform in process under faults: what a socket would do is told as the transport tells it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final, NoReturn
from urllib.parse import urlsplit

from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator.faults.deliveries import Delivery, Outage
from jackfield.adapters.simulator.faults.kinds import Fault
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.ports.clock import Clock

PIECE_BYTES: Final = 16

_BROKEN: Final = "the connection broke before a whole answer came"
_LATE: Final = "no whole answer came before the deadline"
_LARGE: Final = "the answer is too large"
_ENDINGS: Final = {"drop": _BROKEN, "drop-after": _BROKEN, "truncated": _BROKEN, "bomb": _LARGE}


class FaultySend:
    """A `Send` around another one, on which *faults* are played; waits pass on *clock*.

    `refused` raises `Unavailable`; `drop`, `drop-after`, `truncated` and `bomb` raise `OutcomeUnknown`, as
    do `slow` and `drip` past the request's read timeout or deadline. All others return a response.
    """

    def __init__(self, send: Send, faults: Faults, clock: Clock) -> None:
        self._outage = Outage(send, faults, clock)
        self._clock = clock

    def __call__(self, request: Request) -> Response:
        """Make the call; raise what the transport would."""
        delivery = self._outage.deliver(request)
        fault = delivery.fault
        if fault is not None:
            self._travel(fault, delivery, request)
        if delivery.response is None:
            raise AssertionError("unreachable: who sends no answer has raised")
        return delivery.response

    def _travel(self, fault: Fault, delivery: Delivery, request: Request) -> None:
        if fault.kind == "refused":
            raise Unavailable(
                "the host cannot be reached",
                place=_place(request),
                remedy="check the network, and the region or base URL",
            )
        if fault.kind in _ENDINGS:
            _break(request, _ENDINGS[fault.kind])
        if fault.kind == "slow":
            self._wait(request, timedelta(seconds=fault.amount), pauses=1)
        if fault.kind == "drip" and delivery.response is not None:
            pieces = math.ceil(len(delivery.response.body) / PIECE_BYTES)
            self._wait(request, timedelta(seconds=fault.amount), pauses=pieces - 1)

    def _wait(self, request: Request, pause: timedelta, *, pauses: int) -> None:
        if pauses > 0 and pause >= min(request.read_timeout, request.deadline):
            self._clock.sleep(min(request.read_timeout, request.deadline))
            _break(request, _LATE if request.deadline <= request.read_timeout else _BROKEN)
        if pauses > 0 and pause * pauses >= request.deadline:
            self._clock.sleep(request.deadline)
            _break(request, _LATE)
        self._clock.sleep(pause * max(pauses, 0))


def _break(request: Request, message: str) -> NoReturn:
    raise OutcomeUnknown(message, place=_place(request))


def _place(request: Request) -> str:
    parts = urlsplit(request.url)
    return f"{request.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
