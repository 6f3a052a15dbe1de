"""The connection below a WebSocket: by TCP, through the proxy of the settings, in TLS."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import frozen

from jackfield.domain.model.errors import Unavailable

_LONGEST_ANSWER: Final = 65_536
_READ_BYTES: Final = 4_096
_INSTANT: Final = 0.001
_PORTS: Final = {"ws": 80, "wss": 443, "http": 80, "https": 443}


class ProxyRefused(Unavailable):
    """The proxy answered, and lets nobody through."""


@frozen
class Way:
    """Where a connection goes, over which proxy, and when it must stand (the machine's monotonic seconds)."""

    target: SplitResult
    proxy: SplitResult | None
    tls: ssl.SSLContext
    ends: float

    def opened(self) -> socket.socket:
        """Return the connection; raises `OSError`, and `ProxyRefused`."""
        first = self.target if self.proxy is None else self.proxy
        connection = socket.create_connection(_address(first), timeout=self.left())
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.proxy is not None:
                self._ask_proxy(connection, self.proxy)
            return self._secured(connection)
        except BaseException:
            connection.close()
            raise

    def left(self) -> float:
        """Return the seconds that are left; raise `TimeoutError` when there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return max(left, _INSTANT)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.target.scheme != "wss":
            return connection
        connection.settimeout(self.left())
        return self.tls.wrap_socket(connection, server_hostname=self.target.hostname)

    def _ask_proxy(self, connection: socket.socket, proxy: SplitResult) -> None:
        host, port = _address(self.target)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = (f"CONNECT {where} HTTP/1.1", f"Host: {where}", *_credentials(proxy))
        connection.settimeout(self.left())
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = self._answer(connection).split(b" ", 2)[1:2]
        if not status or not status[0].startswith(b"2"):
            raise ProxyRefused("the proxy cannot be reached, or refuses")

    def _answer(self, connection: socket.socket) -> bytes:
        """Return the proxy's answer; nothing else can come before we say something."""
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
            connection.settimeout(self.left())
            piece = connection.recv(_READ_BYTES)
            if not piece:
                break
            answer += piece
        return answer


def _address(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]


def _credentials(proxy: SplitResult) -> tuple[str, ...]:
    if proxy.username is None:
        return ()
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return (f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}",)


def hang_up(connection: socket.socket) -> None:
    """Let a connection go, whatever state it is in."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS would forget its keys under a reader
    connection.close()


def split(url: str) -> SplitResult:
    """Return the parts of a URL; raises `ValueError` for a port that is none."""
    parts = urlsplit(url)
    _ = parts.port
    return parts
