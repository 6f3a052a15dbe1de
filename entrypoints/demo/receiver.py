"""A webhook receiver on a socket of this machine that fails three times in ten, by a seed."""

from __future__ import annotations

import json
import random
import secrets
import socket
import struct
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol, cast

from attrs import define, field

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify

RATE: Final = 0.3
ASKED_SECONDS: Final = 20
_RESET: Final = "reset after it was taken"
_FAILURES: Final = ("500", "429", _RESET)
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


def new_secret() -> Secret:
    """Return a secret that nobody has yet."""
    return Secret(f"whsec_{b64encode(secrets.token_bytes(24)).decode()}")


@define(eq=False)
class Receiver:
    """What came in, and what was taken of it: each webhook once, by its id.

    Whether a try fails, and how, depends on the seed, the id and how often it came alone: not on the order.
    """

    secret: Secret = field(factory=new_secret)
    seed: int = 2026
    tries: Counter[str] = field(factory=Counter[str])
    failures: Counter[str] = field(factory=Counter[str])
    taken: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    repeats: int = 0
    refused: int = 0
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus | None:
        """Return the status to answer with; None resets the connection."""
        try:
            identifier = verify(headers, body, [self.secret], datetime.now(UTC))
        except InvalidInput:
            self.refused += 1
            return HTTPStatus.UNAUTHORIZED
        with self._lock:
            self.tries[identifier] += 1
            failure = self._failure(identifier)
            if failure in (None, _RESET):
                self.take(identifier, json.loads(body)["data"])
            if failure is None:
                return HTTPStatus.OK
            self.failures[failure] += 1
            return None if failure == _RESET else HTTPStatus(int(failure))

    def take(self, identifier: str, data: dict[str, Any]) -> None:
        """Keep what the webhook says; one that is known changes nothing."""
        self.repeats += identifier in self.taken
        self.taken.setdefault(identifier, data)

    def _failure(self, identifier: str) -> str | None:
        source = random.Random(f"{self.seed} {identifier} {self.tries[identifier]}")  # noqa: S311  # a story
        return source.choice(_FAILURES) if source.random() < RATE else None


class Answering(Protocol):
    """Who answers the calls that come in."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus | None:
        """Return the status to answer with; None resets the connection."""
        ...


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = cast("_Server", self.server).receiver.answer(headers, body)
        if status is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self.close_connection = True
            return
        self.send_response(status)
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", str(ASKED_SECONDS))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever is interrupted breaks its connection."""


@contextmanager
def listening(receiver: Answering) -> Generator[str]:
    """Receive while the block lasts; yield the URL."""
    with _Server(receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks"
        finally:
            server.shutdown()
            thread.join()
