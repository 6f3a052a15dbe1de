"""Sums: merged in any order they are the same, and their means are those of the values."""

from __future__ import annotations

from datetime import UTC

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.evidence.histograms import Histogram
from jackfield.domain.model.evidence.observations import Note
from jackfield.domain.model.evidence.tallies import Evidence, Skipped, StepTally, Sums, Tally

COUNTS = st.integers(min_value=0, max_value=1_000)
TALLIES = st.builds(
    Tally,
    units=COUNTS,
    outcomes=COUNTS,
    failures=COUNTS,
    latency=st.lists(st.floats(min_value=0, max_value=1e6), max_size=5).map(Histogram.of),
    tokens=st.builds(Sums, count=COUNTS, total=COUNTS, squares=COUNTS),
)
EVIDENCE = st.builds(
    Evidence,
    steps=st.lists(st.builds(StepTally, control=TALLIES, treatment=TALLIES), max_size=3).map(tuple),
    skipped=st.builds(Skipped, **{each.name: COUNTS for each in attrs.fields(Skipped)}),
    newest=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(EVIDENCE, EVIDENCE, EVIDENCE)
def test_evidence_is_merged_in_any_order(one: Evidence, two: Evidence, three: Evidence) -> None:
    assert one.merged(two).merged(three) == three.merged(two.merged(one))


@given(EVIDENCE)
def test_nothing_adds_nothing(evidence: Evidence) -> None:
    assert evidence.merged(Evidence()) == evidence == Evidence().merged(evidence)


@given(st.lists(st.integers(min_value=0, max_value=1_000_000), min_size=2, max_size=50))
def test_mean_and_variance_are_numpys(values: list[int]) -> None:
    sums = Sums(count=len(values), total=sum(values), squares=sum(value**2 for value in values))
    assert sums.mean == pytest.approx(float(np.mean(values)))
    assert sums.variance == pytest.approx(float(np.var(values, ddof=1)), rel=1e-9, abs=1e-6)


def test_without_values_there_is_no_mean_and_no_variance() -> None:
    assert (Sums().mean, Sums().variance, Sums(count=1, total=7, squares=49).variance) == (None, 0.0, 0.0)


@pytest.mark.parametrize(
    ("tally", "sound"),
    [
        (Tally(), True),
        (Tally(units=3, outcomes=2, failures=2), True),
        (Tally(units=3, outcomes=2, failures=3), False),
        (Tally(units=1, outcomes=2), False),
        (Tally(units=-1), False),
        (Tally(units=1, outcomes=1, failures=-1), False),
    ],
)
def test_counts_that_no_units_can_have_are_not_sound(tally: Tally, sound: bool) -> None:
    assert tally.sound is sound


def test_a_step_that_has_no_outcome_yet_is_empty() -> None:
    assert Evidence().step(7) == StepTally()


def test_every_note_that_is_a_skip_has_a_count() -> None:
    counted = {note.value for note in Note} - {Note.COUNTED, Note.OPEN}
    assert counted | {"bad_numbers"} == {each.name for each in attrs.fields(Skipped)}
