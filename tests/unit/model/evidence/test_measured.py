"""A platform's records as evidence for a rollout."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.measured import Routed, observations
from jackfield.domain.model.evidence.observations import fold
from jackfield.domain.model.metrics import Reading, Record, Skip

START = datetime(2026, 3, 1, tzinfo=UTC)
RAMP = START + timedelta(hours=1)
ROUTED = Routed(baseline="1.0.0", candidate="1.1.0", variant="canary", steps=(START, RAMP))
CONTROL = Record(version="1.0.0", variant=None, at=START, latency_ms=90.5, tokens=10, success=1.0)
TREATMENT = evolve(CONTROL, version="1.1.0", variant="canary")
LATER = START + timedelta(minutes=10)


def observed(
    *readings: Reading, routed: Routed = ROUTED
) -> tuple[list[tuple[Arm | None, int]], Counter[Skip]]:
    skipped = Counter[Skip]()
    found = observations(readings, routed, skipped=lambda skip: skipped.update([skip]))
    return [(each.arm, each.step) for each in found], skipped


def test_version_and_variant_tell_the_arm() -> None:
    assert observed(CONTROL, TREATMENT) == ([(Arm.CONTROL, 0), (Arm.TREATMENT, 0)], Counter())


@pytest.mark.parametrize(
    "record",
    [
        evolve(TREATMENT, variant=None),
        evolve(TREATMENT, variant="other"),
        evolve(CONTROL, version="0.9.0"),
        evolve(CONTROL, variant="canary"),
        evolve(CONTROL, at=START - timedelta(seconds=1)),
    ],
    ids=["promoted", "another variant", "another version", "another split", "before the start"],
)
def test_what_was_not_drawn_has_no_arm(record: Record) -> None:
    assert [arm for arm, _ in observed(record)[0]] == [None]


def test_the_time_tells_the_step() -> None:
    assert observed(CONTROL, evolve(CONTROL, at=RAMP))[0] == [(Arm.CONTROL, 0), (Arm.CONTROL, 1)]


def test_what_does_not_count_is_told() -> None:
    assert observed(Skip.MISSING, CONTROL)[1] == Counter({Skip.MISSING: 1})


def test_a_success_between_is_no_outcome_unless_asked() -> None:
    between = evolve(CONTROL, success=0.85)
    assert observed(between) == ([], Counter({Skip.GRADED: 1}))
    assert len(observed(between, routed=evolve(ROUTED, success_from=0.5))[0]) == 1


def test_records_told_again_are_folded_once() -> None:
    found = list(observations([CONTROL, TREATMENT], ROUTED, skipped=lambda _: None))
    first = fold(found, {}, now=LATER)
    again = fold(found, first.seen, now=LATER)
    assert first.evidence.step(0).control.outcomes == first.evidence.step(0).treatment.outcomes == 1
    assert (again.evidence.step(0).control.outcomes, again.evidence.skipped.repeated) == (0, 2)


def test_what_has_no_arm_is_counted_as_not_compared() -> None:
    found = observations([evolve(CONTROL, version="0.9.0")], ROUTED, skipped=lambda _: None)
    assert fold(found, {}, now=LATER).evidence.skipped.not_compared == 1
