"""Answers in pieces: from memory, from a socket against a bare one, and how soon one is heard."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import timedelta
from statistics import median
from typing import Final

import orjson
from attrs import define, field
from websockets.sync.client import connect

from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.assistants import GenesysAssistants
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.genesys.stream.frames import Quiet, read, subscribe
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.events import StreamEvent
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.secrets import Secret
from jackfield.ports.assistants import ConversationId

_PIECES: Final = sized(50_000, small=5_000)
_TURNS: Final = sized(7, small=3)
_FIRSTS: Final = sized(200, small=20)
_STREAMS: Final = sized(200, small=50)
_EACH: Final = sized(200, small=20)
_PIECE: Final = "the quick brown "
_LIMIT: Final = 10_000_000
_SERVER: Final = """
import asyncio, sys, time, orjson
from websockets.asyncio.server import serve
from websockets.frames import Frame, Opcode

PIECE = "the quick brown "
READY = '{"type":"heartbeat"}'

def frame(kind, conversation, number, **more):
    data = {"conversationId": conversation, "sequence": number, **more}
    return orjson.dumps({"type": kind, "data": data}).decode()

def chunk(conversation, number, content=PIECE):
    return frame("aiResponseChunk", conversation, number, content=content)

def end(conversation, number):
    return frame("aiResponseComplete", conversation, number)

async def flood(connection, conversation, count):
    # what is measured is who receives: nothing is left to do here but to write
    texts = [chunk(conversation, number) for number in range(count)] + [end(conversation, count)]
    frames = b"".join(Frame(Opcode.TEXT, text.encode()).serialize(mask=False) for text in texts)
    await connection.send(READY)
    connection.transport.write(frames)

async def pace(connection, conversation, count):
    start = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number * 0.05 - time.monotonic()))
        await connection.send(chunk(conversation, number))
    await connection.send(end(conversation, count))

async def first(connection, conversation, _):
    await asyncio.sleep(0.005)
    await connection.send(chunk(conversation, 0, repr(time.monotonic())))
    await connection.send(end(conversation, 1))

async def talk(connection):
    tasks = set()
    async for message in connection:
        frame = orjson.loads(message)
        if frame["type"] == "subscribe":
            conversation = frame["data"]["conversationId"]
            kind, _, count = conversation.split("-", 2)
            way = {"flood": flood, "pace": pace, "first": first}[kind]
            tasks.add(asyncio.create_task(way(connection, conversation, int(count))))

async def main():
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def _assembler() -> Assembler:
    counter = UpperEstimate()
    return Assembler(Meter(_LIMIT, counter.count, counter.worst), _LIMIT)


@define(eq=False)
class _Heard:
    """One answer while it comes; `first_s` is how late its first piece was: its text is when it was sent."""

    assembler: Assembler = field(factory=_assembler)
    done: threading.Event = field(factory=threading.Event)
    first_s: float = 0.0
    began: float = 0.0
    ended: float = 0.0

    def hear(self, event: StreamEvent) -> None:
        """Take it."""
        self.began = self.began or time.perf_counter()
        taken = self.assembler.feed(event)
        if taken and not self.first_s and taken[0].isdigit():
            self.first_s = time.monotonic() - float(taken)
        if self.assembler.end is not None:
            self.ended = time.perf_counter()
            self.done.set()


def run() -> list[Row]:
    """Measure everything; of turns the median."""
    with _server() as port, closing(_gateway(port)) as gateway:
        ratios, ours, bare = _ratios(gateway, port)
        return [
            _row("from memory: parsed, assembled, held to the budget", _in_memory(), "1/s", ">= 50000"),
            _row("from a socket, bare websockets.sync", bare, "1/s"),
            _row("from a socket, heard and assembled", ours, "1/s"),
            _row("heard and assembled / bare", median(ratios), "ratio", ">= 0.7"),
            _row("the first piece after it was sent", _first_ms(gateway), "ms", "<= 3"),
            *_many(gateway),
        ]


