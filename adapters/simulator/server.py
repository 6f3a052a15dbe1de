"""A simulated platform behind a socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Final, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import control
from jackfield.adapters.simulator.control import Simulator
from jackfield.adapters.simulator.faults.deliveries import Delivery, Outage, token_of
from jackfield.adapters.simulator.faults.listener import Listener
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.adapters.simulator.faults.sockets import travel, whole
from jackfield.adapters.simulator.faults.streams import FaultyPeer
from jackfield.adapters.simulator.platform.answers import Rejection
from jackfield.adapters.simulator.platform.calls import LARGEST_BODY_BYTES
from jackfield.adapters.simulator.platform.organization import Platform
from jackfield.adapters.simulator.platform.streams import SWITCHED, Peer
from jackfield.adapters.simulator.postman import Postman
from jackfield.adapters.simulator.websocket import WebSockets
from jackfield.domain.model.errors import InvalidInput, Unavailable

_LAST_ANSWERS_S: Final = 0.5
_UNAVAILABLE: Final = Rejection("service.unavailable")
_LAST_PORT: Final = 65_535
_CHUNK_BYTES: Final = 65_536


class SimulatorServer:
    """Serves a platform over HTTP while its block lasts; `latency` passes before every answer.

    `faults` are played on the calls of the platform, at the socket; the simulator's own endpoints set more
    of them, and meet none. Webhooks are delivered to loopback and to
    the hosts `deliver_to`. Starting raises `InvalidInput` when the address cannot be listened on.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: timedelta = timedelta(0),
        faults: Faults | None = None,
        deliver_to: Collection[str] = (),
    ) -> None:
        if not 0 <= port <= _LAST_PORT:
            raise InvalidInput(f"{port} is no port", place=host, remedy=f"choose one of 0..{_LAST_PORT}")
        self.faults = faults or Faults()
        self._platform = platform
        self._outage = Outage(platform.send, self.faults, platform.clock)
        self._postman = Postman(platform.mailroom, deliver_to)
        self._host = host
        self._port = port
        self._latency_s = latency.total_seconds()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._listener: Listener
        self._sockets: WebSockets

    @property
    def url(self) -> str:
        """Where the platform is, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; return when requests are answered."""
        started: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="jackfield-simulator", daemon=True
        )
        self._thread.start()
        try:
            self._port = started.result()
        except (OSError, UnicodeError) as error:
            self._thread.join()
            raise _not_listening(self._host, self._port, error) from error
        self._postman.start()

    def stop(self) -> None:
        """Stop listening, and return when the thread has ended; a server that stands stays so."""
        if self._loop is None or self._stop is None or self._thread is None:
            return
        self._postman.stop()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop = None

    async def _serve(self, started: Future[int]) -> None:
        stop = asyncio.Event()
        # One worker: answers in the order of the requests, and the loop never waits for a disk.
        with ThreadPoolExecutor(1, "jackfield-simulator-platform") as worker:
            server = web.Server(
                partial(self._answer, worker), access_log=None, auto_decompress=False, logger=_logger()
            )
            runner = web.ServerRunner(server, shutdown_timeout=_LAST_ANSWERS_S)
            await runner.setup()
            self._listener = Listener(runner, self._host, self._port)
            self._sockets = WebSockets(worker, self._platform.clock)
            try:
                port = await self._listener.listen()
            except (OSError, UnicodeError) as error:
                await self._listener.close()
                started.set_exception(error)
                return
            self._loop, self._stop = asyncio.get_running_loop(), stop
            started.set_result(port)
            await stop.wait()
            await self._sockets.close()
            await self._listener.close()

    async def _answer(self, worker: ThreadPoolExecutor, request: web.BaseRequest) -> web.StreamResponse:
        received = Request(
            method=request.method,
            url=_url(request),
            headers=request.headers,
            body=await _body(request),
        )
        loop = asyncio.get_running_loop()
        delivery = await loop.run_in_executor(worker, self._respond, received)
        await asyncio.sleep(self._latency_s)
        if delivery.fault is not None and delivery.fault.kind == "refused":
            await self._listener.refuse(delivery.fault.amount)
        if delivery.response is None or delivery.response.status != SWITCHED:
            return await travel(delivery, request)
        if not web.WebSocketResponse().can_prepare(request):
            return whole(self._platform.refuse(Rejection("bad.request")))
        await asyncio.sleep(0 if delivery.fault is None else delivery.fault.amount)
        peer = await loop.run_in_executor(worker, self._attend, received)
        if isinstance(peer, Response):
            return whole(peer)
        return await self._sockets.attend(request, delivery.response, peer)

    def _respond(self, request: Request) -> Delivery:
        try:
            own = control.answer(Simulator(self._platform, self.faults), request)
            return self._outage.deliver(request) if own is None else Delivery(own)
        except Unavailable:
            return Delivery(self._platform.refuse(_UNAVAILABLE))

    def _attend(self, request: Request) -> Peer | Response:
        try:
            attended = self._platform.attend(request)
        except Unavailable:
            return self._platform.refuse(_UNAVAILABLE)
        if isinstance(attended, Response):
            return attended
        return FaultyPeer(attended, self.faults, token_of(request))


def _url(request: web.BaseRequest) -> str:
    """Return the absolute URL as it was sent, nothing decoded; a proxy's client sends all of it."""
    target = request.raw_path
    return f"http://{request.host}{target}" if target.startswith("/") else target


def _logger() -> logging.Logger:
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    """Say whether a log record tells of more than a client that hung up or spoke no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ConnectionError | HttpProcessingError | web.RequestPayloadError)


async def _body(request: web.BaseRequest) -> bytes:
    """Read the body, or one byte more of it than the platform takes."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            break
    return bytes(body)


def _not_listening(host: str, port: int, error: Exception) -> InvalidInput:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return InvalidInput(
            f"port {port} is in use", place=host, remedy="choose another port, or 0 for any free one"
        )
    return InvalidInput(
        f"cannot listen on port {port}: {error}",
        place=host,
        remedy="choose an address of this machine and a port that you may use",
    )
