"""One WebSocket as a value, and the seam that opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol, TypeAlias

from attrs import field, frozen

from jackfield.adapters.http import Response


def _counted(headers: Mapping[str, str]) -> str:
    return f"<{len(headers)} headers>"


@frozen(kw_only=True)
class Handshake:
    """What a socket is opened with: an absolute `ws://` or `wss://` URL, and headers (they hold tokens)."""

    url: str
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=_counted)
    timeout: timedelta = timedelta(seconds=5)
    largest_bytes: int = 1_048_576


class HandshakeRefused(Exception):
    """The server answered the handshake with an HTTP response that is no upgrade."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status}")
        self.response = response


class SocketClosed(Exception):
    """The socket is closed; 1006 stands for a line that dropped without a close frame (RFC 6455 §7.4)."""

    def __init__(self, code: int = 1006) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket(Protocol):
    """An open WebSocket; one thread receives, any may send and close."""

    def send(self, text: str) -> None:
        """Send a text frame; raise `SocketClosed` if that is too late."""
        ...

    def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message by *timeout* seconds; raise `TimeoutError` or `SocketClosed`."""
        ...

    def close(self, code: int = 1000) -> None:
        """Close it; whoever receives gets `SocketClosed`. Closing twice is fine."""
        ...


Dial: TypeAlias = Callable[[Handshake], Socket]
"""Opens exactly one socket: no retry, no redirect, no policy.

Raises `HandshakeRefused`, and `Unavailable` when nobody answered.
"""
