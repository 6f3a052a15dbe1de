"""granian's WSGI worker in this process: one process, so one cache, one ledger, one set of counts.

(Its command would put the worker into a child that it watches. The worker itself is a class, which we start
on our own socket: nothing is opened before a fork, and signals are ours.)
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from importlib import import_module
from threading import Event
from typing import Any, Final

from granian.constants import HTTPModes
from granian.http import HTTP1Settings

from jackfield.entrypoints.service.frame import EXCHANGE, Environ, Wsgi
from jackfield.entrypoints.service.problems import CONTENT_TYPE
from jackfield.entrypoints.service.servers.listening import BACKLOG, Limits
from jackfield.entrypoints.service.servers.patience import Patience, WatchedBody, too_slow

_FUTURES: Final[Any] = import_module("granian._futures")
_WORKERS: Final[Any] = import_module("granian._granian")  # its stubs are those of an older signature
_IDLE_S: Final = 30
_RUNTIME_THREADS: Final = 1
_ON_ITS_WAY_S: Final = 0.05
_OF_THE_GRACE: Final = 0.5
"""The part of the time there is for ending after which no body is waited for."""
_WITHOUT_TLS: Final[tuple[Any, ...]] = (False, None, None, None, "tls1.3", None, [], False)


class _Started:
    """What an application begins its answer with."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        del exc_info
        self.status = int(status[:3])
        self.headers = headers


class _Broken:
    """A body that breaks off once what there is of it is on its way."""

    __slots__ = ("_left",)

    def __init__(self, body: bytes) -> None:
        self._left = body

    def __iter__(self) -> _Broken:
        return self

    def __next__(self) -> bytes:
        left, self._left = self._left, b""
        if not left:
            time.sleep(_ON_ITS_WAY_S)
            raise StopIteration
        return left

    def close(self) -> None:
        """There is nothing to let go of."""


class GranianServer:
    """Serves an application by granian's worker."""

    name = "granian"

    def __init__(self, app: Wsgi, listener: socket.socket, limits: Limits) -> None:
        self._app = app
        self._listener = listener
        self._limits = limits
        self._patience = Patience(limits.body.total_seconds(), limits.readers)
        self._signal = _WORKERS.WorkerSignal()
        self._ended = Event()
        self._loop = asyncio.new_event_loop()
        self._base: Environ = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "granian",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }

    def start(self) -> None:
        """Begin."""
        own = logging.getLogger("_granian")  # what it says may hold what was said to us
        own.addHandler(logging.NullHandler())
        own.propagate = False
        self._patience.start()
        self._signal.add_cb(self._ended.set)
        self._listener.setblocking(False)
        worker = _WORKERS.WSGIWorker(
            1,
            (None, _WORKERS.SocketHolder(os.dup(self._listener.fileno()), False, BACKLOG)),
            None,
            _RUNTIME_THREADS,
            _RUNTIME_THREADS,
            self._limits.threads,
            _IDLE_S,
            self._limits.connections,
            HTTPModes.http1,
            HTTP1Settings(
                header_read_timeout=round(self._limits.headers.total_seconds() * 1_000),
                max_buffer_size=self._limits.headers_bytes,
            ),
            None,
            None,
            *_WITHOUT_TLS,
            (None, None),
        )
        scheduler = _FUTURES._new_cbscheduler(  # noqa: SLF001  # as its own servers make it
            self._loop, self._answer, impl_asyncio=True
        )
        worker.serve_mtr(scheduler, self._loop, self._signal)

    def stop(self, seconds: float) -> bool:
        """Take nothing more, and finish what was accepted."""
        self._listener.close()
        self._patience.hurry(seconds * _OF_THE_GRACE)
        self._signal.set()
        ended = self._ended.wait(seconds)
        self._patience.stop()
        self._loop.close()
        return ended

    def _answer(self, proto: Any, scope: Environ) -> int:
        """Answer one request, on a thread of the worker's."""
        environ = self._base | scope
        if "CONTENT_LENGTH" in scope or "HTTP_TRANSFER_ENCODING" in scope:
            environ["wsgi.input"] = WatchedBody(
                scope["wsgi.input"], self._patience, lambda: self._give_up(proto, environ)
            )
        started = _Started()
        pieces = self._app(environ, started)
        if isinstance(pieces, list):
            proto.response_bytes(started.status, started.headers, b"".join(pieces))
        else:
            proto.response_iter(started.status, started.headers, pieces)
        return started.status

    def _give_up(self, proto: Any, environ: Environ) -> None:
        """Answer for a thread that waits for its body, and free it.

        The worker waits for a body also after the answer, and cannot be told to close the connection. It does
        close it where an answer is shorter than was said: so a line end that never comes is announced.
        """
        problem = too_slow(self._patience.seconds).problem
        body = problem.body(environ[EXCHANGE].id)
        headers = [
            ("content-type", CONTENT_TYPE),
            ("content-length", str(len(body) + 1)),
            ("connection", "close"),
            ("x-request-id", environ[EXCHANGE].id),
        ]
        proto.response_iter(problem.status, headers, _Broken(body))
