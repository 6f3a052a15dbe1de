"""Verdicts: harm rolls back, doubt and silence hold, only proof goes on; each with its numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.histograms import Histogram
from jackfield.domain.model.evidence.judging import HARM, Cause, Ruling, Standing, Verdict, judge
from jackfield.domain.model.evidence.tallies import Evidence, Skipped, StepTally, Sums, Tally

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STANDING = Standing(shares=(1_000, 5_000, 10_000), step=0, since=NOON - timedelta(hours=3))


def tally(
    units: int, failures: int, *, known: int | None = None, ms: float | None = None, tokens: int | None = None
) -> Tally:
    outcomes = units if known is None else known
    return Tally(
        units=units,
        outcomes=outcomes,
        failures=failures,
        latency=Histogram.of([ms] * outcomes if ms else []),
        tokens=Sums(count=outcomes, total=outcomes * tokens, squares=outcomes * tokens**2)
        if tokens
        else Sums(),
    )


def evidence(control: Tally, treatment: Tally, **changes: Any) -> Evidence:
    step = StepTally(control=control, treatment=treatment)
    return evolve(Evidence(steps=(step,), newest=NOON), **changes)


EQUAL = evidence(tally(27_000, 1_350), tally(3_000, 150))
WORSE = evidence(tally(1_800, 90), tally(200, 40))
BETTER = evidence(tally(9_000, 1_800), tally(1_000, 60))
FEW = evidence(tally(90, 4), tally(10, 1))


def verdict(found: Evidence, guard: Guard | None = None, **changes: Any) -> Verdict:
    return judge(guard or Guard(), found, evolve(STANDING, **changes), now=NOON)


def causes(found: Verdict) -> list[Cause]:
    return [finding.cause for finding in found.findings]


@pytest.mark.parametrize(
    ("found", "ruling", "cause"),
    [
        (EQUAL, Ruling.GO_ON, Cause.HARMLESS),
        (WORSE, Ruling.ROLL_BACK, Cause.WORSE),
        (BETTER, Ruling.WIN, Cause.BETTER),
        (FEW, Ruling.HOLD, Cause.INCONCLUSIVE),
        (Evidence(newest=NOON), Ruling.HOLD, Cause.INCONCLUSIVE),
        (evidence(tally(2_000, 60), tally(2_000, 60)), Ruling.HOLD, Cause.SAMPLE_RATIO),
        (evidence(tally(27_000, 1_350), tally(3_000, 150, known=2_800)), Ruling.HOLD, Cause.LOST_OUTCOMES),
        (evolve(EQUAL, skipped=Skipped(two_arms=400)), Ruling.HOLD, Cause.TWO_ARMS),
        (evolve(EQUAL, newest=NOON - timedelta(hours=2)), Ruling.HOLD, Cause.STALE),
        (evolve(EQUAL, newest=NOON + timedelta(hours=2)), Ruling.HOLD, Cause.CLOCK),
    ],
)
def test_each_evidence_has_its_ruling_and_its_first_cause(
    found: Evidence, ruling: Ruling, cause: Cause
) -> None:
    assert (verdict(found).ruling, causes(verdict(found))[0]) == (ruling, cause)


@pytest.mark.parametrize(
    "broken",
    [
        evolve(WORSE, newest=NOON - timedelta(days=2)),
        evolve(WORSE, newest=NOON + timedelta(days=2)),
        evolve(WORSE, skipped=Skipped(two_arms=900)),
        evidence(tally(1_800, 90), tally(400, 80)),
    ],
    ids=["stale", "clock", "two arms", "sample ratio"],
)
def test_harm_rolls_back_though_the_data_are_doubted_and_the_doubt_is_said(broken: Evidence) -> None:
    found = verdict(broken)
    assert (found.ruling, causes(found)[0], len(found.findings)) == (Ruling.ROLL_BACK, Cause.WORSE, 2)


UNEVEN = evidence(tally(1_800, 90), tally(400, 80))


def test_a_bet_on_shares_that_the_platform_makes_and_that_are_refuted_only_holds() -> None:
    found = verdict(UNEVEN, routed=True)
    assert (found.ruling, causes(found)) == (Ruling.HOLD, [Cause.SAMPLE_RATIO, Cause.WORSE])


def test_harm_on_shares_that_the_platform_makes_and_that_hold_rolls_back() -> None:
    assert verdict(WORSE, routed=True).ruling is Ruling.ROLL_BACK


def test_what_is_measured_without_the_shares_rolls_back_though_they_are_refuted() -> None:
    uneven = evidence(tally(1_800, 90, ms=100.0), tally(400, 80, ms=200.0))
    found = verdict(uneven, Guard(latency_ratio=1.2), routed=True)
    assert (found.ruling, causes(found)[0]) == (Ruling.ROLL_BACK, Cause.WORSE)
    assert Cause.SLOWER in causes(found)


def test_a_step_just_begun_is_not_stale() -> None:
    assert causes(verdict(Evidence(), since=NOON)) == [Cause.INCONCLUSIVE]


def test_a_good_first_step_does_not_earn_the_third() -> None:
    found = verdict(evolve(EQUAL, steps=(*EQUAL.steps, StepTally())), step=1)
    assert (found.ruling, causes(found)) == (Ruling.HOLD, [Cause.INCONCLUSIVE])


@pytest.mark.parametrize(
    ("control", "treatment"), [(tally(9, 0), tally(0, 0)), (tally(8, 0), tally(30, 0, known=9))]
)
def test_an_arm_that_says_next_to_nothing_is_not_proved_harmless(control: Tally, treatment: Tally) -> None:
    found = verdict(evidence(control, treatment), Guard(success_margin=0.9), shares=(5_000, 10_000))
    assert found.figures.log_e_harmless > found.figures.log_limit
    assert (found.ruling, causes(found)[-1]) == (Ruling.HOLD, Cause.INCONCLUSIVE)


def test_harm_of_any_step_rolls_back() -> None:
    found = verdict(
        evolve(WORSE, steps=(*EQUAL.steps, StepTally(control=tally(500, 25), treatment=tally(500, 90)))),
        step=1,
    )
    assert found.ruling is Ruling.ROLL_BACK


def test_a_tolerance_lets_a_small_harm_be() -> None:
    slight = evidence(tally(90_000, 4_500), tally(10_000, 650))
    rulings = [
        verdict(slight, guard).ruling for guard in (Guard(), Guard(tolerance=0.03, success_margin=0.03))
    ]
    assert rulings == [Ruling.ROLL_BACK, Ruling.GO_ON]


def timed(control: float, treatment: float) -> Evidence:
    return evidence(tally(27_000, 1_350, ms=control, tokens=300), tally(3_000, 150, ms=treatment, tokens=300))


def spent(control: int, treatment: int) -> Evidence:
    return evidence(tally(27_000, 1_350, ms=900, tokens=control), tally(3_000, 150, ms=900, tokens=treatment))


@pytest.mark.parametrize(
    ("found", "guard", "ruling", "cause"),
    [
        (timed(900, 900), Guard(latency_ratio=1.25), Ruling.GO_ON, Cause.HARMLESS),
        (timed(900, 2_000), Guard(latency_ratio=1.25), Ruling.ROLL_BACK, Cause.SLOWER),
        (timed(900, 1_180), Guard(latency_ratio=1.25), Ruling.HOLD, Cause.INCONCLUSIVE),
        (timed(900, 2_000), Guard(), Ruling.GO_ON, Cause.HARMLESS),
        (EQUAL, Guard(latency_ratio=1.25), Ruling.HOLD, Cause.INCONCLUSIVE),
        (spent(300, 300), Guard(token_ratio=1.25), Ruling.GO_ON, Cause.HARMLESS),
        (spent(300, 600), Guard(token_ratio=1.25), Ruling.ROLL_BACK, Cause.DEARER),
        (spent(300, 600), Guard(), Ruling.GO_ON, Cause.HARMLESS),
        (EQUAL, Guard(token_ratio=1.25), Ruling.HOLD, Cause.INCONCLUSIVE),
    ],
)
def test_latency_and_tokens_are_guarded_if_asked(
    found: Evidence, guard: Guard, ruling: Ruling, cause: Cause
) -> None:
    assert (verdict(found, guard).ruling, causes(verdict(found, guard))[0]) == (ruling, cause)


def free(control: int, treatment: int) -> Evidence:
    """All outcomes tell their tokens, be it none."""
    arms = [
        evolve(tally(count, 0), tokens=Sums(count=count, total=count * each, squares=count * each**2))
        for count, each in ((27_000, control), (3_000, treatment))
    ]
    return evidence(*arms)


def test_no_tokens_in_both_arms_are_as_much() -> None:
    found = verdict(free(0, 0), Guard(token_ratio=1.2))
    assert (found.ruling, found.figures.token_ratio) == (Ruling.GO_ON, 1.0)


def test_any_tokens_against_none_are_infinitely_more_and_told() -> None:
    found = verdict(free(0, 7), Guard(token_ratio=1.2))
    assert (found.ruling, found.figures.token_ratio) == (Ruling.ROLL_BACK, math.inf)
    assert str(found.findings[0]) == "dearer: mean of tokens is above 0, and control's is 0"


@pytest.mark.parametrize("share", [4_000, 6_500, 9_500, 9_800, 9_900])
def test_a_margin_of_a_hundred_points_can_be_judged_at_any_share(share: int) -> None:
    found = verdict(FEW, Guard(success_margin=1.0), shares=(share, 10_000))
    assert math.isfinite(found.figures.log_e_harmless)


@pytest.mark.parametrize(
    "broken",
    [
        tally(10, 11),
        tally(10, -1),
        tally(-1, 0),
        tally(10, 0, known=11),
    ],
)
def test_sums_that_contradict_one_another_are_refused(broken: Tally) -> None:
    with pytest.raises(InvalidInput, match="more failures than outcomes") as caught:
        verdict(evidence(tally(90, 4), broken))
    assert caught.value.place == "evidence of step 1"


def test_a_finding_says_its_numbers() -> None:
    found = [str(finding) for finding in verdict(evolve(WORSE, newest=NOON - timedelta(hours=2))).findings]
    assert found == ["worse: e 10^8 of 20, success -15.0 points", "stale data: no outcome for 7200 s"]


def test_the_figures_are_those_of_the_sums() -> None:
    figures = verdict(WORSE).figures
    assert (figures.control, figures.treatment) == (WORSE.steps[0].control, WORSE.steps[0].treatment)
    assert (figures.control_rate is not None, figures.difference is not None) == (True, True)


def test_a_holdout_changes_what_sizes_are_expected() -> None:
    skewed = evidence(tally(8_000, 400), tally(2_000, 100))
    assert causes(verdict(skewed)) == [Cause.SAMPLE_RATIO]
    assert verdict(skewed, holdout=5_000).ruling is Ruling.GO_ON


COUNTS = st.integers(min_value=0, max_value=3_000)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    units = draw(COUNTS)
    outcomes = draw(st.integers(min_value=0, max_value=units))
    return Tally(units=units, outcomes=outcomes, failures=draw(st.integers(min_value=0, max_value=outcomes)))


@given(
    steps=st.lists(st.builds(StepTally, control=tallies(), treatment=tallies()), max_size=5).map(tuple),
    step=st.integers(min_value=0, max_value=2),
    newest=st.none() | st.datetimes(timezones=st.just(UTC)),
    guard=st.builds(
        Guard,
        success_margin=st.floats(min_value=0.001, max_value=1),
        tolerance=st.floats(min_value=0, max_value=1),
        alpha=st.floats(min_value=1e-6, max_value=0.5),
        latency_ratio=st.none() | st.floats(min_value=0.01, max_value=100),
        token_ratio=st.none() | st.floats(min_value=0.01, max_value=100),
    ),
)
def test_any_sound_evidence_has_a_verdict_with_reasons(
    steps: tuple[StepTally, ...], step: int, newest: datetime | None, guard: Guard
) -> None:
    found = judge(guard, Evidence(steps=steps, newest=newest), evolve(STANDING, step=step), now=NOON)
    assert (found.ruling is Ruling.ROLL_BACK) is (found.findings[0].cause in HARM)
