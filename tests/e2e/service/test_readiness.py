"""A service whose ledger somebody else holds says that it is not ready, though nobody asks it to write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.service.served import Served, served, until

IDLE = "[service]\ndeliveries_s = 0\nsteps_s = 0\nsessions_s = 0\n"
HOLD = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _held(path: Path) -> Generator[None]:
    """Another process that writes, and does not end."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.kill()


def _ready(found: Served) -> tuple[int, Any]:
    status, said = found.ask("GET", "/readyz")
    return status, said["ledger"]


def test_a_ledger_that_is_held_is_noticed_while_nothing_is_written(tmp_path: Path) -> None:
    with served(tmp_path, settings=IDLE) as found:
        until(lambda: _ready(found)[0] == 200)
        (path,) = (tmp_path / "state").rglob("ledger.db")
        with _held(path):
            until(lambda: _ready(found)[0] == 503)
            said, alive = _ready(found), found.ask("GET", "/healthz")[0]
        until(lambda: _ready(found)[0] == 200)
        assert found.end() == 0
    assert (said, alive) == (
        (503, {"status": "failing", "detail": "it can be read, and not be written: Unavailable"}),
        200,
    )
