"""Rollouts over a whole core on disk: choosing, telling by 16 threads, a look after a million outcomes."""

from __future__ import annotations

import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from timeit import Timer
from typing import Final

from attrs import evolve

from benchmarks.calls import micros
from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Reason
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.services.rollouts.folding import Outcome
from jackfield.entrypoints.bootstrap import open_core
from jackfield.entrypoints.core import Core

NAME: Final = "refund"
FIRST: Final = PromptDefinition(
    name=NAME, version="1.0.0", model="gpt-small", max_tokens=512, template="Answer politely."
)
UNIT: Final = "customer-4711"
THREADS: Final = 16
OUTCOMES: Final = sized(100_000, small=4_000)
MANY: Final = sized(1_000_000, small=20_000)
BATCH: Final = 2_000


def run() -> list[Row]:
    """Return the rows; the million takes a minute or two."""
    with tempfile.TemporaryDirectory(prefix="jackfield-bench-") as folder, open_core(state=folder) as core:
        me = core.acting_as("bench", reason="bench")
        me.prompts.publish(FIRST)
        me.prompts.publish(evolve(FIRST, version="1.1.0", template="Answer in a word."))
        alone = micros(lambda: core.prompts.choose(NAME, unit=UNIT))
        rollout = me.rollouts.start(NAME, "1.1.0").rollout
        return [
            Row("core.prompts.choose without a rollout, with a new pin", alone, "µs", "-"),
            *_choosing(core),
            *_telling(core),
            *_looking(core, rollout, Path(folder)),
        ]


def _choosing(core: Core) -> list[Row]:
    pin = core.prompts.choose(NAME, unit=UNIT).pin
    assert core.prompts.choose(NAME, unit=UNIT, pin=pin).reason is Reason.PINNED
    fresh = micros(lambda: core.prompts.choose(NAME, unit=UNIT))
    pinned = micros(lambda: core.prompts.choose(NAME, unit=UNIT, pin=pin))
    return [
        Row("core.prompts.choose in a rollout, with a new pin", fresh, "µs", "<= 10"),
        Row("core.prompts.choose by a pin", pinned, "µs", "<= 10"),
    ]


def _telling(core: Core) -> list[Row]:
    """Choices are made before: what is timed is telling, until all of it is durable."""
    choices = [core.prompts.choose(NAME, unit=f"customer-{number}") for number in range(OUTCOMES)]
    toss = random.Random(2026)  # noqa: S311 - a simulation
    well = [toss.random() < 0.95 for _ in choices]
    latency = timedelta(seconds=1.2)

    def tell(first: int) -> None:
        for number in range(first, OUTCOMES, THREADS):
            core.rollouts.observe(choices[number], success=well[number], latency=latency, tokens=310)

    begun = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(tell, range(THREADS)))
    core.rollouts.flush()
    took = perf_counter() - begun
    assert core.rollouts.counts == {"counted": OUTCOMES}
    return [
        Row(f"{OUTCOMES:,} outcomes made durable by {THREADS} threads", OUTCOMES / took, "/s", ">= 10,000")
    ]


def _looking(core: Core, rollout: Rollout, folder: Path) -> list[Row]:
    toss, now = random.Random(2027), core.audit.clock.now()  # noqa: S311 - a simulation
    for first in range(0, MANY - OUTCOMES, BATCH):
        core.rollouts.folding.write(
            [
                Outcome(
                    prompt=NAME,
                    rollout=rollout.id,
                    observation=Observation(
                        unit=f"{number:024x}",
                        arm=Arm.TREATMENT if toss.random() < 0.05 else Arm.CONTROL,
                        step=0,
                        exposed=now,
                        at=now,
                        success=toss.random() < 0.95,
                        latency_ms=toss.lognormvariate(7, 0.5),
                        tokens=toss.randrange(200, 900),
                    ),
                )
                for number in range(first, first + BATCH)
            ],
            {},
        )
    looked = median(Timer(lambda: core.rollouts.status(NAME)).repeat(5, number=1))
    begun = perf_counter()
    with open_core(state=folder) as other:
        verdict = other.rollouts.status(NAME).verdict
    anew = perf_counter() - begun
    assert verdict is not None
    assert verdict.figures.control.outcomes + verdict.figures.treatment.outcomes == MANY
    size = sum(path.stat().st_size for path in folder.rglob("ledger.db*")) / 1e6
    return [
        Row(f"rollout status after {MANY:,} outcomes", looked, "s", "<= 1"),
        Row("… by a core that is opened for it, and closed", anew, "s", "<= 1"),
        Row("… and the size of the ledger", size, "MB", "-"),
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
