"""The service against a bare Falcon on granian that echoes the same bytes, in turns, over real sockets."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

import jackfield
from benchmarks.rows import Row

_CONNECTIONS: Final = 16
_SECONDS: Final = 2.0
_TURNS: Final = 3
_BODY: Final = json.dumps({"unit": "customer-1", "pin": None, "pad": "x" * 1_000}).encode()
_CHOICE: Final = b'{"unit": "customer-1"}'
BARE: Final = """
import asyncio, sys, threading
import falcon, orjson
from jackfield.entrypoints.service.servers.listening import Limits, listen, url_of
from granian._futures import _new_cbscheduler
from granian._granian import SocketHolder, WorkerSignal, WSGIWorker
from granian.constants import HTTPModes
from granian.wsgi import _callback_wrapper

class Echo:
    def on_post(self, request, response):
        response.data = orjson.dumps(orjson.loads(request.bounded_stream.read()))
        response.content_type = "application/json"

app = falcon.App()
app.add_route("/query", Echo())
listener = listen("127.0.0.1", 0)
listener.setblocking(False)
loop = asyncio.new_event_loop()
worker = WSGIWorker(1, (None, SocketHolder(listener.fileno(), False, 1024)), None, 1, 1, 64, 30, 2048,
    HTTPModes.http1, None, None, None, False, None, None, None, "tls1.3", None, [], False, (None, None))
worker.serve_mtr(_new_cbscheduler(loop, _callback_wrapper(app, {}), impl_asyncio=True), loop, WorkerSignal())
print('{"url": "' + url_of(listener) + '"}', flush=True)
threading.Event().wait()
"""
_OURS: Final = """
import threading
from pathlib import Path
import gc, orjson, sys
from jackfield.entrypoints.bootstrap import build
from jackfield.entrypoints.settings import resolve
from jackfield.entrypoints.service.access_log import AccessLog
from jackfield.entrypoints.service.app import Given, application, serving_of
from jackfield.entrypoints.service.bodies import read_body
from jackfield.entrypoints.service.running import measured
from jackfield.entrypoints.service.servers.granian import GranianServer
from jackfield.entrypoints.service.servers.listening import Limits, listen, url_of

def quick(serving):
    def answer(environ, exchange):
        exchange.route = "/echo"
        body = orjson.dumps(orjson.loads(read_body(environ)))
        return "200 OK", [("content-type", "application/json"), ("content-length", str(len(body)))], body
    return answer

core = build(measured(resolve(None)))
log = AccessLog()
log.start()
given = Given(log=log, direct={("POST", "/echo"): quick})
serving = serving_of(core, given)
listener = listen("127.0.0.1", 0)
server = GranianServer(application(serving, given), listener, Limits())
server.start()
gc.freeze()
print('{"url": "' + url_of(listener) + '"}', flush=True)
threading.Event().wait()
"""


@frozen
class Load:
    """What one turn gave."""

    rate: float
    p50_ms: float
    p99_ms: float


def run(seconds: float = _SECONDS, turns: int = _TURNS) -> list[Row]:
    """Measure all in turns, and return the medians and their ratios."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        environ = {**os.environ, "JACKFIELD_STATE": str(folder), "JACKFIELD_TARGET": "simulator"}
        _publish(folder)
        bare = stack.enter_context(running([sys.executable, "-c", BARE], environ))
        ours = stack.enter_context(running([sys.executable, "-c", _OURS], environ))
        loads = _loads(bare, ours, seconds, turns)
        started, rss = _start(environ)
    rows = list[Row]()
    echo = loads["bare echo"]
    for what, one in loads.items():
        rows += [
            Row(what=f"{what}, requests a second", measured=one.rate, unit="/s", reach="-"),
            Row(what=f"{what}, p99", measured=one.p99_ms, unit="ms", reach="-"),
        ]
    direct = loads["frame around an echo"]
    return [
        *rows,
        Row(what="frame / bare echo", measured=direct.rate / echo.rate, unit="ratio", reach=">= 0.7"),
        Row(what="frame p99 / bare p99", measured=direct.p99_ms / echo.p99_ms, unit="ratio", reach="<= 2"),
        Row(what="choose / bare echo", measured=loads["choose"].rate / echo.rate, unit="ratio", reach="-"),
        Row(what="start to ready", measured=started, unit="s", reach="<= 1"),
        Row(what="memory when ready", measured=rss, unit="MiB", reach="<= 100"),
    ]


def _publish(folder: Path) -> None:
    prompt = jackfield.PromptDefinition(
        name="refund", version="1.0.0", model="gpt-small", max_tokens=500, template="You help customers."
    )
    with jackfield.open("simulator", state=folder) as core:
        core.acting_as("bench", reason="bench").prompts.publish(prompt)


def _loads(bare: str, ours: str, seconds: float, turns: int) -> dict[str, Load]:
    wanted = {
        "bare echo": (bare, request("/query", _BODY)),
        "frame around an echo": (ours, request("/echo", _BODY)),
        "choose": (ours, request("/v1/prompts/refund/choose", _CHOICE)),
        "healthz": (ours, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    }
    found = dict[str, list[Load]]()
    for _ in range(turns):
        for what, (url, asked) in wanted.items():
            found.setdefault(what, []).append(load(url, asked, seconds))
    return {what: medians(loads) for what, loads in found.items()}


def medians(loads: Sequence[Load]) -> Load:
    return Load(
        median(each.rate for each in loads),
        median(each.p50_ms for each in loads),
        median(each.p99_ms for each in loads),
    )


def request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def load(url: str, asked: bytes | Iterator[bytes], seconds: float) -> Load:
    """Ask on several connections at the same time, each again when it is answered: the same, or the next."""
    given = repeat(asked) if isinstance(asked, bytes) else asked
    where, times, sent = urlsplit(url), list[float](), dict[int, float]()
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        lines = dict[int, socket.socket]()
        for _ in range(_CONNECTIONS):
            line = stack.enter_context(socket.create_connection((where.hostname or "", where.port or 0)))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines[line.fileno()] = line
            poll.register(line.fileno(), select.EPOLLIN)
            line.sendall(next(given))
            sent[line.fileno()] = time.perf_counter()
        begun = time.perf_counter()
        while (now := time.perf_counter()) < begun + seconds:
            for number, _ in poll.poll(1):
                assert lines[number].recv(65_536).startswith(b"HTTP/1.1 200")
                now = time.perf_counter()
                times.append(now - sent[number])
                lines[number].sendall(next(given))
                sent[number] = now
    times.sort()
    return Load(len(times) / seconds, times[len(times) // 2] * 1_000, times[int(len(times) * 0.99)] * 1_000)


@contextmanager
def running(command: Sequence[str], environ: dict[str, str]) -> Generator[str]:
    """A server in a process of its own; give its URL."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield _url(process)
        finally:
            process.kill()


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    while "}" not in said:
        line = process.stdout.readline()
        assert line, "it ended"
        said += line
    url: str = json.loads(said)["url"]
    return url


def _start(environ: dict[str, str], times: int = 5) -> tuple[float, float]:
    """Return how long the command takes until it answers (the best of some), and its memory then."""
    command = [sys.executable, "-m", "jackfield", "serve", "--port", "0", "--format", "json"]
    took, rss = list[float](), list[float]()
    for _ in range(times):
        begun = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True
        ) as process:
            _ready(_url(process))
            took.append(time.perf_counter() - begun)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            rss.append(next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1_024)
            process.terminate()
    return min(took), max(rss)


def _ready(url: str) -> None:
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as line:
        line.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
