"""The command as its users run it: in this process where speed matters, else in one of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import frozen

from jackfield.entrypoints.cli.run import run
from tests import forks

COMMAND: Final = shutil.which("jackfield", path=str(Path(sys.executable).parent)) or "jackfield"
CLIENT: Final = "a-client"
SECRET: Final = "canary-client-secret"
PROMPT: Final = """\
---
name: {name}
version: {version}
model: gpt-small
max_tokens: 512
variables:
  - name: customer
    max_length: 100
---
Greet {{{{customer}}}} {manner}.
"""
_OURS: Final = re.compile(r"JACKFIELD|GENESYS|^CI_|GITHUB_|BUILD|CIRCLE|COLUMNS|NO_COLOR|FORCE_COLOR|^TERM$")


@frozen
class Ran:
    """One run of the command: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote for programs."""
        return json.loads(self.out)

    @property
    def all(self) -> str:
        """Everything that was to be seen."""
        return self.out + self.err


@frozen
class House:
    """A folder with prompt files and a state folder, and the command run in it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Ran:
        """Run the command in this process."""
        self.capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = self.capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def apart(self, *arguments: str | Path, **environ: str) -> Ran:
        """Run the command in a process of its own."""
        words = [str(argument) for argument in arguments]
        done = forks.run(COMMAND, *words, cwd=self.folder, env={**os.environ, **environ})
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def apart_by_shell(self, line: str) -> Ran:
        """Run a line of bash."""
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, capture_output=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def write(self, version: str, manner: str, name: str = "greeting") -> Path:
        """Write a prompt file."""
        path = self.folder / f"{name}-{version}.prompt"
        path.write_text(PROMPT.format(name=name, version=version, manner=manner), encoding="utf-8")
        return path

    def publish(self, *versions: str) -> None:
        """Publish versions of `greeting`, each with its own content."""
        for version in versions:
            assert self("publish", self.write(version, f"as {version} does")).code == 0

    def settings(self, text: str) -> None:
        """Write `jackfield.toml`."""
        (self.folder / "jackfield.toml").write_text(text, encoding="utf-8")

    def audited(self) -> list[tuple[str, str]]:
        """The type and outcome of every entry of the audit log."""
        return [(e["type"], e["outcome"]) for e in self("audit", "list", "--format", "json").json["entries"]]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> House:
    for name in list(os.environ):
        if _OURS.search(name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("JACKFIELD_ACTOR", "mina")
    monkeypatch.chdir(tmp_path)
    return House(tmp_path, capsys)


@contextmanager
def simulated(*options: str) -> Generator[str]:
    """Run `jackfield simulate` while the block lasts; it ends at Ctrl-C, with 0."""
    arguments = [COMMAND, "simulate", "--port", "0", "--format", "json", *options]
    with forks.kind(os.environ)(arguments, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            lines = iter(server.stdout.readline, "}\n")
            yield str(json.loads("".join(lines) + "}")["url"])
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) == 0


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A simulated platform for many tests: each needs prompt names of its own."""
    with simulated("--client", f"{CLIENT}:{SECRET}", "--no-limits") as where:
        yield where


@pytest.fixture
def platform(house: House, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A target `prod` on the simulated platform, with credentials; its URL."""
    house.settings(
        f'default = "prod"\n[targets.prod]\nplatform = "genesys"\nbase_url = "{url}"\n'
        '[targets.closed]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n'
        "[calls]\nunreached_base_s = 0.01\n"
    )
    monkeypatch.setenv("GENESYS_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    return url


def keys(document: Mapping[str, Any]) -> list[str]:
    """The keys of a document, in their order."""
    return list(document)
