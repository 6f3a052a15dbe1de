"""How long an import, the command's help, and a live version take that is read with everything away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import apsw

from benchmarks.rows import Row
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings

ROUNDS: Final = 15
LEDGER: Final = Path("state", "away", "ledger.db")
AWAY: Final = """\
[live]
platform = true
[targets.away]
platform = "genesys"
base_url = "http://127.0.0.1:9"
organization = "bench"
"""
READ: Final = """\
import jackfield
with jackfield.open() as core:
    live = core.prompts.live("refund")
    assert (live.number, live.source) == ("1.0.0", "disk"), live
"""


def run() -> list[Row]:
    """Return milliseconds: the import alone, and whole processes."""
    command = str(Path(sys.executable).parent / "jackfield")
    bare, imported, helped = _interleaved(
        [sys.executable, "-c", "pass"], [sys.executable, "-c", "import jackfield"], [command, "--help"]
    )
    with _away() as folder:
        locked = _read_locked(folder)
        (folder / LEDGER).write_bytes(b"damaged " * 1000)
        damaged = _read(folder)
    return [
        Row("import jackfield, over the bare interpreter", imported - bare, "ms", "<= 40"),
        Row("jackfield --help, the whole process", helped, "ms", "<= 250"),
        Row("last known good, whole process, platform away, ledger damaged", damaged, "ms", "<= 300"),
        Row("last known good, whole process, platform away, ledger locked", locked, "ms", "<= 300"),
    ]


@contextmanager
def _away() -> Generator[Path]:
    """A folder with a target whose platform cannot be reached; its last known good is on disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(
            target="away",
            platform="simulator",
            organization=organization("bench"),
            folder=folder / "state" / "away",
        )
        definition = PromptDefinition(
            name="refund", version="1.0.0", model="m", max_tokens=900, template="Be kind. " * 200
        )
        with build(settings, Parts(send=Platform(clock=SystemClock()).send)) as core:
            core.acting_as("bench", reason="measuring").prompts.publish(definition)
        (folder / "jackfield.toml").write_text(AWAY, encoding="utf-8")
        yield folder


def _read(folder: Path) -> float:
    """With bytecode, as an installed package has it, whatever this process is told of writing some."""
    environ = {**os.environ, "JACKFIELD_STATE": str(folder / "state")}
    environ |= {"GENESYS_CLIENT_ID": "a", "GENESYS_CLIENT_SECRET": "b"}
    environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    command = [sys.executable, "-c", READ]
    _timed(command, folder, environ)
    return median(_timed(command, folder, environ) for _ in range(ROUNDS))


def _read_locked(folder: Path) -> float:
    with closing(apsw.Connection(str(folder / LEDGER))) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        return _read(folder)


def _interleaved(*commands: Sequence[str]) -> list[float]:
    rounds = [[_timed(command) for command in commands] for _ in range(ROUNDS)]
    return [median(times) for times in zip(*rounds, strict=True)]


def _timed(
    command: Sequence[str], folder: Path | None = None, environ: dict[str, str] | None = None
) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environ)
    return (time.perf_counter() - start) * 1000
