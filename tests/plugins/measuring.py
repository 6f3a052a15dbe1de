"""An answer as it is measured, and a receiver of telemetry on a real socket."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

from attrs import define, field

from jackfield.domain.model.subjects import Organization
from jackfield.plugin import Asked

TIME: Final = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)


def asked(**other: Any) -> Asked:
    """A whole answer of a second and a half."""
    values: dict[str, Any] = {
        "organization": Organization("acme"),
        "name": "jackfield.ask.duration",
        "value": 1.5,
        "unit": "s",
        "conversation": "conv-1",
        "assistant": "asst-1",
        "prompt": "refund",
        "version": "1.2.0",
        "model": "gpt-small",
        "end": "complete",
        "safety": False,
        "prompt_tokens": 70,
        "completion_tokens": 16,
        "exact": True,
        "output": 800,
        "temperature": 0.2,
        "injection_s": 0.0423,
        "first_piece_s": 0.25,
        "tokens_per_second": 10.6666667,
        "time": TIME,
    } | other
    labels = {"prompt": values["prompt"], "version": values["version"], "end": values["end"]}
    return Asked(labels=labels, **values)


@define
class Endpoint:
    """What it answers with, and what came: path, content type and body. `held` keeps its answers back."""

    status: int = 202
    came: list[tuple[str, str, bytes]] = field(factory=list[tuple[str, str, bytes]])
    held: threading.Event = field(factory=threading.Event)
    more: threading.Condition = field(factory=threading.Condition)

    def keep(self, path: str, kind: str, body: bytes) -> None:
        with self.more:
            self.came.append((path, kind, body))
            self.more.notify_all()

    def wait_for(self, many: int) -> None:
        """Wait until so many came."""
        with self.more:
            assert self.more.wait_for(lambda: len(self.came) >= many, timeout=10)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        endpoint = cast("_Server", self.server).endpoint
        body = self.rfile.read(int(self.headers["content-length"]))
        endpoint.keep(self.path, self.headers["content-type"], body)
        endpoint.held.wait(10)
        self.send_response(endpoint.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = Endpoint()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever went away needs no answer."""


@contextmanager
def listening() -> Generator[tuple[Endpoint, str]]:
    """Receive while the block lasts; give the endpoint and its URL."""
    server = _Server()
    server.endpoint.held.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.endpoint, f"http://127.0.0.1:{server.server_port}/telemetry?token=canary"
    finally:
        server.endpoint.held.set()
        server.shutdown()
        server.server_close()
        thread.join()
