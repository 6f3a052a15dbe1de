"""Promise PG: processes that step a rollout at once move it once, also where the one that acts is killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.rollouts import Phase
from jackfield.entrypoints.core import Core
from tests.proofs.sizes import sized
from tests.proofs.steppers import Stepper, agrees, begin, go_well, opened, start, started
from tests.unit.services.conftest import NAME

KILLS = sized(2, full=25)
ROLLOUTS = sized(1, full=4)
PROCESSES = 3
LONGEST_S = 0.03
"""How long behind that a process is killed, at most: about as long as half a step takes."""
LATER = timedelta(minutes=10)
"""Leases and intents of the dead have expired by then."""


@frozen
class Crowd:
    """Processes by their ids, and one core that watches them."""

    core: Core
    clock: FrozenClock
    steppers: dict[int, Stepper]

    def step(self) -> None:
        for each in self.steppers.values():
            each.tell(self.clock)

    def did(self) -> list[str]:
        return [each.hear() for each in self.steppers.values()]

    def kill_who_acts(self, delay_s: float, *, moving: bool) -> None:
        """Kill the one that has the turn; only when it has said what it intends, if *moving*."""
        victim = self.acting()
        if victim is not None:
            self.wait_until(lambda: self.pending or not moving)
            time.sleep(delay_s)
            self.steppers.pop(victim).kill()

    def acting(self) -> int | None:
        """Return which process has the turn, as soon as one has it; None if all are done."""
        self.wait_until(self.holders)
        return next((int(holder.rpartition(":")[2]) for holder in self.holders()), None)

    def wait_until(self, seen: Callable[[], object]) -> None:
        while not seen() and not all(each.line.poll() for each in self.steppers.values()):
            time.sleep(0.001)

    @property
    def pending(self) -> bool:
        return self.core.prompts.operations.records.load(NAME).state.pending is not None

    def holders(self) -> list[str]:
        operations = self.core.prompts.operations
        found = operations.leases.held(operations.records.organization, f"rollout {NAME}")
        return [lease.holder for lease in found]

    def left(self) -> str:
        """Say what the one that was killed left."""
        if self.pending:
            return "in the middle of a move"
        return "with the turn" if self.holders() else "behind its step"

    def moves(self) -> int:
        done = [e.event for e in self.core.audit.entries() if e.event.outcome is Outcome.SUCCEEDED]
        return sum(event.type == "rollout.ramp" for event in done)


@pytest.mark.parametrize("seed", range(ROLLOUTS))
def test_of_processes_that_step_at_once_one_acts_whoever_is_killed(
    postgres: str, tmp_path: Path, seed: int
) -> None:
    clock, chance, seen = FrozenClock(), random.Random(seed), Counter[str]()
    with opened(postgres, tmp_path, clock) as core, started(postgres, tmp_path, PROCESSES) as steppers:
        begin(core, KILLS)
        crowd = Crowd(core, clock, steppers)
        for number in range(KILLS):
            for another in (start(postgres, tmp_path) for _ in range(PROCESSES - len(steppers))):
                steppers[another.process.pid or 0] = another
            go_well(core, number)
            crowd.step()
            crowd.kill_who_acts(chance.random() * LONGEST_S, moving=number % 2 == 0)
            acts = Counter(crowd.did())
            seen[crowd.left()] += len(steppers) < PROCESSES
            clock.advance(LATER)
            crowd.step()
            acts += Counter(crowd.did())
            assert acts["ramp"] + acts["finish"] <= 1
            assert core.rollouts.status(NAME).rollout.step == number + 1
            assert agrees(core)
        assert (core.rollouts.status(NAME).rollout.phase, crowd.moves()) == (Phase.LIVE, KILLS - 1)
        core.audit.verify()
    told = ", ".join(f"{count} {what}" for what, count in sorted(seen.items()))
    print(f"\nPG: {PROCESSES} processes stepped at once, {KILLS} times, the one that acted killed ({told})")
