"""Faults at a real socket: resets, a dripping, cut or exploding body, a port that refuses."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from jackfield.adapters.http import Response
from jackfield.adapters.simulator.faults.deliveries import Delivery
from jackfield.adapters.simulator.faults.sending import PIECE_BYTES

_RESET: Final = struct.pack("ii", 1, 0)
_MEMBER_BYTES: Final = 1_000_000
_MEMBERS: Final = 200
_MISSING_BYTES: Final = 100


async def travel(delivery: Delivery, request: web.BaseRequest) -> web.StreamResponse:
    """Send what was delivered the way that its fault has it."""
    fault, response = delivery.fault, delivery.response
    if response is None or fault is None or fault.kind == "drop-after":
        return whole(response) if response is not None and fault is None else reset(request)
    way = _WAYS.get(fault.kind)
    return whole(response) if way is None else await way(request, response, fault.amount)


def whole(response: Response) -> web.Response:
    """Return the response as the server sends it when nothing is wrong."""
    return web.Response(status=response.status, headers=response.headers, body=response.body)


def reset(request: web.BaseRequest) -> web.Response:
    """Reset the request's connection (RST, not FIN); what is returned is never sent."""
    abort(request.transport)
    return web.Response()


def abort(transport: asyncio.BaseTransport | None) -> None:
    """Reset a connection, if it still stands."""
    if not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
        return
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _late(_request: web.BaseRequest, response: Response, seconds: float) -> web.StreamResponse:
    await asyncio.sleep(seconds)
    return whole(response)


async def _drip(request: web.BaseRequest, response: Response, seconds: float) -> web.StreamResponse:
    started = await _start(request, response, len(response.body))
    for at in range(0, len(response.body), PIECE_BYTES):
        await started.write(response.body[at : at + PIECE_BYTES])
        await asyncio.sleep(seconds)
    return started


async def _cut(request: web.BaseRequest, response: Response, _seconds: float) -> web.StreamResponse:
    started = await _start(request, response, len(response.body) + _MISSING_BYTES)
    await started.write(response.body)
    if request.transport is not None:
        request.transport.close()
    return started


async def _explode(_request: web.BaseRequest, response: Response, _seconds: float) -> web.StreamResponse:
    member = gzip.compress(bytes(_MEMBER_BYTES), mtime=0)
    headers = {**response.headers, "content-encoding": "gzip"}
    return web.Response(status=response.status, headers=headers, body=member * _MEMBERS)


async def _start(request: web.BaseRequest, response: Response, length: int) -> web.StreamResponse:
    headers = {**response.headers, "content-length": str(length)}
    started = web.StreamResponse(status=response.status, headers=headers)
    await started.prepare(request)
    return started


_Way = Callable[[web.BaseRequest, Response, float], Awaitable[web.StreamResponse]]
_WAYS: Final[Mapping[str, _Way]] = {"slow": _late, "drip": _drip, "truncated": _cut, "bomb": _explode}
