"""A service in this process, without a socket: what tests ask, and what they get."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define

from jackfield import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given, application, serving_of
from jackfield.entrypoints.service.frame import Frame
from jackfield.entrypoints.service.running import measured
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.settings import Settings

LOOPBACK = "127.0.0.1:8080"
NAME = "refund"
ASSISTANT = "refunds"
SLOW = "slow"
"""An assistant that says one word, and the next half a minute later."""


def prompt(version: str = "1.0.0", text: str = "You help customers.") -> PromptDefinition:
    """A version of the prompt that is published here."""
    return PromptDefinition(
        name=NAME, version=version, model="gpt-small", max_tokens=500, template=f"{text} ({version})"
    )


def opened(folder: Any, parts: Parts) -> Core:
    """A core on a simulated platform, with what it measures kept."""
    settings = Settings(
        target="test", platform="simulator", organization=organization("test"), folder=folder / "test"
    )
    return build(measured(settings), parts)


def published(core: Core, *versions: str) -> None:
    """Publish versions of the prompt; the first is live."""
    me = core.acting_as("user:mina", reason="CHG-1")
    for version in versions or ("1.0.0",):
        me.prompts.publish(prompt(version))


@define
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class House:
    """A service that is asked; it is called from this machine unless a test says otherwise."""

    def __init__(self, core: Core, *, given: Given | None = None) -> None:
        self.core = core
        self.given = given or Given()
        self.serving: Serving = serving_of(core, self.given)
        self.app: Frame = application(self.serving, self.given)

    def get(self, path: str, **headers: str) -> Answered:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answered:
        data = b"" if body is None else json.dumps(body).encode()
        return self.ask("POST", path, data, headers={"content_type": "application/json", **headers})

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answered:
        started = list[tuple[str, list[tuple[str, str]]]]()

        def start(status: str, given: list[tuple[str, str]], exc_info: object = None) -> None:
            started.append((status, given))

        environ = self.environ(method, path, body, headers or {})
        pieces: Iterable[bytes] = self.app(environ, start)
        found = b"".join(pieces)
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        status, given = started[-1]
        return Answered(int(status[:3]), {name.lower(): value for name, value in given}, found)

    def environ(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        where, _, query = path.partition("?")
        found: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": where,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": LOOPBACK,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }
        if body:
            found["CONTENT_LENGTH"] = str(len(body))
        for name, value in headers.items():
            own = name in ("content_type", "content_length")
            found[name.upper() if own else f"HTTP_{name.upper()}"] = value
        return found
