"""State machines of several processes over one simulated platform: any of them may be killed at any step.

Their clock moves and steps. On PostgreSQL each process has a machine of its own, and each run of a state
machine is an organization of its own in one database.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar, Final

from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.proofs.mortals import Life, MortalLine

PROCESSES: Final = 3
SECOND: Final = timedelta(seconds=1)


class Processes(RuleBasedStateMachine):
    """Several processes, by their numbers, and the clocks of all."""

    router: ClassVar[Router] = Router.LOCAL

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jackfield-proof-"))
        self.clock, self.platforms_clock = FrozenClock(), FrozenClock()
        self.line = Line(Platform(clock=self.platforms_clock).send)
        self.cores = list[Core]()
        self.lives = [Life() for _ in range(PROCESSES)]

    def settings_of(self, number: int) -> Settings:
        """All share one state folder, whatever their number."""
        del number
        return Settings(
            target="test",
            platform="simulator",
            organization=organization("acme"),
            folder=self.folder / "root" / "state",
            router=self.router,
        )

    def new_core(self, number: int) -> Core:
        """Open the core of a new process in the place of an old one, with a life of its own."""
        life = self.lives[number] = Life()
        core = build(self.settings_of(number), Parts(clock=self.clock, send=MortalLine(self.line, life)))
        self.cores.append(core)
        return core

    def passes(self, duration: timedelta) -> None:
        """Let time pass for all."""
        self.clock.advance(duration)
        self.platforms_clock.advance(duration)

    def teardown(self) -> None:
        """Whatever was done, the log verifies."""
        self.cores[0].audit.verify()
        for core in self.cores:
            core.close()
        shutil.rmtree(self.folder)


class OnPostgres(Processes):
    """The same with a machine for each process, and one ledger of all; with a process its sessions end."""

    url: ClassVar[str] = ""
    numbers_of_runs: ClassVar[count[int]] = count()

    def __init__(self) -> None:
        self.run_number = next(self.numbers_of_runs)
        self.alive = dict[int, Core]()
        super().__init__()

    def settings_of(self, number: int) -> Settings:
        """Each has a folder of its own."""
        return evolve(
            super().settings_of(number),
            organization=organization(f"acme-{self.run_number}"),
            folder=self.folder / "root" / f"machine-{number}",
            ledger=Secret(self.url),
        )

    def new_core(self, number: int) -> Core:
        """Open one, where the old one is closed."""
        if number in self.alive:
            self.alive[number].close()
        core = self.alive[number] = super().new_core(number)
        self.cores = list(self.alive.values())
        return core


def run(
    machine: type[Processes], examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)
) -> None:
    """Run a state machine so often, for so many steps at most."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        ),
    )


def told(seen: Counter[str]) -> str:
    """Say how often each was seen."""
    return ", ".join(f"{what} {times}" for what, times in sorted(seen.items()))
