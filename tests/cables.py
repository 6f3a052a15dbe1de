"""A cable between a client and a PostgreSQL server, which is cut at a chosen moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from attrs import define, field
from psycopg.conninfo import conninfo_to_dict

_CHUNK: Final = 65_536
_COMMIT: Final = b"COMMIT\0"
"""The statement alone: READ COMMITTED stands in what begins a transaction."""


class Cut(Enum):
    """On which side of the server a connection ends."""

    BEFORE = "before the commit arrives"
    AFTER = "after it happened, before the answer arrives"


@define(eq=False)
class Cable:
    """A listener of loopback that passes everything on to the server at *url*.

    `plan` is asked at each commit that comes by: it says where to cut this connection, or None; `each` is
    asked so at whatever comes by. While it is `mute`, no answer passes; while it is `away`, nobody comes
    through, and who speaks is cut off.
    """

    url: str
    plan: Callable[[], Cut | None] = lambda: None
    each: Callable[[], Cut | None] = lambda: None
    mute: threading.Event = field(factory=threading.Event)
    away: threading.Event = field(factory=threading.Event)
    _listener: socket.socket = field(init=False)
    _open: list[socket.socket] = field(factory=list[socket.socket], init=False)

    def __attrs_post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def through(self) -> str:
        """The URL of the same database by way of this cable, without encryption."""
        parts = conninfo_to_dict(self.url)
        who = quote(str(parts.get("user", "")), safe="")
        if "password" in parts:
            who += ":" + quote(str(parts["password"]), safe="")
        port = self._listener.getsockname()[1]
        return f"postgresql://{who}@127.0.0.1:{port}/{parts['dbname']}?sslmode=disable&gssencmode=disable"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        for each in self._open:
            each.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                if self.away.is_set():
                    client.close()
                    continue
                server = self._server()
            except OSError:
                return
            self._open += (client, server)
            _hasten(client)
            _hasten(server)
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()

    def _server(self) -> socket.socket:
        parts = conninfo_to_dict(self.url)
        host, port = str(parts.get("host", "127.0.0.1")), int(parts.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what the client says; from the moment of a cut on it hears nothing any more."""
        deaf = threading.Event()
        threading.Thread(target=self._answer, args=(client, server, deaf), daemon=True).start()
        try:
            while data := client.recv(_CHUNK):
                cut = self.each() or (self.plan() if _COMMIT in data else None)
                if cut is Cut.BEFORE or (cut is None and self.away.is_set()):
                    break
                if cut is Cut.AFTER:
                    deaf.set()
                server.sendall(data)
        except OSError:
            pass
        _end(client)
        _end(server)

    def _answer(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        try:
            while data := server.recv(_CHUNK):
                if deaf.is_set():  # the server has answered: it happened
                    break
                if not self.mute.is_set():
                    client.sendall(data)
        except OSError:
            pass
        _end(client)
        _end(server)


def _hasten(each: socket.socket) -> None:
    """Send at once, as libpq does: else each answer waits 40 ms for an acknowledgment."""
    if each.family != socket.AF_UNIX:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _end(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
