"""What was made a moment ago, and is not seen yet: eventual consistency."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

import orjson
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.platform.calls import address

_CREATED: Final = 201
_OLDEST_S: Final = 3600.0
_FEW: Final = 1_000
_TEMPLATES: Final = ("api", "v2", "ai", "prompt-templates")

_Path: TypeAlias = tuple[str, ...]


class Young:
    """Remembers when what was made, for an hour and more; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[_Path, float] = {}
        self._most = _FEW

    def note(self, request: Request, response: Response, now: float) -> None:
        """Remember what the call made, if it made something."""
        if response.status != _CREATED or request.method.upper() != "POST":
            return
        path, _ = address(request)
        name = _name(path, orjson.loads(response.body))
        with self._lock:
            self._forget(now)
            self._made[*path, name] = now
            if path[: len(_TEMPLATES)] != _TEMPLATES:
                self._made[*_TEMPLATES, name] = now

    def _forget(self, now: float) -> None:
        """Forget what is old, when there is twice as much as was kept the last time."""
        if len(self._made) >= self._most:
            self._made = {each: made for each, made in self._made.items() if now - made < _OLDEST_S}
            self._most = max(_FEW, 2 * len(self._made))

    def unseen(self, path: _Path, now: float, seconds: float) -> bool:
        """Say whether *path* is of something that was made in the last *seconds*."""
        with self._lock:
            ages = [
                now - self._made[start] for n in range(len(path) + 1) if (start := path[:n]) in self._made
            ]
        return any(age < seconds for age in ages)

    def without(self, request: Request, response: Response, now: float, seconds: float) -> Response:
        """Return the list without what is unseen; any other answer as it is."""
        document: object = orjson.loads(response.body)
        if not isinstance(document, dict) or "entities" not in document:
            return response
        path, _ = address(request)
        listed = cast("dict[str, Any]", document)
        seen = [e for e in listed["entities"] if not self.unseen((*path, _name(path, e)), now, seconds)]
        hidden = len(listed["entities"]) - len(seen)
        totals = {"total": listed["total"] - hidden} if "total" in listed else {}
        return evolve(response, body=orjson.dumps({**listed, "entities": seen, **totals}))


def _name(path: _Path, document: Mapping[str, Any]) -> str:
    return str(document["version" if path[-1:] == ("versions",) else "id"])
