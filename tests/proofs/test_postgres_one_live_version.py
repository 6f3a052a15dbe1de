"""Promise PG: V1 with a machine for each process, on one platform and one PostgreSQL ledger."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.proofs import test_one_live_version as v1
from tests.proofs.mortals import Life, MortalLine, mortal
from tests.proofs.sizes import sized

EXAMPLES = sized(5, full=100)
STEPS = sized(25, full=50)


class Shared(v1.OneLiveVersion):
    """The state machine of V1; each of its runs is an organization of its own in one database."""

    url: ClassVar[str] = ""
    numbers_of_runs: ClassVar[count[int]] = count()

    def __init__(self) -> None:
        self.run_number = next(self.numbers_of_runs)
        self.alive = dict[int, Core]()
        super().__init__()

    def started(self, number: int) -> ActingPrompts:
        """A new process in the place of an old one, on its own machine; with the old one its sessions end."""
        life = self.lives[number] = Life()
        own = Settings(
            target="test",
            platform="simulator",
            organization=organization(f"acme-{self.run_number}"),
            folder=self.folder / "root" / f"machine-{number}",
            ledger=Secret(self.url),
        )
        if number in self.alive:
            self.alive[number].close()
        core = self.alive[number] = build(own, Parts(clock=self.clock, send=MortalLine(self.line, life)))
        self.cores = list(self.alive.values())
        return mortal(core, life, f"process-{number}")


def test_one_version_is_live_at_every_step_on_several_machines(postgres: str) -> None:
    v1.seen.clear()
    Shared.url = postgres
    run_state_machine_as_test(
        Shared,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        ),
    )
    told = ", ".join(f"{what} {count}" for what, count in sorted(v1.seen.items()))
    print(f"\nPG V1: {EXAMPLES} runs of up to {STEPS} steps agree with the model ({told})")
