"""Folding: one outcome a unit, of its first step and arm; what cannot be counted is counted as such."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.histograms import Histogram
from jackfield.domain.model.evidence.observations import Fate, Folded, Note, Observation, Seen, fold, settle
from jackfield.domain.model.evidence.tallies import Evidence, Skipped, Sums, Tally

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
C, T = Arm.CONTROL, Arm.TREATMENT


def said(unit: str = "a", **changes: Any) -> Observation:
    given: dict[str, Any] = {"arm": T, "step": 0, "exposed": NOON, "at": NOON, "success": True, **changes}
    return Observation(unit=unit, **given)


def folded(*observations: Observation, seen: Mapping[str, Seen] | None = None) -> Folded:
    return fold(observations, seen or {}, now=LATER)


def notes(*observations: Observation) -> tuple[Note, ...]:
    return folded(*observations).notes


def treatment(result: Folded, step: int = 0) -> Tally:
    return result.evidence.step(step).treatment


def test_an_outcome_is_counted_in_its_step_and_arm() -> None:
    result = folded(said("a"), said("b", success=False), said("c", arm=C, step=1))
    steps = [(step.control.outcomes, step.treatment.outcomes) for step in result.evidence.steps]
    assert (steps, treatment(result).failures) == ([(0, 2), (1, 0)], 1)


def test_the_same_outcome_again_is_counted_once() -> None:
    result = folded(said(), said(), said(success=None))
    assert (treatment(result).outcomes, result.evidence.skipped) == (1, Skipped(repeated=2))


def test_an_outcome_is_counted_once_over_batches() -> None:
    first = folded(said())
    again = folded(said(), seen=first.seen)
    assert (treatment(again), again.notes) == (Tally(), (Note.REPEATED,))


@pytest.mark.parametrize("success", [True, False])
def test_the_opposite_outcome_later_is_a_contradiction_and_changes_nothing(success: bool) -> None:
    result = folded(said(success=success), said(success=not success))
    assert (treatment(result).outcomes, treatment(result).failures) == (1, int(not success))
    assert result.evidence.skipped == Skipped(contradicted=1)


def test_turns_of_a_conversation_are_one_outcome_with_slowest_latency_and_all_tokens() -> None:
    turns = [(900, 100, False), (1_500, 200, False), (1_100, 300, True)]
    result = folded(*(said(latency_ms=ms, tokens=n, ended=end) for ms, n, end in turns))
    assert treatment(result) == Tally(
        units=1, outcomes=1, latency=Histogram.of([1_500]), tokens=Sums(count=1, total=600, squares=360_000)
    )


def test_a_failed_turn_fails_the_conversation_at_once() -> None:
    assert notes(said(success=False, ended=False), said()) == (Note.COUNTED, Note.CONTRADICTED)


def test_a_success_waits_for_the_end_of_its_conversation() -> None:
    result = folded(said(ended=False), said(success=None))
    assert (result.notes, treatment(result).outcomes) == ((Note.OPEN, Note.COUNTED), 1)


def test_a_conversation_that_fails_after_good_turns_is_a_failure() -> None:
    assert treatment(folded(said(ended=False), said(success=False))).failures == 1


def test_a_unit_without_a_judgement_is_seen_and_has_no_outcome() -> None:
    result = folded(said(success=None))
    assert (treatment(result), result.notes) == (Tally(units=1), (Note.OPEN,))


def test_a_quiet_success_is_settled_once() -> None:
    open_unit = folded(said(ended=False, tokens=7))
    settled = settle(open_unit.seen, quiet_since=NOON)
    again = settle(settled.seen, quiet_since=LATER)
    assert (treatment(settled), dict(again.seen)) == (
        Tally(outcomes=1, tokens=Sums(count=1, total=7, squares=49)),
        {},
    )


@pytest.mark.parametrize(
    "unit",
    [said(ended=False, at=LATER), said(success=None), said(success=False)],
    ids=["not quiet yet", "never judged", "counted already"],
)
def test_nothing_else_is_settled(unit: Observation) -> None:
    assert settle(folded(unit).seen, quiet_since=NOON) == Folded(evidence=Evidence(), seen={})


def test_settling_is_no_news() -> None:
    assert settle(folded(said(ended=False)).seen, quiet_since=LATER).evidence.newest is None


@pytest.mark.parametrize("first", [said(arm=C), said(arm=C, ended=False), said(arm=C, success=False)])
def test_a_unit_in_both_arms_is_taken_out_with_what_it_gave(first: Observation) -> None:
    first = evolve(first, latency_ms=900.0, tokens=80)
    result = folded(first, said(arm=T), said(arm=C))
    assert result.evidence.step(0).control == Tally()
    assert result.evidence.skipped == Skipped(two_arms=1, excluded=1)


def test_a_unit_that_an_earlier_batch_counted_is_taken_back_by_a_later_one() -> None:
    first = folded(said(latency_ms=900, tokens=80, success=False))
    second = folded(said(arm=C), seen=first.seen)
    whole = first.evidence.merged(second.evidence)
    assert (whole.step(0).treatment, whole.skipped.two_arms) == (Tally(), 1)


def test_a_ramp_moves_a_unit_and_its_first_step_alone_counts() -> None:
    result = folded(said(arm=C, step=0), said(arm=T, step=1, success=False))
    assert (result.evidence.step(0).control.outcomes, treatment(result, 1)) == (1, Tally())
    assert result.notes == (Note.COUNTED, Note.OTHER_STEP)


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        ((C, 0), (T, 1), Note.OTHER_STEP),
        ((T, 1), (C, 0), Note.OTHER_STEP),
        ((T, 0), (T, 1), Note.OTHER_STEP),
        ((C, 1), (C, 0), Note.OTHER_STEP),
        ((T, 0), (C, 1), Note.TWO_ARMS),
        ((C, 1), (T, 0), Note.TWO_ARMS),
        ((T, 0), (C, 0), Note.TWO_ARMS),
    ],
)
def test_only_a_ramp_may_move_a_unit_and_only_into_the_treatment(
    first: tuple[Arm, int], second: tuple[Arm, int], note: Note
) -> None:
    one, two = (said(arm=arm, step=step) for arm, step in (first, second))
    assert notes(one, two)[1] is note


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"arm": None}, Note.NOT_COMPARED),
        ({"success": 0.5}, Note.MALFORMED),
        ({"success": float("nan")}, Note.MALFORMED),
        ({"success": 1}, Note.MALFORMED),
        ({"success": "yes"}, Note.MALFORMED),
        ({"step": -1}, Note.MALFORMED),
        ({"step": 50}, Note.MALFORMED),
        ({"step": None}, Note.MALFORMED),
        ({"at": NOON - timedelta(minutes=6)}, Note.EARLY),
        ({"at": LATER + timedelta(minutes=6)}, Note.FUTURE),
    ],
)
def test_what_cannot_count_is_counted_by_its_reason(changes: dict[str, Any], note: Note) -> None:
    result = folded(said(**changes))
    assert (result.notes, dict(result.seen), result.evidence) == (
        (note,),
        {},
        Evidence(skipped=Skipped(**{note.value: 1})),
    )


@pytest.mark.parametrize("minutes", [-5, 64])
def test_clocks_may_differ_by_five_minutes(minutes: int) -> None:
    assert notes(said(at=NOON + timedelta(minutes=minutes))) == (Note.COUNTED,)


@pytest.mark.parametrize(
    "latency",
    [float("nan"), float("inf"), -1, -0.001, 86_400_001, "9", True, 10**400],
    ids=lambda value: str(value)[:9],
)
def test_a_latency_that_is_no_duration_is_left_out_and_counted(latency: Any) -> None:
    result = folded(said(latency_ms=latency))
    assert (treatment(result), result.evidence.skipped) == (
        Tally(units=1, outcomes=1),
        Skipped(bad_numbers=1),
    )


@pytest.mark.parametrize(
    "tokens", [float("nan"), -1, 1_000_001, 3.5, "9", True, 10**400], ids=lambda value: str(value)[:9]
)
def test_tokens_that_are_no_number_of_tokens_are_left_out_and_counted(tokens: Any) -> None:
    result = folded(said(tokens=tokens))
    assert (treatment(result), result.evidence.skipped) == (
        Tally(units=1, outcomes=1),
        Skipped(bad_numbers=1),
    )


def test_the_newest_outcome_is_remembered() -> None:
    moments = [NOON, LATER, NOON]
    assert folded(*(said(str(n), at=at) for n, at in enumerate(moments))).evidence.newest == LATER


@pytest.mark.parametrize("name", ["at", "exposed"])
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a time with a zone"):
        said("a", **{name: NOON.replace(tzinfo=None)})


OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        unit=st.sampled_from("abcd"),
        arm=st.sampled_from([C, T, None]),
        step=st.sampled_from([0, 0, 0, 1, 2, 99]),
        exposed=st.just(NOON),
        at=st.sampled_from([NOON - timedelta(days=1), NOON, NOON, NOON, LATER + timedelta(days=1)]),
        success=st.sampled_from([True, True, False, None]),
        latency_ms=st.none() | st.floats() | st.integers(),
        tokens=st.none() | st.integers(),
        ended=st.booleans(),
    ),
    max_size=12,
)


@given(OBSERVATIONS, st.integers(min_value=0, max_value=12))
def test_batches_add_up_to_the_whole(observations: list[Observation], cut: int) -> None:
    first = folded(*observations[:cut])
    second = folded(*observations[cut:], seen=first.seen)
    whole = folded(*observations)
    assert first.evidence.merged(second.evidence) == whole.evidence
    assert (*first.notes, *second.notes) == whole.notes
    assert {**first.seen, **second.seen} == whole.seen


@given(OBSERVATIONS)
def test_the_sums_are_those_of_the_units_that_count(observations: list[Observation]) -> None:
    result = folded(*observations)
    arms = [(step, arm) for step in range(3) for arm in Arm]
    units = [
        [u for u in result.seen.values() if (u.step, u.arm) == place and u.fate is not Fate.EXCLUDED]
        for place in arms
    ]
    sums = [result.evidence.step(step).of(arm) for step, arm in arms]
    assert [(s.units, s.outcomes, s.failures) for s in sums] == [
        (
            len(group),
            sum(unit.fate is Fate.COUNTED for unit in group),
            sum(unit.success is False for unit in group),
        )
        for group in units
    ]
    assert all(tally.sound for tally in sums)


@given(OBSERVATIONS)
def test_every_observation_is_counted_or_skipped_visibly(observations: list[Observation]) -> None:
    result = folded(*observations)
    counts = Counter(note.value for note in result.notes)
    counted = attrs.asdict(evolve(result.evidence.skipped, bad_numbers=0))
    assert sum(counts.values()) == len(observations)
    assert {**counted, "counted": counts["counted"], "open": counts["open"]} == {
        **dict.fromkeys(counted, 0),
        "counted": 0,
        "open": 0,
        **counts,
    }
