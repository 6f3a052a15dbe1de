"""The lines to the platform and to receivers, whose library is loaded by the first call: it takes longest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from attrs import define, field

from jackfield.entrypoints.settings import Settings

if TYPE_CHECKING:
    from jackfield.adapters.genesys.transport import RequestsSend
    from jackfield.adapters.http import Request, Response, Send

_RECEIVERS: Final = 64
_LIMIT_BYTES: Final = 64_000


@define(eq=False)
class LateSend:
    """A `Send` over requests; a proxy or CA that does not fit is told when it is made."""

    settings: Settings
    _send: RequestsSend | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        if self.settings.proxy is not None or self.settings.ca is not None:
            self._opened()

    def __call__(self, request: Request) -> Response:
        """Make the call."""
        return (self._send or self._opened())(request)

    def close(self) -> None:
        """Close the connections, if there was a call."""
        if self._send is not None:
            self._send.close()

    def _opened(self) -> RequestsSend:
        with self._lock:
            if self._send is None:
                self._send = self._made()
            return self._send

    def _made(self) -> RequestsSend:
        from jackfield.adapters.genesys.transport import RequestsSend

        settings = self.settings
        return RequestsSend(
            proxy=None if settings.proxy is None else settings.proxy.reveal(),
            ca=settings.ca,
            connect_timeout=settings.calls.connect_timeout,
        )


@define(eq=False)
class LateReceivers:
    """The line to receivers, whose library is loaded by the first call; it knows no proxy."""

    _send: Send | None = field(default=None, init=False)
    _closing: Callable[[], None] | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __call__(self, request: Request) -> Response:
        """Make the call."""
        return (self._send or self._opened())(request)

    def close(self) -> None:
        """Close the connections, if there was a call."""
        if self._closing is not None:
            self._closing()

    def _opened(self) -> Send:
        from jackfield.adapters.genesys.transport import RequestsSend

        with self._lock:
            if self._send is None:
                send = RequestsSend(
                    threads=_RECEIVERS,
                    limit_bytes=_LIMIT_BYTES,
                    connect_timeout=timedelta(seconds=3),
                    cut=True,
                )
                self._closing = send.close
                self._send = send
            return self._send