def _row(what: str, measured: float, unit: str, reach: str = "-") -> Row:
    return Row(what=what, measured=measured, unit=unit, reach=reach)


def _in_memory() -> float:
    frames = [
        orjson.dumps(
            {"type": "aiResponseChunk", "data": {"conversationId": "c", "sequence": n, "content": _PIECE}}
        ).decode()
        for n in range(_PIECES)
    ]
    return median(_read_all(frames) for _ in range(_TURNS))


def _read_all(frames: list[str]) -> float:
    assembler, started = _assembler(), time.perf_counter()
    for frame in frames:
        said = read(frame)
        if not isinstance(said, Quiet):
            assembler.feed(said[1])
    took = time.perf_counter() - started
    assert len(assembler.meter.text) == len(frames) * len(_PIECE)
    return len(frames) / took


def _ratios(gateway: GenesysAssistants, port: int) -> tuple[list[float], float, float]:
    """Return the ratios of turns in a row, and both medians."""
    turns = [(_ours(gateway, turn), _bare(port, turn)) for turn in range(_TURNS)]
    return [o / b for o, b in turns], median(o for o, _ in turns), median(b for _, b in turns)


def _ours(gateway: GenesysAssistants, turn: int) -> float:
    heard = _Heard()
    _listen(gateway, f"flood-{turn}-{_PIECES}", heard)
    assert heard.done.wait(120)
    assert heard.assembler.end is End.COMPLETE
    return _PIECES / (heard.ended - heard.began)


def _bare(port: int, turn: int) -> float:
    with connect(f"ws://127.0.0.1:{port}/", compression=None, proxy=None) as connection:
        connection.send(subscribe(f"flood-{turn}-{_PIECES}", None))
        connection.recv()  # the server is ready to send
        connection.recv()
        started = time.perf_counter()
        for _ in range(_PIECES):
            connection.recv()
        return _PIECES / (time.perf_counter() - started)


def _first_ms(gateway: GenesysAssistants) -> float:
    late = list[float]()
    for number in range(_FIRSTS):
        heard = _Heard()
        _listen(gateway, f"first-{number}-1", heard)
        assert heard.done.wait(30)
        late.append(heard.first_s * 1e3)
    return median(late)


def _many(gateway: GenesysAssistants) -> list[Row]:
    """So many answers at once on one socket, 20 pieces a second each."""
    heard, started = [_Heard() for _ in range(_STREAMS)], time.perf_counter()
    for number, each in enumerate(heard):
        _listen(gateway, f"pace-{number}-{_EACH}", each)
    threads = sum(each.name == "jackfield-stream" for each in threading.enumerate()) + 1
    for each in heard:
        assert each.done.wait(120)
    late = time.perf_counter() - started - (_EACH - 1) * 0.05
    gaps = sum(each.assembler.end is not End.COMPLETE for each in heard)
    these = f"{_STREAMS} streams at once"
    return [
        _row(f"{these}: those that are not whole", gaps, "", "0"),
        _row(f"{these}: threads in all", threads, "", "2"),
        _row(f"{these}: behind their time at the end", late, "s"),
    ]


def _listen(gateway: GenesysAssistants, conversation: str, heard: _Heard) -> None:
    gateway.listen(
        ConversationId(conversation),
        heard.hear,
        cursor=lambda: heard.assembler.cursor,
        ends=time.monotonic() + timedelta(minutes=10).total_seconds(),
    )


def _gateway(port: int) -> GenesysAssistants:
    clock = SystemClock()
    policy = Policy(RequestsSend(), clock)
    lanes = [policy.lane(FixedToken(Secret("benchmark")))]
    client = Client(policy, lanes, hosts(base_url=f"http://127.0.0.1:{port}"))
    gateway = GenesysAssistants(client, WebSocketDial(), clock)
    gateway.ready(clock.monotonic() + 30)
    return gateway


@contextmanager
def _server() -> Generator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()
