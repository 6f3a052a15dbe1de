"""Processes that step one rollout when told: one platform, one PostgreSQL ledger, a clock that is set."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.unit.services.conftest import FIRST, NAME, version
from tests.unit.services.rollouts.callers import tell_all

CANDIDATE: Final = "1.1.0"
UNITS: Final = 200
_PATIENCE_S: Final = 60
# Each is made of one that has imported everything, which takes longer than all else.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def opened(url: str, folder: Path, clock: FrozenClock) -> Core:
    """A core whose platform is in *folder*, and routes; its ledger is at *url*."""
    own = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=folder,
        router=Router.PLATFORM,
        ledger=Secret(url),
    )
    return build(own, Parts(clock=clock))


def begin(core: Core, moves: int) -> None:
    """Start a rollout that goes on as often as *moves* before it ends."""
    me = core.acting_as("mina", reason="CHG-1")
    me.prompts.publish(FIRST)
    me.prompts.publish(version(CANDIDATE))
    shares = (*(f"{50 + number / 2:g}%" for number in range(moves)), "100%")
    me.rollouts.start(NAME, CANDIDATE, shares=shares, guard=Guard(success_margin=0.9), least=timedelta())


def go_well(core: Core, step: int) -> None:
    """Tell of as many outcomes as let the rollout go on from this step."""
    tell_all(core, UNITS, step=step)


def agrees(core: Core) -> bool:
    """Whether the platform has live, and routes, what the record says."""
    status = core.prompts.status(NAME)
    return status.platform.drift is False and status.split is None


@frozen
class Stepper:
    """One process; whoever tells it to step says what time it is."""

    process: BaseProcess
    line: Connection

    def tell(self, clock: FrozenClock) -> None:
        self.line.send(clock.monotonic())

    def hear(self) -> str:
        """Return what it did; raise `EOFError` if it died."""
        assert self.line.poll(_PATIENCE_S)
        return str(self.line.recv())

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


def start(url: str, folder: Path) -> Stepper:
    """Start one, and wait until it is ready."""
    mine, its = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_step_when_told, args=(its, url, folder), daemon=True)
    process.start()
    its.close()
    stepper = Stepper(process, mine)
    assert stepper.hear() == "ready"
    return stepper


@contextmanager
def started(url: str, folder: Path, number: int) -> Generator[dict[int, Stepper]]:
    """Start several, by their process ids; whatever is in it at the end is killed."""
    steppers = {each.process.pid or 0: each for each in (start(url, folder) for _ in range(number))}
    try:
        yield steppers
    finally:
        for each in steppers.values():
            each.kill()


def _step_when_told(line: Connection, url: str, folder: Path) -> None:
    clock = FrozenClock()
    with opened(url, folder, clock) as core:
        core.audit.verify()  # opens the ledger
        line.send("ready")
        while True:
            clock.advance(timedelta(seconds=line.recv() - clock.monotonic()))
            line.send(_stepped(core))


def _stepped(core: Core) -> str:
    try:
        stepped = core.acting_as("cron", reason="at once").rollouts.step(NAME)
    except Conflict:
        return "conflict"
    return stepped.move.act.value if stepped.changed else "nothing"
