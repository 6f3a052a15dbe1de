"""A platform's records as evidence for a rollout."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.measured import Routed, Window, observations
from jackfield.domain.model.evidence.observations import SKEW, Note, Observation, fold
from jackfield.domain.model.metrics import Reading, Record, Skip, Unread, key_of

START = datetime(2026, 3, 1, tzinfo=UTC)
RAMP = START + timedelta(hours=1)
SET = RAMP + timedelta(seconds=20)
LATER = START + timedelta(hours=2)
SECOND = timedelta(seconds=1)
ROUTED = Routed(
    baseline="1.0.0",
    candidate="1.1.0",
    variant="canary",
    windows=(Window(step=0, opened=START, closed=RAMP), Window(step=1, opened=SET)),
    sure=START,
)
CONTROL = Record(version="1.0.0", variant=None, at=START + SKEW, latency_ms=90.5, tokens=10, success=1.0)
TREATMENT = evolve(CONTROL, version="1.1.0", variant="canary")
UNREAD = Unread(why=Skip.MISSING, key=b"0" * 16)


def observed(*readings: Reading, routed: Routed = ROUTED) -> list[Observation]:
    return list(observations(readings, routed, now=LATER))


def test_version_and_variant_tell_the_arm() -> None:
    assert [(each.arm, each.left) for each in observed(CONTROL, TREATMENT)] == [
        (Arm.CONTROL, None),
        (Arm.TREATMENT, None),
    ]


@pytest.mark.parametrize(
    "record",
    [
        evolve(TREATMENT, variant=None),
        evolve(TREATMENT, variant="other"),
        evolve(CONTROL, version="0.9.0"),
        evolve(CONTROL, variant="canary"),
        evolve(CONTROL, variant="other"),
    ],
    ids=["promoted", "another variant", "another version", "another split", "another's control"],
)
def test_what_was_not_drawn_has_no_arm(record: Record) -> None:
    assert [(each.arm, each.left) for each in observed(record)] == [(None, Note.NOT_COMPARED)]


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (START - SECOND, None),
        (START + SKEW - SECOND, None),
        (START + SKEW, 0),
        (RAMP - SKEW - SECOND, 0),
        (RAMP - SKEW, None),
        (RAMP, None),
        (SET, None),
        (SET + SKEW - SECOND, None),
        (SET + SKEW, 1),
    ],
)
def test_the_time_tells_the_step_unless_the_clocks_leave_it_open(at: datetime, step: int | None) -> None:
    (said,) = observed(evolve(CONTROL, at=at))
    assert (said.step, said.left) == ((step or 0), Note.UNSURE if step is None else None)


@given(st.integers(-300, 300), st.integers(0, 7_200))
def test_whatever_the_clocks_differ_by_a_share_is_never_taken_for_another(skew: int, made: int) -> None:
    """A request made when, by our clock, is told with the platform's."""
    when = START + made * SECOND
    (said,) = observed(evolve(CONTROL, at=when + skew * SECOND))
    if said.left is None:
        assert START <= when < RAMP if said.step == 0 else when >= SET


def test_before_a_look_that_found_it_routing_so_nothing_is_sure() -> None:
    routed = evolve(ROUTED, sure=SET + timedelta(minutes=10))
    times = [SET + timedelta(minutes=14), SET + timedelta(minutes=15)]
    assert [observed(evolve(CONTROL, at=at), routed=routed)[0].left for at in times] == [Note.UNSURE, None]


def test_a_success_between_is_no_outcome_unless_asked() -> None:
    between = evolve(CONTROL, success=0.85)
    assert [each.left for each in observed(between)] == [Note.GRADED]
    assert [each.success for each in observed(between, routed=evolve(ROUTED, success_from=0.5))] == [True]


def test_what_is_left_out_is_counted_once_by_its_reason() -> None:
    readings = (
        UNREAD,
        evolve(CONTROL, version="0.9.0"),
        evolve(CONTROL, success=0.5),
        evolve(CONTROL, at=RAMP),
    )
    first = fold(observed(*readings), {}, now=LATER)
    assert first.notes == (Note.UNREAD, Note.NOT_COMPARED, Note.GRADED, Note.UNSURE)
    assert (len(first.seen), first.evidence.steps, first.evidence.newest) == (4, (), None)
    again = fold(observed(*readings), first.seen, now=LATER)
    assert set(again.notes) == {Note.REPEATED}


def test_records_told_again_are_folded_once() -> None:
    found = observed(CONTROL, TREATMENT)
    first = fold(found, {}, now=LATER)
    again = fold(found, first.seen, now=LATER)
    assert first.evidence.step(0).control.outcomes == first.evidence.step(0).treatment.outcomes == 1
    assert (again.evidence.step(0).control.outcomes, again.evidence.skipped.repeated) == (0, 2)


def test_what_has_no_spelling_has_a_key_all_the_same() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert {len(key_of(deep)), len(key_of(10**5_000))} == {16}
