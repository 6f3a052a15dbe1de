"""Choosing, folding and judging against their limits; and how often the guard is wrong, by simulation.

The simulated rollouts are looked at after every unit. `JACKFIELD_RUNS` sets how many there are.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.calls import micros
from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.domain.model.assignment import Arm, Split
from jackfield.domain.model.decisions import Candidate, Reason, Route, choose
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.judging import Standing, judge
from jackfield.domain.model.evidence.observations import Observation, Seen, fold
from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.pins import Seal
from jackfield.domain.model.subjects import Organization
from tests.unit.model.evidence import lives
from tests.unit.model.evidence.lives import Lives, bets_on_harm, bets_on_harmless, knows_the_rates

RUNS: Final = int(os.environ.get("JACKFIELD_RUNS") or sized(10_000, small=100))
OUTCOMES: Final = sized(100_000, small=5_000)
SHARES: Final = (0.05, 0.1, 0.2, 0.25, 0.5)
DRIFT: Final = np.linspace(0.02, 0.4, 2_000)
REACH: Final = "<= 100"
NO_GUARD: Final = "<= 100 (no guard can on average: docs/explanation/evidence.md)"
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
UNIT: Final = "customer-4711"
SEAL: Final = Seal(organization=Organization("acme"), current=b"k" * 32)
ROUTE: Final = Route(
    prompt="refund",
    live="1.0.0",
    candidate=Candidate(version="2.0.0", split=Split(rollout="r1", salt="pepper", share=1_000), step=0),
)


def run() -> list[Row]:
    """Return the rows: speed first, then error rates and delays."""
    return [*_speed(), *_harmless(), *_caught(), *_steps(), *_controls()]


def _speed() -> list[Row]:
    pin = choose(ROUTE, UNIT, now=NOW, seal=SEAL).pin
    assert choose(ROUTE, UNIT, now=NOW, seal=SEAL, pin=pin).reason is Reason.PINNED
    fresh = micros(lambda: choose(ROUTE, UNIT, now=NOW, seal=SEAL))
    pinned = micros(lambda: choose(ROUTE, UNIT, now=NOW, seal=SEAL, pin=pin))
    folding, judging = _fold_and_judge()
    return [
        Row("choose in a rollout, with a new pin", fresh, "µs", "<= 10"),
        Row("choose by a pin", pinned, "µs", "<= 10"),
        Row(f"{OUTCOMES:,} outcomes folded by 1,000 and judged", folding + judging, "s", "<= 1"),
        Row("… of which the verdict", judging * 1e3, "ms", "-"),
    ]


def _fold_and_judge() -> tuple[float, float]:
    batches = [_observations(start) for start in range(0, OUTCOMES, 1_000)]
    seen, evidence = dict[str, Seen](), Evidence()
    begun = perf_counter()
    for batch in batches:
        folded = fold(batch, seen, now=NOW)
        evidence = evidence.merged(folded.evidence)
        seen.update(folded.seen)
    ended = perf_counter()
    figures = judge(Guard(), evidence, Standing(shares=(1_000, 10_000), step=0, since=NOW), now=NOW).figures
    assert figures.control.outcomes + figures.treatment.outcomes == OUTCOMES
    return ended - begun, perf_counter() - ended


def _observations(start: int) -> Sequence[Observation]:
    toss = random.Random(start)  # noqa: S311 - a simulation
    return [
        Observation(
            unit=f"unit-{number}",
            arm=Arm.TREATMENT if toss.random() < 0.1 else Arm.CONTROL,
            step=0,
            exposed=NOW,
            at=NOW,
            success=toss.random() < 0.95,
            latency_ms=toss.lognormvariate(7, 0.5),
            tokens=toss.randrange(200, 900),
        )
        for number in range(start, start + 1_000)
    ]


def _harmless() -> list[Row]:
    settings = [(0.05, odds) for odds in SHARES] + [(0.01, 0.1), (0.4, 0.1), (0.5, 0.5)]
    drift = Lives(control=DRIFT, treatment=DRIFT, odds=0.1, units=len(DRIFT), runs=RUNS)
    return [
        _percent(
            f"harmless rolled back: {failing:.0%} fail, share {odds:.0%}, {units:,} units",
            _lives(failing, failing, odds, units).first(bets_on_harm(odds)),
            "<= 5 (seen < 1)",
        )
        for failing, odds, units in [*((*each, 2_000) for each in settings), (0.05, 0.1, 20_000)]
    ] + [
        _percent(
            "harmless rolled back: 2% to 40% fail, drifting, share 10%, 2,000 units",
            drift.first(bets_on_harm(0.1)),
            "<= 5 (seen < 1)",
        )
    ]


def _caught() -> list[Row]:
    rows = list[Row]()
    for odds in SHARES:
        first = _lives(0.05, 0.15, odds, int(400 / odds)).first(bets_on_harm(odds))
        what = f"95 -> 85 %, share {odds:.0%}: canary units until caught"
        known = _lives(0.05, 0.15, odds, int(400 / odds)).first(knows_the_rates(odds, (0.05, 0.15)))
        rows += [
            Row(what, lives.median(first, 1), "units", REACH if odds < 0.5 else NO_GUARD),
            _percent("… within 400", first, "-"),
            Row("… control: by a bet that knows both rates", lives.median(known, 1), "units", "-"),
        ]
    return rows


def _steps() -> list[Row]:
    fine, worse = (
        _lives(0.05, rate, 0.1, 20_000, runs=RUNS // 10).first(bets_on_harmless(0.1, margin=0.02))
        for rate in (0.05, 0.07)
    )
    what = "equal, margin 2 points, share 10%: canary units until on"
    return [
        Row(what, lives.median(fine, 1), "units", "-"),
        _percent("2 points worse, margin 2 points: goes on all the same", worse, "<= 5"),
    ]


def _controls() -> list[Row]:
    equal = _lives(0.05, 0.05, 0.1, 2_000)
    return [
        _percent(
            "control: '2 points worse after 50' on a harmless one", equal.first(lives.two_points_worse), "-"
        ),
        _percent("control: z-test every 100, equal arms", equal.first(lives.z_test), "-"),
        _percent("confidence sequence every 100, equal arms", equal.first(lives.always_valid), "<= 5"),
    ]


def _percent(what: str, first: lives.Array, reach: str) -> Row:
    return Row(what, 100 * lives.share(first), "%", reach)


def _lives(control: float, treatment: float, odds: float, units: int, *, runs: int = RUNS) -> Lives:
    return Lives(control=control, treatment=treatment, odds=odds, units=units, runs=runs)


if __name__ == "__main__":
    for row in run():
        print(f"{row.what}: {row.measured:.2f} {row.unit} (reach {row.reach})", flush=True)
