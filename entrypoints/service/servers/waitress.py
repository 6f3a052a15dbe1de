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
_LOOPS: Final[Any] = import_module("waitress.wasyncore")
_LOOK_S: Final = 0.02
_LAST_BYTES_S: Final = 0.1


class WaitressServer:
    """Serves an application by waitress, whose loop has a thread of its own.

    It reads each body before a thread takes the request up, so slow ones hold nobody up; what it refuses by
    itself (what is no HTTP, bodies that are too large) is plain text. A client that drips keeps its
    connection, and no thread.
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
        )
        self._thread = Thread(target=self._run, name="jackfield-waitress", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run()
        except _LOOPS.ExitNow:
            _LOOPS.close_all(self._server._map)  # noqa: SLF001  # its own way to close them is not whole

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
