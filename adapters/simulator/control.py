"""The server's own endpoints under `/_simulator`: its clock and state, and what can be asked of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

import orjson
from attrs import frozen

from jackfield.adapters.clock import FrozenClock, ShiftedClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.assistants import read as asked_role
from jackfield.adapters.simulator.bots import read as asked_bot
from jackfield.adapters.simulator.bots import view as view_bots
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.adapters.simulator.faults.rules import read
from jackfield.adapters.simulator.knowledge import read as asked_knowledge
from jackfield.adapters.simulator.knowledge import view as view_knowledge
from jackfield.adapters.simulator.notices import read_hang_up, read_rules
from jackfield.adapters.simulator.notices import view as view_rules
from jackfield.adapters.simulator.platform.calls import address
from jackfield.adapters.simulator.platform.organization import Platform
from jackfield.adapters.simulator.scripts import read as asked_traffic
from jackfield.domain.model.errors import InvalidInput, NotFound


@frozen
class Simulator:
    """What can be controlled: the platform, and the faults that are played on it."""

    platform: Platform
    faults: Faults


Control: TypeAlias = Callable[[Simulator, Request], Response]

_ROOT: Final = "_simulator"
_LAST_YEAR: Final = 9000


def answer(simulator: Simulator, request: Request) -> Response | None:
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
    return operation(simulator, request)


def _clock(simulator: Simulator, _request: Request) -> Response:
    return _json(200, {"now": simulator.platform.clock.now().isoformat()})


def _advance(simulator: Simulator, request: Request) -> Response:
    seconds = _seconds(request.body or b"")
    if seconds is None:
        return _refusal(400, 'send {"advance_seconds": n}, a number from 0')
    return _advanced(simulator, seconds) or _clock(simulator, request)


def _advanced(simulator: Simulator, seconds: float) -> Response | None:
    """Move the clock; return the refusal if it cannot be moved."""
    clock = simulator.platform.clock
    if not isinstance(clock, ShiftedClock | FrozenClock):
        return _refusal(400, "this simulator's clock cannot be moved; start it with one that can")
    try:
        too_far = (clock.now() + timedelta(seconds=seconds)).year > _LAST_YEAR
    except OverflowError:
        too_far = True
    if too_far:
        return _refusal(400, f"advance_seconds leads past the year {_LAST_YEAR}")
    clock.advance(timedelta(seconds=seconds))
    return None


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


def _converse(simulator: Simulator, request: Request) -> Response:
    try:
        asked = asked_traffic(request.body or b"")
    except InvalidInput as error:
        return _refusal(400, str(error))
    if asked.advance and (refused := _advanced(simulator, asked.seconds)) is not None:
        return refused
    try:
        made = simulator.platform.converse(
            asked.prompt, asked.conversations, over=timedelta(seconds=asked.seconds), traffic=asked.traffic
        )
    except InvalidInput as error:
        return _refusal(400, str(error))
    except NotFound as error:
        return _refusal(404, str(error))
    return _json(200, {"now": simulator.platform.clock.now().isoformat(), "conversations": made})


def _assistants(simulator: Simulator, _request: Request) -> Response:
    return _json(200, {"assistants": simulator.platform.snapshot()["assistants"]})


def _script(simulator: Simulator, request: Request) -> Response:
    try:
        role = asked_role(request.body or b"")
        simulator.platform.script(role.assistant, role.how)
    except InvalidInput as error:
        return _refusal(400, str(error))
    return _assistants(simulator, request)


def _unscript(simulator: Simulator, request: Request) -> Response:
    simulator.platform.forget_scripts()
    return _assistants(simulator, request)


def _bots(simulator: Simulator, _request: Request) -> Response:
    return _json(200, {"bots": view_bots(simulator.platform.roster)})


def _change_bot(simulator: Simulator, request: Request) -> Response:
    platform = simulator.platform
    try:
        change = asked_bot(request.body or b"")
        platform.bot(change.bot, change.onto(platform.roster.get(change.bot)))
    except InvalidInput as error:
        return _refusal(400, str(error))
    return _bots(simulator, request)


def _forget_bots(simulator: Simulator, request: Request) -> Response:
    simulator.platform.forget_bots()
    return _bots(simulator, request)


def _knowledge(simulator: Simulator, _request: Request) -> Response:
    return _json(200, {"knowledge": view_knowledge(simulator.platform.library)})


def _stock(simulator: Simulator, request: Request) -> Response:
    try:
        asked = asked_knowledge(request.body or b"")
        simulator.platform.knowledge(asked.base, asked.articles)
    except InvalidInput as error:
        return _refusal(400, str(error))
    return _knowledge(simulator, request)


def _forget_knowledge(simulator: Simulator, request: Request) -> Response:
    simulator.platform.library.clear()
    return _knowledge(simulator, request)


def _notices(simulator: Simulator, _request: Request) -> Response:
    mailroom = simulator.platform.mailroom
    return _json(
        200, {"rules": view_rules(mailroom.rules), "counts": mailroom.counts(), "notices": mailroom.log()}
    )


def _rule_notices(simulator: Simulator, request: Request) -> Response:
    try:
        simulator.platform.mailroom.rule(read_rules(request.body or b""))
    except InvalidInput as error:
        return _refusal(400, str(error))
    return _notices(simulator, request)


def _forget_rules(simulator: Simulator, request: Request) -> Response:
    simulator.platform.mailroom.rule(None)
    return _notices(simulator, request)


def _hang_up(simulator: Simulator, request: Request) -> Response:
    try:
        asked = read_hang_up(request.body or b"")
        simulator.platform.end(asked.conversation, asked.resolution)
    except InvalidInput as error:
        return _refusal(400, str(error))
    except NotFound as error:
        return _refusal(404, str(error))
    return _json(200, {"conversations": simulator.platform.snapshot()["conversations"]})


def _state(simulator: Simulator, _request: Request) -> Response:
    return _json(200, simulator.platform.snapshot())


def _reset(simulator: Simulator, _request: Request) -> Response:
    simulator.platform.reset()
    simulator.faults.forget()
    return _json(200, {"reset": True})


def _faults(simulator: Simulator, _request: Request) -> Response:
    return _json(200, simulator.faults.view())


def _add_fault(simulator: Simulator, request: Request) -> Response:
    try:
        simulator.faults.add(read(request.body or b""))
    except InvalidInput as error:
        return _refusal(400, str(error))
    return _faults(simulator, request)


def _clear_faults(simulator: Simulator, request: Request) -> Response:
    simulator.faults.clear()
    return _faults(simulator, request)


def _refusal(status: int, message: str) -> Response:
    return _json(status, {"status": status, "message": message})


def _json(status: int, document: object) -> Response:
    return Response(status=status, headers={"content-type": "application/json"}, body=orjson.dumps(document))


_OPERATIONS: Final[Mapping[str, Mapping[str, Control]]] = {
    "clock": {"GET": _clock, "POST": _advance},
    "state": {"GET": _state},
    "reset": {"POST": _reset},
    "traffic": {"POST": _converse},
    "assistants": {"GET": _assistants, "POST": _script, "DELETE": _unscript},
    "bots": {"GET": _bots, "POST": _change_bot, "DELETE": _forget_bots},
    "knowledge": {"GET": _knowledge, "POST": _stock, "DELETE": _forget_knowledge},
    "notices": {"GET": _notices, "POST": _rule_notices, "DELETE": _forget_rules},
    "hangups": {"POST": _hang_up},
    "faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
}
