"""A server's port, which can refuse connections for a while."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from jackfield.adapters.simulator.faults.sockets import abort

_AGAIN_S: Final = 0.05


class Listener:
    """Listens with *runner* on an address; everything is called on the loop's thread."""

    def __init__(self, runner: web.ServerRunner, host: str, port: int) -> None:
        self._runner = runner
        self._host = host
        self._port = port
        self._refusing: asyncio.Task[None] | None = None

    async def listen(self) -> int:
        """Listen, and return the port; raise `OSError` when that cannot be."""
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await site.stop()
            raise
        self._port = int(self._runner.addresses[0][1])
        return self._port

    async def refuse(self, seconds: float) -> None:
        """Refuse connections for so long, and reset those that stand; a port that refuses goes on so."""
        if self._refusing is not None and not self._refusing.done():
            return
        self._refusing = asyncio.ensure_future(self._reopen(seconds))
        for site in list(self._runner.sites):  # first: whoever is reset may come again at once
            await site.stop()
        server = self._runner.server
        for connection in server.connections if server else ():
            abort(connection.transport)

    async def close(self) -> None:
        """Stop what was begun, and release the port."""
        if self._refusing is not None:
            self._refusing.cancel()
        await self._runner.cleanup()

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while not await self._opened():
            await asyncio.sleep(_AGAIN_S)

    async def _opened(self) -> bool:
        try:
            await self.listen()
        except OSError:  # somebody else may hold the port for a moment
            return False
        return True
