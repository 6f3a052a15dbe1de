"""What the chance of a fault is keyed by: the route of a call or a frame, and the thing that it is about."""

from __future__ import annotations

from typing import Any, cast

import orjson
from attrs import frozen

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.faults.kinds import Meets
from jackfield.adapters.simulator.platform.assistants import PATH as ASSISTANTS
from jackfield.adapters.simulator.platform.calls import address
from jackfield.adapters.simulator.platform.frames import Frame
from jackfield.adapters.simulator.platform.organization import ROUTES
from jackfield.adapters.simulator.platform.routes import find
from jackfield.adapters.simulator.platform.streams import is_handshake
from jackfield.adapters.simulator.store import Document


@frozen
class Called:
    """One call: `path` as it was sent; `route` with a `*` for each id; `key` of the ids and names in it.

    A frame of a stream is one too: its path is that of the conversation that it answers.
    """

    method: str
    path: str
    route: str
    key: str
    meets: Meets = Meets.CALL


def called(request: Request) -> Called:
    """Return what *request* is a call of: its key is of the path's ids, and of the name and version asked."""
    method = request.method.upper()
    segments, query = address(request)
    found = find(ROUTES, segments)
    route = segments if found is None else found.segments
    ids = [mine for mine, other in zip(segments, route, strict=True) if other == "*"]
    named = [query[name] for name in ("name", "pageNumber") if name in query]
    return Called(
        method=method,
        path="/" + "/".join(segments),
        route=f"{method} /{'/'.join(route)}",
        key="/".join([*ids, *named, *_of_body(request.body)]),
        meets=Meets.HANDSHAKE if is_handshake(request) else Meets.CALL,
    )


def sent(frame: Frame, answer: Document) -> Called:
    """Return what *frame* of *answer* is met as: its key is the assistant and the conversation's number."""
    assistant = answer["assistant"]
    last = len(answer["pieces"]) - 1
    meets = Meets.PIECE if frame.at < last else Meets.LAST_PIECE if frame.at == last else Meets.ENDING
    return Called(
        method="GET",
        path=f"{ASSISTANTS}/{assistant}/conversations/{answer['id']}",
        route=f"GET {ASSISTANTS}/*/conversations/*",
        key=f"{assistant}/{answer['number']}",
        meets=meets,
    )


def _of_body(body: bytes | None) -> list[str]:
    """Return the name and the version that the body tells; no other body is read."""
    if not body or not body.lstrip().startswith(b"{"):
        return []
    try:
        document = cast("dict[str, Any]", orjson.loads(body))
    except orjson.JSONDecodeError:
        return []
    told = (document.get(name) for name in ("name", "version"))
    return [str(each) for each in told if isinstance(each, str | int)]
