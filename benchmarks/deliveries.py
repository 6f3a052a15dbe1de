"""Deliveries to a receiver on this machine: the whole way, with signatures, guard, ledger and socket."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from attrs import evolve

from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.testing.changes import change, event, prompt
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.deliveries import Deliveries
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings

_EVENTS: Final = sized(2_000, small=200)
_SUBJECTS: Final = 50


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.wfile.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve() -> None:
    """Receive until the process is ended; say where first."""
    server = _Server(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}/hooks", flush=True)
    server.serve_forever()


@contextmanager
def _receiver() -> Generator[str]:
    command = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _core(folder: Path, url: str) -> Core:
    endpoint = {"name": "bench", "url": url, "secret_env": "SECRET"}
    plugins = OwnPlugins(tables={"webhooks": {"endpoints": [endpoint]}})
    settings = Settings(
        target="bench",
        platform="simulator",
        organization=organization("acme"),
        folder=folder,
        rules=Rules(plugins=plugins),
    )
    return build(settings, Parts(plugged=Plugged(sources=(), environ={"SECRET": "whsec_c2VjcmV0"})))


def _fill(core: Core, turns: range) -> None:
    """Let something happen to every subject in each of its turns."""
    ids = itertools.count(turns.start * _SUBJECTS)
    names = [f"p{n}" for n in range(_SUBJECTS)]
    for turn in turns:
        made = (evolve(event(prompt(name)), id=f"{next(ids):032x}") for name in names)
        core.audit.ledger.commit(*(evolve(change(e.subject, turn), events=(e,)) for e in made))


def _timed(deliveries: Deliveries) -> float:
    begun = perf_counter()
    (passed,) = deliveries.run(timedelta(minutes=5))
    assert passed.delivered == _EVENTS, passed
    return _EVENTS / (perf_counter() - begun)


def run() -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, _receiver() as url, _core(Path(folder) / "s", url) as core:
        _fill(core, range(1))
        core.deliveries.run(timedelta(minutes=1))  # imports the client and opens its connections
        _fill(core, range(1, 1 + _EVENTS // _SUBJECTS))
        rate = _timed(core.deliveries)
        begun = perf_counter()
        for _ in range(200):
            core.deliveries.run(timedelta(seconds=1))
        idle = (perf_counter() - begun) / 200 * 1_000
    return [
        Row("webhooks to a receiver in a process of its own, 8 lanes", rate, "/s", "≥ 1,000"),
        Row("a pass with nothing to deliver", idle, "ms", "-"),
    ]
