"""How often the guard is wrong, and how soon it is right: simulated rollouts, looked at after every unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from jackfield.domain.model.evidence.bets import EQUAL, HARM, STARTS, Table, log_e_harm, log_e_harmless
from jackfield.domain.model.evidence.intervals import difference
from jackfield.domain.model.evidence.tallies import StepTally, Tally
from tests.unit.model.evidence.lives import (
    Lives,
    always_valid,
    bets_on_harm,
    bets_on_harmless,
    knows_the_rates,
    mean_capital,
    median,
    share,
    two_points_worse,
    z_test,
)

RUNS, UNITS = 500, 2_000


def lives(control: float, treatment: float, *, odds: float = 0.1, units: int = UNITS) -> Lives:
    return Lives(control=control, treatment=treatment, odds=odds, units=units, runs=RUNS)


@pytest.mark.parametrize("odds", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("rate", [0.05, 0.4])
def test_a_harmless_canary_is_hardly_ever_rolled_back(odds: float, rate: float) -> None:
    wrong = share(lives(rate, rate, odds=odds).first(bets_on_harm(odds)))
    print(f" {RUNS} runs of {UNITS}, {rate:.0%} failures, share {odds:.0%}: {wrong:.1%} rolled back")
    assert wrong <= 0.05


def test_a_better_canary_is_rolled_back_even_more_rarely() -> None:
    assert share(lives(0.1, 0.05).first(bets_on_harm(0.1))) <= 0.01


def test_a_base_rate_that_drifts_makes_no_harm() -> None:
    drift = np.linspace(0.02, 0.4, UNITS)
    runs = Lives(control=drift, treatment=drift, odds=0.1, units=UNITS, runs=RUNS)
    assert share(runs.first(bets_on_harm(0.1))) <= 0.05


@pytest.mark.parametrize("odds", [0.05, 0.1, 0.2, 0.25])
def test_a_fall_from_95_to_85_percent_is_caught_within_a_hundred_canary_conversations(odds: float) -> None:
    first = lives(0.05, 0.15, odds=odds).first(bets_on_harm(odds))
    print(f" share {odds:.0%}: caught {share(first):.1%}, median {median(first, 1):.0f} canary conversations")
    assert median(first, 1) <= 100


def information(odds: float) -> float:
    """Nats that a unit of the treatment tells of a fall from 95 to 85 %: entropies by scipy."""
    rates, parts = np.array([0.05, 0.15]), np.array([1 - odds, odds])
    whole = stats.bernoulli(float(parts @ rates)).entropy()
    return float(whole - parts @ stats.bernoulli(rates).entropy()) / odds


@pytest.mark.parametrize(("odds", "least"), [(0.1, 50), (0.5, 104)])
def test_no_bet_catches_a_fall_sooner_on_average_than_the_information_allows(odds: float, least: int) -> None:
    first = lives(0.05, 0.15, odds=odds, units=int(500 / odds)).first(knows_the_rates(odds, (0.05, 0.15)))
    assert round(math.log(20) / information(odds)) == least
    caught = first[first[:, 0] > 0, 1]
    assert (len(caught) > 0.99 * RUNS, bool(least <= caught.mean() <= 1.3 * least)) == (True, True)


@pytest.mark.parametrize("odds", [0.1, 0.5])
def test_a_fall_by_the_margin_seldom_goes_on(odds: float) -> None:
    assert share(lives(0.05, 0.07, odds=odds, units=5_000).first(bets_on_harmless(odds, margin=0.02))) <= 0.05


def test_the_confidence_sequence_seldom_excludes_what_is_true() -> None:
    assert share(lives(0.05, 0.05).first(always_valid)) <= 0.05


def test_the_controls_are_wrong_often_so_the_simulation_is_not_blind() -> None:
    runs = lives(0.05, 0.05)
    wrong = [share(runs.first(rule)) for rule in (two_points_worse, z_test)]
    print(f" 'two points worse after 50': {wrong[0]:.1%}, a z-test every 100: {wrong[1]:.1%}")
    assert min(wrong) > 0.2


def tallied(arm: list[int], failed: list[int]) -> StepTally:
    pairs = list(zip(arm, failed, strict=True))
    one, two = ([f for a, f in pairs if a == side] for side in (0, 1))
    return StepTally(
        control=Tally(units=len(one), outcomes=len(one), failures=sum(one)),
        treatment=Tally(units=len(two), outcomes=len(two), failures=sum(two)),
    )


@pytest.mark.parametrize("units", [1, 10, 500, 2_000])
def test_the_simulated_capital_is_the_models(units: int) -> None:
    arm, failed = next(Lives(control=0.05, treatment=0.1, odds=0.2, units=2_000, runs=1).chunks())
    table = Table.of(tallied(arm[0, :units].tolist(), failed[0, :units].tolist()), 0.2)
    harm = mean_capital(arm, failed, odds=0.2, hypotheses=HARM, margin=0.0, sign=1)[0, units - 1]
    harmless = mean_capital(arm, failed, odds=0.2, hypotheses=EQUAL, margin=0.02, sign=-1)[0, units - 1]
    ours = (math.exp(log_e_harm([table])), math.exp(log_e_harmless(table, margin=0.02)))
    assert ours == pytest.approx(((harm + STARTS - 1) / STARTS, harmless))


@pytest.mark.parametrize("treatment", [0.05, 0.12])
def test_the_simulated_confidence_sequence_is_the_models(treatment: float) -> None:
    for arm, failed in Lives(control=0.05, treatment=treatment, odds=0.3, units=800, runs=20).chunks():
        acts = always_valid(arm, failed)
        for run in range(len(arm)):
            seen = difference([tallied(arm[run].tolist(), failed[run].tolist())], alpha=0.05)
            assert seen is not None
            assert bool(acts[run, -1]) is not (seen.low <= 0 <= seen.high)
