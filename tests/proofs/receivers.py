"""A real receiver of webhooks, on a real socket, that fails three times in ten and remembers ids."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

from attrs import define, field

from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FAULTS: Final = ("500", "429", "reset before", "reset after", "slow")
SLOW_SECONDS: Final = 0.6
_FAILING: Final = (2, 5, 8)


@define
class Receiver:
    """What it applied, in order; how often each id came; and what it played."""

    applied: list[tuple[str, int]] = field(factory=list[tuple[str, int]])
    seen: dict[str, int] = field(factory=dict[str, int])
    requests: int = 0
    forged: int = 0
    played: dict[str, int] = field(factory=lambda: dict.fromkeys(FAULTS, 0))
    lock: threading.Lock = field(factory=threading.Lock)
    more: threading.Condition = field(factory=threading.Condition)

    def fault(self) -> str | None:
        """Count a request; say how it fails, if it does."""
        with self.lock:
            number, self.requests = self.requests, self.requests + 1
            if number % 10 not in _FAILING:
                return None
            kind = FAULTS[(number // 10 * len(_FAILING) + _FAILING.index(number % 10)) % len(FAULTS)]
            self.played[kind] += 1
            return kind

    def apply(self, headers: dict[str, str], body: bytes) -> None:
        """Do what the webhook says, once by its id."""
        try:
            identifier = verify(headers, body, [Secret(SECRET)], datetime.now(UTC))
        except Exception:
            self.forged += 1
            raise
        data = json.loads(body)["data"]
        with self.lock:
            self.seen[identifier] = self.seen.get(identifier, 0) + 1
            if self.seen[identifier] == 1:
                self.applied.append((data["name"], data["position"]))
        with self.more:
            self.more.notify_all()

    @property
    def repeats(self) -> int:
        """How often something came that had been applied."""
        with self.lock:
            return sum(self.seen.values()) - len(self.seen)

    def wait_for(self, requests: int, *, applied: int, seconds: float = 60) -> None:
        """Wait until so many requests came, or so many were applied."""
        with self.more:
            self.more.wait_for(
                lambda: self.requests >= requests or len(self.applied) >= applied, timeout=seconds
            )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver = cast("_Server", self.server).receiver
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever sent it was killed in the middle
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        match receiver.fault():
            case "500" | "429" as status:
                self._answer(int(status))
            case "reset before":
                self._reset()
            case "reset after":
                receiver.apply(headers, body)
                self._reset()
            case "slow":
                threading.Event().wait(SLOW_SECONDS)
                receiver.apply(headers, body)
                self._answer(200)
            case _:
                receiver.apply(headers, body)
                self._answer(200)

    def _answer(self, status: int) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker that was killed, or that did not wait, breaks its connection."""


@contextmanager
def receiving() -> Generator[tuple[Receiver, str]]:
    """Receive while the block lasts; give the receiver and its URL."""
    server = _Server(Receiver())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.receiver, f"http://127.0.0.1:{server.server_port}/hooks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
