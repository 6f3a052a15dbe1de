"""Customers who call: each is given a version, and it goes well as often as that version does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

from attrs import define, field

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.services.rollouts.folding import Outcome
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME


@define
class Callers:
    """Customers with numbers of their own; `rates` are how often each version succeeds."""

    core: Core
    rates: Mapping[str, float]
    seed: int = 2026
    called: int = 0
    _random: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def call(self, times: int) -> list[Choice]:
        """Let as many new customers call, and tell how it went."""
        choices = list[Choice]()
        for _ in range(times):
            self.called += 1
            choice = self.core.prompts.choose(NAME, unit=f"customer-{self.seed}-{self.called}")
            well = self._random.random() < self.rates[choice.version]
            self.core.rollouts.observe(choice, success=well, latency=timedelta(seconds=1.2), tokens=310)
            choices.append(choice)
        self.core.rollouts.flush()
        return choices


def tell_all(core: Core, units: int, *, well: bool = True, step: int = 0) -> None:
    """Tell of as many units, exactly in the step's shares; the treatment's fail unless it goes *well*."""
    rollout, now = core.rollouts.status(NAME).rollout, core.audit.clock.now()
    for number in range(units):
        arm = Arm.TREATMENT if number < units * rollout.share // 10_000 else Arm.CONTROL
        seen = Observation(
            unit=f"{step}-{number}",
            arm=arm,
            step=rollout.step,
            exposed=now,
            at=now,
            success=well or arm is Arm.CONTROL,
        )
        core.rollouts.buffer.put(Outcome(prompt=NAME, rollout=rollout.id, observation=seen))
    core.rollouts.flush()
