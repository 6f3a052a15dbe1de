"""One call of the platform as its operations see it: routed, allowed, its body read."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from urllib.parse import parse_qsl, unquote

import orjson
from attrs import define

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.platform.answers import Answer, Rejection
from jackfield.adapters.simulator.platform.bots import Roster
from jackfield.adapters.simulator.platform.identifiers import Identifiers
from jackfield.adapters.simulator.platform.knowledge import Library
from jackfield.adapters.simulator.platform.noticing import PostOffice
from jackfield.adapters.simulator.platform.repertoire import Repertoire
from jackfield.adapters.simulator.store import Transaction

LARGEST_BODY_BYTES: Final = 512_000

_JSON: Final = "application/json"


@define(kw_only=True)
class Call:
    """A request, and the state that it reads and changes; header names are in lower case."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    ids: Identifiers
    state: Transaction
    repertoire: Repertoire
    roster: Roster
    library: Library
    queues: Container[str]
    office: PostOffice

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def timestamp(self) -> str:
        """Return the time as the platform writes it."""
        return f"{self.now.isoformat(timespec='milliseconds')[:23]}Z"

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the body; refuse everything else."""
        if self.media_type != _JSON:
            raise Rejection("unsupported.media.type", type=_JSON)
        try:
            read = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Rejection("bad.request") from None
        if not isinstance(read, dict):
            raise Rejection("bad.request")
        return cast("dict[str, Any]", read)


Operation: TypeAlias = Callable[[Call], Answer]


def address(request: Request) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the path's segments, decoded one by one, and the query; the host is ignored."""
    url = request.url if request.url.isascii() else request.url.encode(errors="replace").decode()
    rest = url.partition("#")[0].partition("://")
    path, _, query = (rest[2] or rest[0]).partition("?")
    segments = path.split("/")[1:]
    if "%" in path:
        segments = [unquote(segment) for segment in segments]
    return tuple(segments), fields(query) if query else {}


def fields(form: str) -> dict[str, str]:
    """Return the fields of a query or of a form body, blanks escaped or not."""
    return dict(parse_qsl(form, keep_blank_values=True))
