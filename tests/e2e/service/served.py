"""A service in a process of its own, and clients that speak to it by hand."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define

PATIENCE_S: Final = 30.0
_HEAD: Final = re.compile(rb"HTTP/1\.1 (\d{3})")


@define
class Served:
    """A running service: where it is, and what it said when it ended."""

    process: subprocess.Popen[bytes]
    url: str
    errors: Path

    def connect(self) -> socket.socket:
        where = urlsplit(self.url)
        assert where.hostname is not None
        found = socket.create_connection((where.hostname, where.port or 80))
        found.settimeout(PATIENCE_S)
        return found

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        with self.connect() as line:
            line.sendall(request(method, path, data, headers))
            return answered(line)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    @property
    def told(self) -> str:
        return self.errors.read_text(encoding="utf-8")


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request that asks for the connection to be closed behind it."""
    own = {"host": "127.0.0.1", "connection": "close", **(headers or {})}
    if body:
        own |= {"content-type": "application/json", "content-length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in own.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def answered(line: socket.socket) -> tuple[int, Any]:
    """The status and the document of an answer that ends with its connection."""
    data = b""
    while chunk := line.recv(65_536):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    found = _HEAD.match(head)
    assert found is not None, data[:200]
    is_json = b"json" in head.lower()
    return int(found[1]), json.loads(body) if is_json and body else body


@contextmanager
def served(folder: Path, *arguments: str, settings: str = "", **environ: str) -> Generator[Served]:
    """Serve the simulator, or what *settings* say; at the end it is killed if it still runs."""
    (folder / "jackfield.toml").write_text(settings or "[service]\n", encoding="utf-8")
    errors = folder / "stderr"
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "jackfield", "serve", "--port", "0", "--format", "json", *arguments],
            cwd=folder,
            env=environment(folder) | environ,
            stdout=subprocess.PIPE,
            stderr=file,
        )
    assert process.stdout is not None
    try:
        said = b""
        while b"}" not in said:
            line = process.stdout.readline()
            assert line, errors.read_text()
            said += line
        yield Served(process, json.loads(said)["url"], errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def environment(folder: Path) -> dict[str, str]:
    """The environment of a command that works in *folder* alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JACKFIELD", "GENESYS"))}
    return {
        **kept,
        "JACKFIELD_STATE": str(folder / "state"),
        "JACKFIELD_CONFIG": str(folder / "jackfield.toml"),
    }


def until(found: Callable[[], bool]) -> None:
    """Wait until it is so."""
    ends = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < ends
        time.sleep(0.02)
