"""A platform behind a gate: a call waits at it, and a test knows that the call is under way."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field, frozen

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, SimulatorServer
from tests import forks
from tests.e2e.command.conftest import COMMAND, Ran

CREATES: Final = "POST /api/v2/ai/llm/prompts"
LOGINS: Final = "POST /oauth/token"
SECONDS: Final = 60
"""How long anything is waited for; it ends at once when it happens."""


@define
class Gate:
    """Where the next calls of a kind wait until it is opened; it is open for all others."""

    url: str = ""
    stops: str = "none"
    _arrived: threading.Event = field(factory=threading.Event)
    _opened: threading.Event = field(factory=threading.Event)

    def close(self, stops: str) -> None:
        """Let calls wait of this method and path."""
        self._arrived.clear()
        self._opened.clear()
        self.stops = stops

    def open(self) -> None:
        """Let all through, from now on."""
        self.stops = "none"
        self._opened.set()

    def arrived(self) -> bool:
        """Say whether a call waits here."""
        return self._arrived.is_set()

    def wait(self, request: Request) -> None:
        """Wait, if the call is of that kind."""
        if f"{request.method} {urlsplit(request.url).path}" == self.stops:
            self._arrived.set()
            self._opened.wait(SECONDS)


class GatedPlatform(Platform):
    """A platform with a gate in front of it."""

    gate: Gate

    def send(self, request: Request) -> Response:
        """Answer, once the gate lets it through."""
        self.gate.wait(request)
        return super().send(request)


@contextmanager
def gated() -> Generator[Gate]:
    """Serve such a platform while the block lasts."""
    platform = GatedPlatform(clock=SystemClock())
    platform.gate = gate = Gate()
    with SimulatorServer(platform) as server:
        gate.url = server.url
        try:
            yield gate
        finally:
            gate.open()


@frozen
class Running:
    """A command that was started, and where it writes its errors."""

    process: subprocess.Popen[str]
    errors: Path

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def hears(self, text: str) -> None:
        """Wait until it has told so."""
        self._until(lambda: text in self.errors.read_text(encoding="utf-8"))

    def reaches(self, gate: Gate) -> None:
        """Wait until a call of it waits at the gate."""
        self._until(gate.arrived)

    def ends(self) -> Ran:
        """Wait for its end."""
        out, _ = self.process.communicate(timeout=SECONDS)
        return Ran(self.process.returncode, out, self.errors.read_text(encoding="utf-8"))

    def _until(self, so: Callable[[], bool]) -> None:
        ends = time.monotonic() + SECONDS
        while not so():
            assert self.process.poll() is None, self.errors.read_text(encoding="utf-8")
            assert time.monotonic() < ends, "nothing happened"
            time.sleep(0.01)


@contextmanager
def running(folder: Path, *line: str, stderr: int | None = None) -> Generator[Running]:
    """Run a command in a folder; kill it where the test does not end it."""
    told = folder / "errors.txt"
    with told.open("w", encoding="utf-8") as file:
        kind: type[subprocess.Popen[str]] = subprocess.Popen
        if line[0] == COMMAND:
            kind = forks.kind(os.environ)
        process = kind(
            line,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=file if stderr is None else stderr,
            text=True,
            env=dict(os.environ),
        )
    with process:
        try:
            yield Running(process, told)
        finally:
            process.kill()
