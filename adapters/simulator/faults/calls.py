"""What the chance of a fault is keyed by: a call's route, and the thing that it is about."""

from __future__ import annotations

from typing import Any, cast

import orjson
from attrs import frozen

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.platform.calls import address
from jackfield.adapters.simulator.platform.organization import ROUTES
from jackfield.adapters.simulator.platform.routes import find


@frozen
class Called:
    """One call: `path` as it was sent; `route` with a `*` for each id; `key` of the ids and names in it."""

    method: str
    path: str
    route: str
    key: str


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
