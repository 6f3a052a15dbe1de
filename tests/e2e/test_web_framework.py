"""Two hundred answers in a web framework: all whole, on two threads of ours, and nobody else starved."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import uvicorn
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from jackfield import PromptDefinition, aio
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Assistant, Pace, Platform, Scripted
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings

STREAMS: Final = 200
ENOUGH: Final = 20
CALLS: Final = 32
ANSWER: Final = " ".join(f"word{n}" for n in range(20))
PROMPT: Final = PromptDefinition(
    name="refund", version="1.0.0", model="gpt-small", max_tokens=500, template="You help customers."
)
_PACE: Final = Pace(
    first=timedelta(milliseconds=300), shortest=timedelta(milliseconds=40), longest=timedelta(milliseconds=60)
)
_LONG_S: Final = 100.0
_LONG: Final = timedelta(seconds=_LONG_S)


@define
class Site:
    """A web site that streams answers at `/ask`, and tells at `/others` how many streams are under way.

    No stream goes on behind its first piece before enough of the others were answered while all are open.
    """

    core: Core
    streams: int = 0
    most: int = 0
    meanwhile: int = 0
    threads: set[str] = field(factory=set[str])

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/ask", self.ask), Route("/others", self.others)])

    async def ask(self, _: Request) -> StreamingResponse:
        assistants = self.core.acting_as("site", reason="a customer asks").assistants
        reply = await aio.call(
            assistants.ask,
            "refunds",
            PROMPT,
            values={},
            user="Where is it?",
            deadline=timedelta(seconds=_LONG_S),
        )

        async def body() -> AsyncIterator[str]:
            self.streams += 1
            self.most = max(self.most, self.streams)
            async for piece in aio.pieces(reply):
                self.threads |= {thread.name for thread in threading.enumerate()}
                yield piece
                while self.meanwhile < ENOUGH:
                    await asyncio.sleep(0.01)
            self.streams -= 1

        return StreamingResponse(body(), media_type="text/plain")

    def others(self, _: Request) -> PlainTextResponse:
        """On the framework's own threads, as a program that knows nothing of us."""
        self.meanwhile += self.streams == STREAMS
        return PlainTextResponse(str(self.streams))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = SystemClock()
    assistants = {"refunds": Assistant(scripts=[Scripted(text=ANSWER)], pace=_PACE)}
    platform = Platform(clock=clock, assistants=assistants)
    settings = Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=tmp_path / "state"
    )
    with build(settings, Parts(clock=clock, send=platform.send, dial=platform.dial)) as core:
        yield Site(core)


@contextmanager
def served(site: Site) -> Generator[int]:
    """Serve it on a thread while the block lasts; give its port."""
    server = uvicorn.Server(uvicorn.Config(site.app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(_LONG_S)


async def got(port: int, path: str) -> str:
    """The body of one request, by a connection of its own (HTTP/1.0: it ends with the connection)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.decode().partition("\r\n\r\n")[2]


async def visited(port: int) -> list[str]:
    """Ask 200 times at once, and ask for something else all the while."""
    asks = asyncio.gather(*(got(port, "/ask") for _ in range(STREAMS)))
    while not asks.done():
        await got(port, "/others")
    return await asks


def test_two_hundred_answers_stream_whole_while_other_requests_are_answered(site: Site) -> None:
    with served(site) as port:
        answers = asyncio.run(asyncio.wait_for(visited(port), _LONG_S))
    print(f"N={STREAMS} streams, {site.most} at once, {site.meanwhile} other requests answered meanwhile")
    assert set(answers) == {ANSWER}
    assert site.most == STREAMS
    assert {name for name in site.threads if name.startswith("jackfield-")} == {"jackfield-stream"}
    assert len([name for name in site.threads if name.startswith("jackfield_")]) <= CALLS
