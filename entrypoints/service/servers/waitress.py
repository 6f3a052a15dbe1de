"""waitress: pure Python, slower, for where granian has no wheel."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import Any, Final

from jackfield.entrypoints.service.bodies import LARGEST_BODY
from jackfield.entrypoints.service.frame import Wsgi
from jackfield.entrypoints.service.servers.listening import Limits

_SERVER: Final[Any] = import_module("waitress.server")
_CHANNEL: Final[Any] = import_module("waitress.channel").HTTPChannel
_LOOPS: Final[Any] = import_module("waitress.wasyncore")
_LOOK_S: Final = 0.02
_LAST_BYTES_S: Final = 0.1


class _Connection(_CHANNEL):  # type: ignore[misc]  # it has no types
    """A connection that knows since when its request has been coming, and since when the body of it."""

    head_since: float | None = None
    body_since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what came; blank lines before a request are none, and begin no new time."""
        before: Any = self.request
        taken = bool(super().received(data))  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]
        now, coming = time.monotonic(), self.request
        was_begun = before is not None and not before.empty
        if coming is None and (was_begun or data.strip()):
            self.head_since = self.body_since = None
        elif self.head_since is None or (was_begun and coming is not before):
            self.head_since, self.body_since = now, None
        if coming is not None and coming.headers_finished and self.body_since is None:
            self.body_since = now
        return taken

    def is_late(self, now: float, limits: Limits) -> bool:
        """Whether a part of its request has been coming for longer than it may."""
        if self.body_since is not None:
            return now - self.body_since > limits.body.total_seconds()
        return self.head_since is not None and now - self.head_since > limits.headers.total_seconds()


class WaitressServer:
    """Serves an application by waitress, whose loop has a thread of its own.

    It reads each body before a thread takes the request up, so slow ones hold nobody up; what it refuses by
    itself (what is no HTTP, bodies that are too large) is plain text. It ends connections that are silent for
    long; those that drip are ended here, without an answer, once a second or so.
    """

    name = "waitress"

    def __init__(self, app: Wsgi, listener: socket.socket, limits: Limits) -> None:
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # what it says may hold what was said to us
        self._server: Any = _SERVER.create_server(
            app,
            sockets=[listener],
            threads=min(limits.threads, 64),
            connection_limit=limits.connections,
            max_request_header_size=limits.headers_bytes,
            max_request_body_size=LARGEST_BODY + 1,
            channel_timeout=max(1, round(max(limits.body, limits.headers).total_seconds())),
            cleanup_interval=1,
            channel_request_lookahead=1,
            asyncore_use_poll=True,
            expose_tracebacks=False,
            ident=None,
            clear_untrusted_proxy_headers=False,  # whoever calls by a proxy is refused by them: see `callers`
        )
        self._limits = limits
        self._end_idle = self._server.maintenance
        self._server.channel_class, self._server.maintenance = _Connection, self._end_late
        self._thread = Thread(target=self._run, name="jackfield-waitress", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run()
        except _LOOPS.ExitNow:
            _LOOPS.close_all(self._server._map)  # noqa: SLF001  # its own way to close them is not whole

    def _end_late(self, now: float) -> None:
        """Have the connections ended that are silent, and those that drip."""
        self._end_idle(now)
        now = time.monotonic()
        for each in [*self._server.active_channels.values()]:
            if not each.requests and each.is_late(now, self._limits):
                each.will_close = True

    def stop(self, seconds: float) -> bool:
        """Take nothing more, and finish what was accepted."""
        ends, dispatcher = time.monotonic() + seconds, self._server.task_dispatcher
        self._do(lambda: _LOOPS.dispatcher.close(self._server))
        while (dispatcher.active_count or dispatcher.queue) and time.monotonic() < ends:
            time.sleep(_LOOK_S)
        ended = not dispatcher.active_count and not dispatcher.queue
        time.sleep(_LAST_BYTES_S)
        dispatcher.shutdown(timeout=0 if not ended else 1)
        self._do(_leave)
        self._thread.join(1)
        return ended

    def _do(self, work: Callable[[], object]) -> None:
        """Have its loop do something."""
        self._server.trigger.pull_trigger(work)


def _leave() -> None:
    raise _LOOPS.ExitNow
