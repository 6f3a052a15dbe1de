"""The stream of answers behind a socket: frames by the clock, until either side ends it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeVar

from aiohttp import WSMsgType, web

from jackfield.adapters.http import Response
from jackfield.adapters.simulator.platform.conversations import to_ms
from jackfield.adapters.simulator.platform.frames import Frame, Leaving
from jackfield.adapters.simulator.platform.streams import LARGEST_FRAME_BYTES, Peer
from jackfield.ports.clock import Clock

_Told = TypeVar("_Told")

_LOOK_S: Final = 0.05
_GOODBYE_S: Final = 0.5
_CUT: Final = 1_006
_GOING_AWAY: Final = 1_001
_TEXT: Final = 0x81
_SIXTEEN_BITS: Final = 126
_OF_THE_BODY: Final = frozenset({"content-type", "content-length"})


class WebSockets:
    """The open sockets of a server; everything is called on the loop's thread.

    What reads the store is done by *worker*, which is the server's only one.
    """

    def __init__(self, worker: Executor, clock: Clock) -> None:
        self._worker = worker
        self._clock = clock
        self._open = set[web.WebSocketResponse]()

    async def attend(self, request: web.BaseRequest, accepted: Response, peer: Peer) -> web.StreamResponse:
        """Serve one socket from its handshake to its end."""
        socket = web.WebSocketResponse(
            timeout=_GOODBYE_S, max_msg_size=LARGEST_FRAME_BYTES, compress=False, decode_text=True
        )
        socket.headers.update({n: v for n, v in accepted.headers.items() if n not in _OF_THE_BODY})
        try:
            await socket.prepare(request)
            self._open.add(socket)
            await self._converse(socket, request, peer)
        except ConnectionError:  # the client is gone
            pass
        finally:
            self._open.discard(socket)
            peer.close()
        return socket

    async def close(self) -> None:
        """Say goodbye to everybody."""
        await asyncio.gather(*(each.close(code=_GOING_AWAY) for each in tuple(self._open)))

    async def _converse(self, socket: web.WebSocketResponse, request: web.BaseRequest, peer: Peer) -> None:
        while not socket.closed:
            now = to_ms(self._clock.now())
            leaving = await self._ask(partial(peer.due, now)) if peer.asks(now) else peer.due(now)
            if not await _send_all(socket, request, leaving):
                return
            told = await self._hear(socket, peer)
            if told is not None:
                leaving = await self._ask(partial(peer.receive, told, to_ms(self._clock.now())))
                if not await _send_all(socket, request, leaving):
                    return

    async def _hear(self, socket: web.WebSocketResponse, peer: Peer) -> str | None:
        """Wait for a frame of the client until something is due; the clock may be moved meanwhile."""
        due = peer.next_due()
        left = _LOOK_S if due is None else (due - to_ms(self._clock.now())) / 1_000
        try:
            message = await socket.receive(timeout=min(max(left, 0.000_1), _LOOK_S))
        except TimeoutError:
            return None
        if message.type is WSMsgType.BINARY:
            return ""
        return message.data if message.type is WSMsgType.TEXT else None

    async def _ask(self, question: Callable[[], _Told]) -> _Told:
        return await asyncio.get_running_loop().run_in_executor(self._worker, question)


async def _send_all(socket: web.WebSocketResponse, request: web.BaseRequest, leaving: list[Leaving]) -> bool:
    """Send what leaves; say whether the socket goes on."""
    for each in leaving:
        if isinstance(each, Frame):
            await socket.send_str(each.text)
        elif each.code == _CUT:
            _cut(request, each.text.encode()[: each.sent], len(each.text.encode()))
            return False
        else:
            await socket.close(code=each.code)
            return False
    return True


def _cut(request: web.BaseRequest, part: bytes, whole: int) -> None:
    """End the connection in the middle of a frame of *whole* bytes."""
    transport = request.transport
    if transport is None:
        return
    if part:
        transport.write(_header(whole) + part)
    transport.close()


def _header(size: int) -> bytes:
    """Return the header of a text frame of at most 64 KiB as a server sends it, RFC 6455 §5.2."""
    if size < _SIXTEEN_BITS:
        return struct.pack("!BB", _TEXT, size)
    return struct.pack("!BBH", _TEXT, _SIXTEEN_BITS, size)
