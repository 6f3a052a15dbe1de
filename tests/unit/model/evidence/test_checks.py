"""Checks: sizes of the arms against scipy's chi-square, lost outcomes, and slowness that is sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jackfield.domain.model.evidence.checks import (
    lost_outcomes_p,
    ratio_of_quantiles,
    sample_ratio_p,
    surely_dearer,
    surely_slower,
)
from jackfield.domain.model.evidence.histograms import Histogram
from jackfield.domain.model.evidence.tallies import StepTally, Sums, Tally


@given(
    st.integers(min_value=0, max_value=10**6),
    st.integers(min_value=1, max_value=10**6),
    st.sampled_from([0.01, 0.05, 0.5, 0.9]),
)
def test_the_sample_ratio_is_scipys_chi_square(control: int, treatment: int, odds: float) -> None:
    total = control + treatment
    expected = stats.chisquare([control, treatment], [total * (1 - odds), total * odds]).pvalue
    assert sample_ratio_p([(control, treatment, odds)]) == pytest.approx(
        float(expected), rel=1e-6, abs=1e-300
    )


def test_steps_with_other_odds_are_taken_together() -> None:
    fair = [(9_500, 500, 0.05), (7_500, 2_500, 0.25)]
    assert sample_ratio_p(fair) == pytest.approx(1.0)


def test_two_small_mismatches_in_one_direction_add_up() -> None:
    one = (4_900, 5_100, 0.5)
    assert sample_ratio_p([one, one, one]) < 0.001 < sample_ratio_p([one])


@pytest.mark.parametrize("counts", [[], [(0, 0, 0.5)], [(0, 7, 1.0)], [(7, 0, 0.0)]])
def test_nothing_to_compare_is_no_mismatch(counts: list[tuple[int, int, float]]) -> None:
    assert sample_ratio_p(counts) == 1.0


def outcomes(control: tuple[int, int], treatment: tuple[int, int]) -> StepTally:
    """From (units, outcomes) of both arms."""
    one, two = (Tally(units=units, outcomes=known) for units, known in (control, treatment))
    return StepTally(control=one, treatment=two)


@pytest.mark.parametrize(
    ("step", "lost"),
    [
        (outcomes((9_500, 9_000), (500, 474)), False),
        (outcomes((9_500, 9_000), (500, 420)), True),
        (outcomes((9_500, 8_000), (500, 500)), True),
        (outcomes((950_000, 940_000), (50_000, 49_200)), False),
        (outcomes((0, 0), (0, 0)), False),
        (outcomes((1, 1), (0, 0)), False),
        (outcomes((10, 10), (10, 10)), False),
    ],
    ids=["alike", "treatment loses", "control loses", "within a point", "nobody", "one unit", "all known"],
)
def test_an_arm_that_loses_more_outcomes_is_found(step: StepTally, lost: bool) -> None:
    assert (lost_outcomes_p([step]) < 0.001) is lost


def test_without_the_allowed_point_the_p_would_be_scipys() -> None:
    control, treatment = (9_500, 8_700), (500, 420)
    table = [[known, units - known] for units, known in (control, treatment)]
    exact = float(stats.chi2_contingency(table, correction=False).pvalue)
    assert exact < lost_outcomes_p([outcomes(control, treatment)]) < 1.0


def latencies(count: int, factor: float, seed: int = 5) -> Histogram:
    values = np.random.default_rng(seed).lognormal(mean=7, sigma=0.6, size=count) * factor
    return Histogram.of(values.tolist())


@pytest.mark.parametrize(
    ("factor", "count", "sure"),
    [(1.0, 2_000, False), (1.2, 2_000, False), (2.0, 2_000, True), (2.0, 30, False), (2.0, 0, False)],
)
def test_slowness_is_sure_only_if_it_is_great_and_often_seen(factor: float, count: int, sure: bool) -> None:
    found = surely_slower(latencies(count, factor), latencies(20_000, 1.0, seed=6), limit=1.25, alpha=0.01)
    assert found is sure


def test_a_small_control_makes_nothing_sure() -> None:
    assert surely_slower(latencies(5_000, 3.0), latencies(50, 1.0), limit=1.25, alpha=0.01) is False


def test_equal_arms_are_hardly_ever_found_slower_however_often_one_looks() -> None:
    random, wrong = np.random.default_rng(9), 0
    for _ in range(100):
        values = random.lognormal(mean=7, sigma=0.6, size=(2, 2_000))
        looks = [[Histogram.of(arm[:n].tolist()) for arm in values] for n in (200, 500, 1_000, 2_000)]
        wrong += any(surely_slower(one, other, limit=1.0, alpha=0.01) for one, other in looks)
    assert wrong <= 1


@pytest.mark.parametrize(
    ("one", "other"), [(Histogram(), latencies(9, 1.0)), (latencies(9, 1.0), Histogram())]
)
def test_a_ratio_of_nothing_is_none(one: Histogram, other: Histogram) -> None:
    assert ratio_of_quantiles(one, other) is None


def test_the_ratio_is_that_of_the_95th_percentiles() -> None:
    assert ratio_of_quantiles(latencies(5_000, 1.5), latencies(5_000, 1.0)) == pytest.approx(1.5, rel=0.05)


def sums(values: list[int]) -> Sums:
    return Sums(count=len(values), total=sum(values), squares=sum(value**2 for value in values))


@pytest.mark.parametrize(("factor", "sure"), [(1.0, False), (1.2, False), (1.6, True)])
def test_a_mean_is_surely_over_its_limit_only_if_it_is(factor: float, sure: bool) -> None:
    random = np.random.default_rng(3)
    control = sums([int(value) for value in random.gamma(4, 100, size=2_000)])
    treatment = sums([int(value * factor) for value in random.gamma(4, 100, size=500)])
    assert surely_dearer(treatment, control, limit=1.25, alpha=0.01) is sure


def running_sums(values: np.typing.NDArray[np.int64], count: int) -> Sums:
    first = values[:count]
    return Sums(count=count, total=int(first.sum()), squares=int((first * first).sum()))


def test_equal_means_of_skewed_counts_are_hardly_ever_found_dearer_by_a_small_control() -> None:
    random, wrong, runs = np.random.default_rng(3), 0, 200
    for _ in range(runs):
        control, treatment = (
            random.lognormal(mean=5, sigma=1.3, size=size).astype(np.int64) for size in (150, 4_500)
        )
        wrong += any(
            surely_dearer(
                running_sums(treatment, 30 * count), running_sums(control, count), limit=1.0, alpha=0.01
            )
            for count in range(30, 151, 5)
        )
    print(f" {runs} runs of equal log-normal counts, share 97 %: {wrong} wrong")
    assert wrong <= 0.01 * runs


@pytest.mark.parametrize(
    ("one", "other"), [([], [1, 2]), ([1, 2], []), ([900], [1, 2]), ([5] * 29, [1] * 99)]
)
def test_a_few_values_make_nothing_sure(one: list[int], other: list[int]) -> None:
    assert surely_dearer(sums(one), sums(other), limit=1.1, alpha=0.01) is False
