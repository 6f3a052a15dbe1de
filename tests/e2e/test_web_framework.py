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
CALLS: Final = 32
ANSWER: Final = " ".join(f"word{n}" for n in range(20))
PROMPT: Final = PromptDefinition(
    name="refund", version="1.0.0", model="gpt-small", max_tokens=500, template="You help customers."
)
_PACE: Final = Pace(
    first=timedelta(milliseconds=300), shortest=timedelta(milliseconds=40), longest=timedelta(milliseconds=60)
)
_LONG_S: Final = 60.0
_LONG: Final = timedelta(seconds=_LONG_S)


@define
class Site:
    """A web site that streams answers at `/ask`, and tells at `/others` how many streams are under way."""

    core: Core
    streams: int = 0
    most: int = 0
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
            self.streams -= 1

        return StreamingResponse(body(), media_type="text/plain")

    def others(self, _: Request) -> PlainTextResponse:
        """On the framework's own threads, as a program that knows nothing of us."""
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


async def visited(port: int) -> tuple[list[str], list[int]]:
    """Ask 200 times at once, and ask for something else all the while."""
    asks = asyncio.gather(*(got(port, "/ask") for _ in range(STREAMS)))
    others = list[int]()
    while not asks.done():
        others.append(int(await got(port, "/others")))
    return await asks, others


def test_two_hundred_answers_stream_whole_while_other_requests_are_answered(site: Site) -> None:
    with served(site) as port:
        answers, others = asyncio.run(asyncio.wait_for(visited(port), _LONG_S))
    streams = [count for count in others if count > STREAMS // 2]
    print(f"N={STREAMS} streams, {site.most} at once, {len(streams)} other requests answered meanwhile")
    assert set(answers) == {ANSWER}
    assert site.most > STREAMS // 2
    assert len(streams) > 10
    assert {name for name in site.threads if name.startswith("jackfield-")} == {"jackfield-stream"}
    assert len([name for name in site.threads if name.startswith("jackfield_")]) <= CALLS
