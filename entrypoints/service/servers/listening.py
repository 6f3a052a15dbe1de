"""The socket that is listened on, and what a server promises."""

from __future__ import annotations

import errno
import ipaddress
import socket
from datetime import timedelta
from typing import Final, Protocol

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput

BACKLOG: Final = 2_048


@frozen(kw_only=True)
class Limits:
    """How much a server takes at a time, and how long it waits for what clients send.

    `threads` is the most; there are as many as requests are at work. `connections` beyond the most wait.
    """

    threads: int = 256
    connections: int = 2_048
    headers_bytes: int = 65_536
    headers: timedelta = timedelta(seconds=10)
    body: timedelta = timedelta(seconds=10)

    @property
    def readers(self) -> int:
        """How many bodies are read at a time: fewer than there are threads, so that some are left."""
        return max(1, self.threads * 3 // 4)


class Server(Protocol):
    """Serves a WSGI application on a socket."""

    name: str

    def start(self) -> None:
        """Begin; return when requests are answered."""
        ...

    def stop(self, seconds: float) -> bool:
        """Take nothing more, and finish what was accepted; return whether it ended within *seconds*."""
        ...


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise `InvalidInput` for an address that cannot be listened on.

    (It is never shared: a second service on the same port would silently take half of the requests.)
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        raise _not_listening(host, port, error) from None


def _not_listening(host: str, port: int, error: Exception) -> InvalidInput:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return InvalidInput(
            f"port {port} is in use", place=host, remedy="choose another --port, or 0 for any free one"
        )
    said = error.strerror if isinstance(error, OSError) else "it is no address"
    return InvalidInput(
        f"cannot listen on port {port}: {said}",
        place=host[:80],
        remedy="choose an address of this machine, and a port that you may use",
    )


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def url_of(listener: socket.socket) -> str:
    """Return where it listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
