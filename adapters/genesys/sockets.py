"""Connections that end with their call: its deadline bounds every single read from the socket."""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final, cast

from attrs import define
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


@define(kw_only=True)
class Call:
    """The HTTP call that this thread makes: when it must be over, and how far it came."""

    ends: float
    read_timeout: float
    idle_limit: float
    address: str | None = None
    sent: bool = False
    heard: float = 0.0

    def left(self) -> float:
        """Return the seconds that the next read may take; raise `TimeoutError` when there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, self.read_timeout)


_INSTANT: Final = 0.001

CURRENT: Final[ContextVar[Call]] = ContextVar("jackfield.genesys.call")
"""How a connection, which the pool picks, learns whose call it serves."""


class _Reads(io.RawIOBase):
    """What a socket receives, for as long as the call may last: status line, headers and body alike."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        self._sock = sock
        self._call = call
        self._raw: Any = sock.makefile("rb", buffering=0)  # keeps the socket open until the answer is read
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.left())
        count: int | None = self._raw.readinto(buffer)
        self._call.heard = time.monotonic()
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Bounded:
    """The one method that `http.client` wants of a socket when it reads an answer."""

    def __init__(self, reads: _Reads) -> None:
        self._reads = reads

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(self._reads)


class _Answer(http.client.HTTPResponse):
    """An answer that must arrive within its call, and whole."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self._reads = _Reads(sock, CURRENT.get())
        super().__init__(cast("socket.socket", _Bounded(self._reads)), *args, **options)

    def begin(self) -> None:
        super().begin()
        if self._reads.ended:  # `http.client` takes a connection that breaks in the headers for their end
            raise http.client.IncompleteRead(b"")


class _Connection(HTTPConnection):
    """A connection that tells its call when something may have been sent, and is not used after idling."""

    response_class = _Answer
    _served: Call | None = None

    def endheaders(self, *args: Any, **options: Any) -> None:
        call = CURRENT.get()
        if self.sock is None:
            self.connect()
        cast("socket.socket", self.sock).settimeout(call.left())
        self._served = call
        call.sent = True
        super().endheaders(*args, **options)

    def _new_conn(self) -> socket.socket:
        name, address = self._dns_host, CURRENT.get().address
        if address is not None and self.proxy is None:  # a proxy finds the host itself
            self._dns_host = address
        try:
            sock = super()._new_conn()
        finally:
            self._dns_host = name
        left = CURRENT.get().ends - time.monotonic()
        sock.settimeout(max(_INSTANT, min(left, sock.gettimeout() or left)))  # for the TLS handshake
        return sock

    @property
    def is_connected(self) -> bool:
        """Whether the socket can carry another call; a server closes idle ones just while we send."""
        heard = self._served.heard if self._served else 0.0
        return time.monotonic() - heard < CURRENT.get().idle_limit and super().is_connected


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    """Bounded connections to one host."""

    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]  # urllib3's own fails it too


class _SecurePool(HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]  # as above


POOLS: Final = MappingProxyType({"http": _Pool, "https": _SecurePool})
"""What a urllib3 pool manager makes its connections from, by scheme."""
