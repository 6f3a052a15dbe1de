"""V1 with real processes: killed at every step of a change, and settled by exactly one of several."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from jackfield.adapters.clock import ShiftedClock
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.forks import Forked
from tests.proofs.sizes import sized
from tests.unit.services.conftest import FIRST, NAME, version

RACERS = sized(2, full=6)
POINTS = ("before the intent", "before the call", "after the call")
PROMOTED = {"before the intent": False, "before the call": False, "after the call": True}

PROCESS = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from jackfield.adapters.clock import ShiftedClock
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings

folder, role, seconds, number = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]
clock = ShiftedClock()
clock.advance(timedelta(seconds=seconds))
platform = Platform(clock=clock, store=FileStore(folder / "simulator.db"))

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def send(request):
    if request.method == "PUT" and role == "before the call":
        die()
    response = platform.send(request)
    if request.method == "PUT" and role == "after the call":
        die()
    return response

settings = Settings(
    target="test", platform="simulator", organization=organization("acme"), folder=folder / "state"
)
with build(settings, Parts(clock=clock, send=send)) as core:
    me = core.acting_as(f"process {number}", reason=role).prompts
    me.operations.gateway.find("escalation")  # a token
    wanted = me.version("escalation", "1.1.0")
    if role == "before the intent":
        SqliteLedger.commit = lambda *_: die()
    if role in {"racer", "promoter"}:
        print("ready", flush=True)
        sys.stdin.readline()
    try:
        if role == "racer":
            me.unfreeze("escalation")
        elif role == "promoter":
            before = me.version("escalation", "1.0.0")
            me.promote(me.version("escalation", f"1.{number}.0"), expecting=before)
        else:
            me.promote(wanted)
        print("done")
    except Conflict as error:
        print(f"conflict: {error}")
"""


def start(folder: Path, role: str, *, seconds: float = 0.0, number: int = 0) -> subprocess.Popen[str]:
    arguments = [str(folder), role, str(seconds), str(number)]
    return Forked(
        ["-c", PROCESS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def opened(folder: Path) -> Core:
    platform = Platform(clock=ShiftedClock(), store=FileStore(folder / "simulator.db"))
    settings = Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=folder / "state"
    )
    return build(settings, Parts(send=platform.send))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """1.0.0 and 1.1.0 are published, 1.0.0 is live."""
    tmp_path.chmod(0o700)
    with opened(tmp_path) as core:
        me = core.acting_as("mina", reason="-").prompts
        me.publish(FIRST)
        me.publish(version("1.1.0"))
    return tmp_path


def race(folder: Path, seconds: float, count: int) -> list[str]:
    """Let several processes change the prompt at once, and return what each said."""
    racers = [start(folder, "racer", seconds=seconds, number=number) for number in range(count)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    told = [racer.communicate() for racer in racers]
    assert [err for _, err in told] == [""] * count
    return [out.strip() for out, _ in told]


def one_more(folder: Path) -> str:
    """Change the prompt from here, and return what came of it."""
    with opened(folder) as core:
        try:
            core.acting_as("another process", reason="at once").prompts.unfreeze(NAME)
        except Conflict as error:
            return str(error)
    return "done"


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_is_killed_leaves_what_one_other_settles(folder: Path, point: str) -> None:
    killed = start(folder, point)
    _, err = killed.communicate()
    assert (killed.returncode, err) == (-signal.SIGKILL, "")

    early = one_more(folder)
    late = race(folder, 121, RACERS)

    left = point != "before the intent"
    assert ("is under way since" in early) is left
    assert "done" in late
    assert all(each == "done" or "settled" in each or "at the same moment" in each for each in late)
    with opened(folder) as core:
        status = core.prompts.status(NAME)
        assert (status.pending, status.platform.drift) == (None, False)
        assert (core.prompts.live(NAME).number == "1.1.0") is PROMOTED[point]
        recoveries = [e for e in core.audit.entries() if (e.event.payload or {}).get("recovered")]
        assert [e.event.actor for e in recoveries] == (["process 0"] if left else [])
        core.audit.verify()
    print(f"\nV1: SIGKILL {point}, {RACERS} processes came: one settled it, {late.count('done')} went on")
