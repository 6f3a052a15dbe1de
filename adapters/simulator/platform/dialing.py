"""Sockets to the platform without a network, on its clock."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator.platform.conversations import to_ms
from jackfield.adapters.simulator.platform.frames import End, Leaving
from jackfield.adapters.simulator.platform.streams import SWITCHED, TOO_LARGE, Peer
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket, SocketClosed
from jackfield.ports.clock import Clock

_LOOK_MS: Final = 20
_MILLISECOND: Final = timedelta(milliseconds=1)

Attend: TypeAlias = Callable[[Request], Peer | Response]
"""Begins the platform's side of a socket whose handshake was let through, or refuses it after all."""


def request_of(handshake: Handshake) -> Request:
    """Return the HTTP request that opens the socket."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    return Request(
        method="GET",
        url=f"http{handshake.url.removeprefix('ws')}",
        headers={**handshake.headers, **upgrade},
        read_timeout=handshake.timeout,
        deadline=handshake.timeout,
    )


def dialed(clock: Clock, send: Send, attend: Attend, handshake: Handshake) -> Socket:
    """Open a socket whose handshake goes through *send*; raise `HandshakeRefused`."""
    request = request_of(handshake)
    response = send(request)
    if response.status != SWITCHED:
        raise HandshakeRefused(response)
    attended = attend(request)
    if isinstance(attended, Response):
        raise HandshakeRefused(attended)
    return PlatformSocket(attended, clock, largest_bytes=handshake.largest_bytes)


class PlatformSocket:
    """A `Socket` whose other side is in this process.

    While an answer is on its way, waiting moves a `FrozenClock` to the next frame, or to the timeout if
    nothing comes. With nothing on its way it really waits, and such a clock stands: whoever listens to an
    idle line would else make years pass. Any other clock is waited for.
    """

    def __init__(self, peer: Peer, clock: Clock, *, largest_bytes: int) -> None:
        self._peer = peer
        self._clock = clock
        self._largest = largest_bytes
        self._changed = threading.Condition()
        self._arrived = deque[Leaving]()
        self._closed: int | None = None

    def send(self, text: str) -> None:
        """Let the platform have the frame."""
        with self._changed:
            self._refuse_closed()
            self._arrived.extend(self._peer.receive(text, self._now()))
            self._changed.notify_all()

    def receive(self, timeout: float | None) -> str | bytes:
        """Return the next frame by *timeout* seconds of the clock."""
        patience = None if timeout is None else math.ceil(timeout * 1_000)
        with self._changed:
            until = None if patience is None else self._now() + patience
            while True:
                self._collect()
                if self._arrived:
                    return self._next()
                if (until is not None and self._now() >= until) or (patience is not None and patience <= 0):
                    raise TimeoutError
                waited = self._wait(until, patience)
                patience = None if patience is None else patience - waited

    def close(self, code: int = 1000) -> None:
        """Close it; whoever receives gets `SocketClosed`."""
        with self._changed:
            if self._closed is None:
                self._end(code)

    def _collect(self) -> None:
        self._refuse_closed()
        self._arrived.extend(self._peer.due(self._now()))

    def _next(self) -> str:
        arrived = self._arrived.popleft()
        if not isinstance(arrived, End) and len(arrived.text.encode()) <= self._largest:
            return arrived.text
        code = arrived.code if isinstance(arrived, End) else TOO_LARGE
        self._end(code)
        raise SocketClosed(code)

    def _wait(self, until: int | None, patience: int | None) -> int:
        """Wait for what comes next; return how many milliseconds were really waited."""
        now, due = self._now(), self._peer.next_due()
        ahead = min((each for each in (due, until) if each is not None), default=None)
        if isinstance(self._clock, FrozenClock):
            if ahead is not None and self._peer.expects:
                self._clock.sleep((ahead - now) * _MILLISECOND)
                return 0
            ahead = None
        left = (_LOOK_MS, ahead and ahead - now, patience)
        pause = max(1, min(each for each in left if each is not None))
        self._changed.wait(pause / 1_000)
        return pause if isinstance(self._clock, FrozenClock) else 0

    def _end(self, code: int) -> None:
        self._closed = code
        self._arrived.clear()
        self._peer.close()
        self._changed.notify_all()

    def _refuse_closed(self) -> None:
        if self._closed is not None:
            raise SocketClosed(self._closed)

    def _now(self) -> int:
        return to_ms(self._clock.now())
