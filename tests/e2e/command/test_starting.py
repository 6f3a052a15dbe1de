"""Ctrl-C before there is anything to end, and in commands that change nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.gates import LOGINS, SECONDS, gated, running

_INTERRUPTED = """
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {at!r}:
            signal.raise_signal(signal.SIGINT)

{before}
sys.meta_path.insert(0, Interrupting())
sys.argv = ["jackfield", "--version"]
from jackfield.entrypoints.cli import main
main()
"""


def started(at: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Start the command in a process that is interrupted when a module is loaded."""
    code = _INTERRUPTED.format(at=at, before=before)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.parametrize(
    "at", ["jackfield.entrypoints.cli.run", "click", "attrs", "jackfield.domain.model.errors"]
)
def test_ctrl_c_while_the_command_is_loaded_is_one_line(at: str) -> None:
    done = started(at)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    done = started("click", "signal.signal(signal.SIGINT, signal.SIG_IGN)")
    assert (done.returncode, done.stdout.startswith("jackfield "), done.stderr) == (0, True, "")


_PROGRAM = """
import gc, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {at!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
gc.set_threshold(500, 5, 5)
sys.argv = ["jackfield", "--version"]
from jackfield.entrypoints.cli import main
try:
    main({given})
except SystemExit as end:
    print(end.code, signal.getsignal(signal.SIGINT) is signal.default_int_handler, gc.get_threshold())
"""


@pytest.mark.parametrize(
    ("at", "given", "ends"),
    [
        ("nowhere", "", "0 True (500, 5, 5)"),
        ("nowhere", "['--version']", "0 True (500, 5, 5)"),
        ("jackfield.entrypoints.cli.run", "['--version']", "130 True (500, 5, 5)"),
    ],
)
def test_a_program_that_calls_the_command_has_its_ctrl_c_and_its_garbage_back(
    at: str, given: str, ends: str
) -> None:
    code = _PROGRAM.format(at=at, given=given)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:], done.stderr) == (0, [ends], "")


def test_nothing_slow_is_loaded_before_ctrl_c_is_caught() -> None:
    code = "import sys; from jackfield.entrypoints.cli import main; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout.split()
    assert not {"typing", "click", "attrs", "re"} & set(loaded)


def test_ctrl_c_in_a_command_that_only_reads_speaks_of_no_change(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
    said = tmp_path / "call.txt"
    said.write_text("I want my money back", encoding="utf-8")
    with gated() as gate:
        house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{gate.url}"\n')
        gate.close(LOGINS)
        asks = ("advice", "query", str(said), "--conversation", "c-1", "--agent", "a-1", "--deadline", "60s")
        with running(house.folder, COMMAND, *asks) as process:
            process.reaches(gate)
            process.send(signal.SIGINT)
            ran = process.ends()
        gate.open()
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "interrupted")
