"""Promise PG: V1 of rollouts with a machine for each process, on one platform and one PostgreSQL ledger."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.proofs import test_one_rollout as v1
from tests.proofs.mortals import Life, MortalLine, mortal, mortal_rollouts
from tests.proofs.sizes import sized

EXAMPLES = sized(3, full=100)
STEPS = sized(20, full=50)


class Shared(v1.OneRollout):
    """The state machine of V1; each of its runs is an organization of its own in one database."""

    url: ClassVar[str] = ""
    numbers_of_runs: ClassVar[count[int]] = count()

    def __init__(self) -> None:
        self.run_number = next(self.numbers_of_runs)
        self.alive = dict[int, Core]()
        super().__init__()

    def start_process(self, number: int) -> None:
        """A new process in the place of an old one, on its own machine; with the old one its sessions end."""
        life = self.lives[number] = Life()
        own = Settings(
            target="test",
            platform="simulator",
            organization=organization(f"acme-{self.run_number}"),
            folder=self.folder / "root" / f"machine-{number}",
            router=self.router,
            ledger=Secret(self.url),
        )
        if number in self.alive:
            self.alive[number].close()
        core = self.alive[number] = build(own, Parts(clock=self.clock, send=MortalLine(self.line, life)))
        self.cores = list(self.alive.values())
        self.prompts[number : number + 1] = [mortal(core, life, f"process-{number}")]
        self.processes[number : number + 1] = [mortal_rollouts(core, life, f"process-{number}")]


class SharedAndRouted(Shared):
    """The same where the platform routes."""

    router = Router.PLATFORM


@pytest.mark.parametrize("machine", [Shared, SharedAndRouted])
def test_one_rollout_at_most_runs_on_several_machines(postgres: str, machine: type[Shared]) -> None:
    v1.seen.clear()
    Shared.url = postgres
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        ),
    )
    told = ", ".join(f"{what} {count}" for what, count in sorted(v1.seen.items()))
    print(f"\nPG V1, rollouts, router {machine.router}: {EXAMPLES} runs of up to {STEPS} steps ({told})")
