"""A server of scripted answers, and one HTTP call to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

import pytest

from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request

CANARY = "canary-7f3a"
SECRET = "secret-9c1d"
Turn = Callable[[socket.socket], None]


class ScriptedServer:
    """Takes one request after the other on real sockets and answers each with the next turn of its script.

    A connection stays open until its client, or a turn, closes it.
    """

    def __init__(self, *script: Turn | bytes) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = list(script)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api?name={CANARY}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while received := request_of(connection):
                self.requests.append(received)
                turn = self._script.pop(0)
                if isinstance(turn, bytes):
                    connection.sendall(turn)
                else:
                    turn(connection)


def request_of(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", 0)):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def ok(body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def then_close(answer: bytes, closed: threading.Event | None = None) -> Turn:
    def turn(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)
        if closed is not None:
            closed.set()

    return turn


def get(server: ScriptedServer, *, deadline: float = 20, read: float = 20) -> Request:
    return Request(
        method="GET",
        url=server.url,
        headers={"Authorization": f"Bearer {SECRET}"},
        deadline=timedelta(seconds=deadline),
        read_timeout=timedelta(seconds=read),
    )


@pytest.fixture
def send() -> Iterator[RequestsSend]:
    transport = RequestsSend(limit_bytes=100_000)
    yield transport
    transport.close()
