"""Intervals: the mixture is scipy's integral, the estimates are the rates, none is surer than it may be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from jackfield.domain.model.evidence import intervals
from jackfield.domain.model.evidence.intervals import always_valid_p, critical, difference, rate
from jackfield.domain.model.evidence.tallies import StepTally, Tally


def step(control: tuple[int, int], treatment: tuple[int, int]) -> StepTally:
    """From (outcomes, failures) of both arms."""
    one, two = (Tally(units=n, outcomes=n, failures=f) for n, f in (control, treatment))
    return StepTally(control=one, treatment=two)


@pytest.mark.parametrize("information", [1.0, 50.0, 500.0, 20_000.0])
@pytest.mark.parametrize("z", [0.0, 1.0, 2.5, 4.0])
def test_the_p_is_one_over_scipys_mixture_integral(z: float, information: float) -> None:
    weight, total = intervals._WEIGHT, z * math.sqrt(information)
    width = min(math.sqrt(weight), 1 / math.sqrt(information))
    mixture, _ = integrate.quad(
        lambda effect: (
            math.exp(effect * total - effect**2 * information / 2)
            * float(stats.norm.pdf(effect, scale=math.sqrt(weight)))
        ),
        -12 * width - abs(z) / math.sqrt(information),
        12 * width + abs(z) / math.sqrt(information),
        limit=400,
    )
    assert always_valid_p(z, information) == pytest.approx(min(1.0, 1 / mixture), rel=1e-6)


@given(st.floats(min_value=0.01, max_value=1e9), st.sampled_from([0.001, 0.01, 0.05, 0.3]))
def test_at_the_critical_value_the_p_is_alpha(information: float, alpha: float) -> None:
    assert always_valid_p(critical(information, alpha), information) == pytest.approx(alpha, rel=1e-6)


@given(st.floats(min_value=0.01, max_value=1e9))
def test_looking_at_any_time_costs_more_than_scipys_single_look(information: float) -> None:
    assert critical(information, 0.05) > stats.norm.isf(0.025)


def test_the_interval_is_narrowest_against_a_single_look_near_five_hundred() -> None:
    places = np.geomspace(10, 100_000, 400)
    best = places[int(np.argmin([critical(float(place), 0.05) for place in places]))]
    assert 300 < best < 800


def test_without_information_nothing_is_excluded() -> None:
    assert (critical(0, 0.05), always_valid_p(9.0, 0)) == (math.inf, 1.0)


def test_an_overwhelming_effect_has_a_p_of_zero_and_no_overflow() -> None:
    assert always_valid_p(1e200, 1e9) == 0.0


def test_a_difference_is_of_success_treatment_less_control() -> None:
    seen = difference([step((1_000, 50), (1_000, 150))], alpha=0.05)
    assert seen is not None
    assert seen.estimate == pytest.approx(-0.1)
    assert (seen.high < 0, seen.p < 0.001) == (True, True)


def test_the_bounds_are_the_estimate_and_as_many_standard_errors() -> None:
    one, two = 51 / 1_002, 151 / 1_002
    error = math.sqrt(one * (1 - one) / 1_000 + two * (1 - two) / 1_000)
    pooled = 201 / 2_002
    error = max(error, math.sqrt(pooled * (1 - pooled) * 2 / 1_000))
    seen = difference([step((1_000, 50), (1_000, 150))], alpha=0.05)
    reach = critical(500, 0.05) * error
    assert seen is not None
    assert [seen.low, seen.high] == pytest.approx([-0.1 - reach, -0.1 + reach])


def test_a_base_rate_that_drifts_between_steps_is_no_difference() -> None:
    steps = [step((1_900, 95), (100, 5)), step((500, 150), (500, 150))]
    seen = difference(steps, alpha=0.05)
    pooled = (245 / 2_400) - (155 / 600)
    assert seen is not None
    assert seen.estimate == pytest.approx(0.0)
    assert pooled < -0.15


@pytest.mark.parametrize(
    "steps", [[], [step((0, 0), (0, 0))], [step((9, 1), (0, 0))], [step((0, 0), (9, 1))]]
)
def test_one_arm_alone_has_no_difference(steps: list[StepTally]) -> None:
    assert difference(steps, alpha=0.05) is None


def test_no_failure_seen_is_not_no_failure_possible() -> None:
    seen = difference([step((20, 0), (20, 0))], alpha=0.05)
    assert seen is not None
    assert (seen.low < -0.2, seen.high > 0.2) == (True, True)


@pytest.mark.parametrize(("outcomes", "failures"), [(1, 0), (1, 1), (10_000, 500), (7, 7)])
def test_a_rate_lies_within_its_bounds_and_they_within_zero_and_one(outcomes: int, failures: int) -> None:
    seen = rate(Tally(units=outcomes, outcomes=outcomes, failures=failures), alpha=0.05)
    assert seen is not None
    assert 0 <= seen.low <= seen.estimate <= seen.high <= 1


def test_a_rate_of_nothing_is_none() -> None:
    assert rate(Tally(units=5), alpha=0.05) is None
