"""The server's own endpoints under `/_simulator`: its clock, its state, its reset."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

import orjson

from jackfield.adapters.clock import FrozenClock, ShiftedClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.platform.calls import address
from jackfield.adapters.simulator.platform.organization import Platform

Control: TypeAlias = Callable[[Platform, Request], Response]

_ROOT: Final = "_simulator"
_LAST_YEAR: Final = 9000


def answer(platform: Platform, request: Request) -> Response | None:
    """Answer a request to the simulator itself; None for one to the platform."""
    path, _ = address(request)
    if path[:1] != (_ROOT,):
        return None
    operations = _OPERATIONS.get("/".join(path[1:]))
    if operations is None:
        return _refusal(404, f"the simulator has {', '.join(f'/{_ROOT}/{name}' for name in _OPERATIONS)}")
    operation = operations.get(request.method)
    if operation is None:
        return _refusal(405, f"allowed here: {', '.join(operations)}")
    return operation(platform, request)


def _clock(platform: Platform, _request: Request) -> Response:
    return _json(200, {"now": platform.clock.now().isoformat()})


def _advance(platform: Platform, request: Request) -> Response:
    clock = platform.clock
    if not isinstance(clock, ShiftedClock | FrozenClock):
        return _refusal(400, "this simulator's clock cannot be moved; start it with one that can")
    seconds = _seconds(request.body or b"")
    if seconds is None:
        return _refusal(400, 'send {"advance_seconds": n}, a number from 0')
    try:
        too_far = (clock.now() + timedelta(seconds=seconds)).year > _LAST_YEAR
    except OverflowError:
        too_far = True
    if too_far:
        return _refusal(400, f"advance_seconds leads past the year {_LAST_YEAR}")
    clock.advance(timedelta(seconds=seconds))
    return _clock(platform, request)


def _seconds(body: bytes) -> float | None:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(read, dict):
        return None
    seconds = cast("dict[str, Any]", read).get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if seconds >= 0 and math.isfinite(seconds) else None


def _state(platform: Platform, _request: Request) -> Response:
    return _json(200, platform.snapshot())


def _reset(platform: Platform, _request: Request) -> Response:
    platform.reset()
    return _json(200, {"reset": True})


def _refusal(status: int, message: str) -> Response:
    return _json(status, {"status": status, "message": message})


def _json(status: int, document: object) -> Response:
    return Response(status=status, headers={"content-type": "application/json"}, body=orjson.dumps(document))


_OPERATIONS: Final[Mapping[str, Mapping[str, Control]]] = {
    "clock": {"GET": _clock, "POST": _advance},
    "state": {"GET": _state},
    "reset": {"POST": _reset},
}
