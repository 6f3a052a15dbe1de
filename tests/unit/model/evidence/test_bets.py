"""Bets: fair under the claim, by the exact distribution; the stake is Kelly's; only counts matter."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from jackfield.domain.model.evidence.bets import (
    EQUAL,
    GAIN,
    HARM,
    STARTS,
    Hypothesis,
    Table,
    kelly,
    log_e_gain,
    log_e_harm,
    log_e_harmless,
    log_factors,
)
from jackfield.domain.model.evidence.tallies import StepTally, Tally
from tests.proofs.sizes import sized

ODDS = [0.01, 0.05, 0.3, 0.5, 0.9]
RATES = st.floats(min_value=0, max_value=1)


def mean_factor(odds: float, control: float, treatment: float, factors: tuple[float, ...]) -> float:
    """What the capital is multiplied by on average, if these are the failure rates."""
    chances = ((1 - odds) * (1 - control), (1 - odds) * control, odds * (1 - treatment), odds * treatment)
    return sum(chance * math.exp(factor) for chance, factor in zip(chances, factors, strict=True))


@pytest.mark.parametrize("odds", ODDS)
@pytest.mark.parametrize("hypothesis", sorted({*HARM, *GAIN}))
@settings(max_examples=sized(10, full=100))
@given(rate=RATES)
def test_equal_rates_keep_the_capital_whatever_they_are(
    odds: float, hypothesis: Hypothesis, rate: float
) -> None:
    sign = 1 if hypothesis in HARM else -1
    assert mean_factor(odds, rate, rate, log_factors(odds, hypothesis, 0.0, sign)) == pytest.approx(
        1, abs=1e-9
    )


@given(st.sampled_from(ODDS), st.sampled_from(HARM), st.sampled_from([0.0, 0.01, 0.05]), RATES, RATES)
def test_no_rates_within_the_margin_let_a_bet_on_harm_grow(
    odds: float, hypothesis: Hypothesis, margin: float, control: float, treatment: float
) -> None:
    assume(treatment <= control + margin)
    assert mean_factor(odds, control, treatment, log_factors(odds, hypothesis, margin, 1)) <= 1 + 1e-9


@given(st.sampled_from(ODDS), st.sampled_from(EQUAL), st.sampled_from([0.01, 0.02, 0.1]), RATES, RATES)
def test_no_rates_beyond_the_margin_let_a_bet_on_harmlessness_grow(
    odds: float, hypothesis: Hypothesis, margin: float, control: float, treatment: float
) -> None:
    assume(treatment >= control + margin)
    assert mean_factor(odds, control, treatment, log_factors(odds, hypothesis, margin, -1)) <= 1 + 1e-9


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("odds", [0.1, 0.5])
def test_the_mean_of_e_is_one_by_scipys_exact_distribution(odds: float, rate: float) -> None:
    units, mean = 12, 0.0
    for failed, treated in product(range(units + 1), repeat=2):
        for both in range(min(failed, treated) + 1):
            table = Table(
                odds=odds,
                control_fine=units - failed - treated + both,
                control_failed=failed - both,
                treatment_fine=treated - both,
                treatment_failed=both,
            )
            if table.control_fine >= 0:
                chance = stats.binom.pmf(failed, units, rate) * stats.binom.pmf(both, failed, odds)
                chance *= stats.binom.pmf(treated - both, units - failed, odds)
                mean += float(chance) * math.exp(log_e_harm([table]))
    assert mean == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("odds", ODDS)
@pytest.mark.parametrize(
    ("hypothesis", "margin", "sign"), [((0.05, 0.15), 0.0, 1), ((0.6, 0.7), 0.01, 1), (EQUAL[2], 0.02, -1)]
)
def test_the_stake_is_the_one_scipy_finds(
    odds: float, hypothesis: Hypothesis, margin: float, sign: int
) -> None:
    control, treatment = hypothesis
    chances = ((1 - odds) * (1 - control), (1 - odds) * control, odds * (1 - treatment), odds * treatment)
    guess = chances[1] + chances[3]
    gains = [
        sign * (gain - margin)
        for gain in (guess / (1 - odds), -(1 - guess) / (1 - odds), -guess / odds, (1 - guess) / odds)
    ]
    found = optimize.minimize_scalar(
        lambda stake: -sum(c * math.log1p(stake * g) for c, g in zip(chances, gains, strict=True)),
        bounds=(0, 0.99 / -min(gains)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert kelly(gains, chances) == pytest.approx(float(found.x), rel=1e-3, abs=1e-6)


def test_a_bet_that_cannot_pay_stakes_nothing() -> None:
    assert kelly([1.0, -1.0], [0.4, 0.6]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("odds", [0.05, 0.5])
def test_without_a_margin_the_bet_is_nearly_the_likelihood_ratio_of_the_arms(odds: float) -> None:
    control, treatment = 0.05, 0.15
    failed = odds * treatment / (odds * treatment + (1 - odds) * control)
    fine = odds * (1 - treatment) / (odds * (1 - treatment) + (1 - odds) * (1 - control))
    ratios = [(1 - fine) / (1 - odds), (1 - failed) / (1 - odds), fine / odds, failed / odds]
    chances = ((1 - odds) * (1 - control), (1 - odds) * control, odds * (1 - treatment), odds * treatment)
    best = sum(c * math.log(ratio) for c, ratio in zip(chances, ratios, strict=True))
    ours = log_factors(odds, (control, treatment), 0.0, 1)
    assert 0.98 * best < sum(c * f for c, f in zip(chances, ours, strict=True)) <= best + 1e-12


@given(st.sampled_from(ODDS), st.sampled_from(HARM), st.sampled_from([0.0, 0.05]))
def test_no_outcome_loses_everything(odds: float, hypothesis: Hypothesis, margin: float) -> None:
    assert min(log_factors(odds, hypothesis, margin, 1)) >= math.log(0.01) - 1e-9


def test_before_any_outcome_nothing_is_won() -> None:
    empty = Table(odds=0.05)
    assert (log_e_harm([]), log_e_harm([empty]), log_e_gain([empty]), log_e_harmless(empty, margin=0.02)) == (
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize("odds", [0.0, 1.0])
def test_a_step_without_two_arms_wins_nothing(odds: float) -> None:
    table = Table(odds=odds, treatment_failed=100, treatment_fine=3)
    assert (log_e_harm([table]), log_e_gain([table]), log_e_harmless(table, margin=0.02)) == (0, 0, 0)


def bad(odds: float = 0.2, times: int = 1) -> Table:
    return Table(
        odds=odds,
        control_fine=380 * times,
        control_failed=20 * times,
        treatment_fine=80 * times,
        treatment_failed=20 * times,
    )


def good(odds: float = 0.2, times: int = 1) -> Table:
    return Table(
        odds=odds,
        control_fine=320 * times,
        control_failed=80 * times,
        treatment_fine=98 * times,
        treatment_failed=2 * times,
    )


def test_harm_and_gain_are_told_apart() -> None:
    limit = math.log(20)
    assert [log_e_harm([bad()]) > limit, log_e_gain([bad()]) > limit] == [True, False]
    assert [log_e_harm([good()]) > limit, log_e_gain([good()]) > limit] == [False, True]


def test_harm_that_begins_with_the_second_step_is_not_hidden_by_a_long_good_first() -> None:
    good_step = Table(
        odds=0.2, control_fine=15_200, control_failed=800, treatment_fine=3_800, treatment_failed=200
    )
    blind = Table(
        odds=0.2, control_fine=15_580, control_failed=820, treatment_fine=3_880, treatment_failed=220
    )
    assert [log_e_harm(steps) > math.log(20) for steps in ([good_step, bad()], [blind])] == [True, False]


@given(st.integers(min_value=0, max_value=STARTS))
def test_harm_is_seen_in_whichever_of_the_first_steps_it_begins(begins: int) -> None:
    fine = Table(odds=0.2, control_fine=380, control_failed=20, treatment_fine=95, treatment_failed=5)
    assert log_e_harm([*[fine] * begins, bad(times=2)]) > math.log(20)


def test_huge_counts_do_not_overflow() -> None:
    assert 1_000 < log_e_harm([bad(times=100_000)]) < math.inf


def test_a_margin_is_paid_for() -> None:
    assert log_e_harm([bad()], margin=0.05) < log_e_harm([bad()])


def test_a_table_takes_the_counts_of_a_step() -> None:
    step = StepTally(
        control=Tally(units=9, outcomes=5, failures=2), treatment=Tally(units=4, outcomes=3, failures=3)
    )
    assert Table.of(step, 0.25).counts == (3, 2, 0, 3)
