"""Simulated rollouts by the thousand, looked at after every single unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from jackfield.domain.model.evidence.bets import EQUAL, HARM, STARTS, Hypothesis, log_factors
from jackfield.domain.model.evidence.intervals import critical

Array: TypeAlias = NDArray[Any]
Rule: TypeAlias = Callable[[Array, Array], Array]
"""From (arm, failed), runs by units of 0 and 1, to whether it acts after each unit."""

ALPHA: Final = 0.05
_CHUNK: Final = 50


@frozen(kw_only=True)
class Lives:
    """Runs of one setting: failure rates (one for all units or one for each), and the treatment's odds."""

    control: float | Array
    treatment: float | Array
    odds: float
    units: int
    runs: int
    seed: int = 2026

    def first(self, rule: Rule) -> Array:
        """Return (units, units of the treatment) of each run when *rule* acts first; -1 if it never does."""
        return np.concatenate([_first(rule(arm, failed), arm) for arm, failed in self.chunks()])

    def chunks(self) -> Iterator[tuple[Array, Array]]:
        """Make some runs at a time."""
        random = np.random.default_rng(self.seed)
        for done in range(0, self.runs, _CHUNK):
            shape = (min(_CHUNK, self.runs - done), self.units)
            arm = (random.random(shape) < self.odds).astype(np.int64)
            rates = np.where(arm == 1, self.treatment, self.control)
            yield arm, (random.random(shape) < rates).astype(np.int64)


def _first(acts: Array, arm: Array) -> Array:
    rows, when = np.arange(len(acts)), acts.argmax(axis=1)
    found = np.stack([when + 1, np.cumsum(arm, axis=1)[rows, when]], axis=1)
    return np.where(acts.any(axis=1, keepdims=True), found, -1)


def bets_on_harm(odds: float, *, margin: float = 0.0, alpha: float = ALPHA) -> Rule:
    """The guard: the model's own factors, in the first of its four starts; the other three hold their 1."""

    def acts(arm: Array, failed: Array) -> Array:
        capital = mean_capital(arm, failed, odds=odds, hypotheses=HARM, margin=margin, sign=1)
        return (capital + STARTS - 1) / STARTS >= 1 / alpha

    return acts


def knows_the_rates(odds: float, rates: Hypothesis, *, alpha: float = ALPHA) -> Rule:
    """A control: the one bet that would grow fastest, by somebody who knows both failure rates."""

    def acts(arm: Array, failed: Array) -> Array:
        capital = mean_capital(arm, failed, odds=odds, hypotheses=[rates], margin=0.0, sign=1)
        return capital >= 1 / alpha

    return acts


def bets_on_harmless(odds: float, *, margin: float, alpha: float = ALPHA) -> Rule:
    """What lets a step go on."""

    def acts(arm: Array, failed: Array) -> Array:
        return mean_capital(arm, failed, odds=odds, hypotheses=EQUAL, margin=margin, sign=-1) >= 1 / alpha

    return acts


def mean_capital(
    arm: Array, failed: Array, *, odds: float, hypotheses: Sequence[Hypothesis], margin: float, sign: int
) -> Array:
    """Return the capital after each unit, the mean over *hypotheses*."""
    outcome = 2 * arm + failed
    capital = np.zeros(arm.shape)
    for hypothesis, parts in Counter(hypotheses).items():
        factors = np.array(log_factors(odds, hypothesis, margin, sign))
        capital += parts * np.exp(np.minimum(np.cumsum(factors[outcome], axis=1), 600))
    return capital / len(hypotheses)


def two_points_worse(arm: Array, failed: Array) -> Array:
    """A control: roll back if, after 50 units of the treatment, its rate is two points worse."""
    seen, _, rate, base = _rates(arm, failed)
    return (seen >= 50) & (rate - base > 0.02)


def z_test(arm: Array, failed: Array) -> Array:
    """A control: a z-test at 5 %, two-sided, looked at after every 100 units."""
    seen, others, rate, base = _rates(arm, failed)
    variance = _spread(rate, seen, 0) / seen.clip(1) + _spread(base, others, 0) / others.clip(1)
    acts: Array = (np.abs(rate - base) > 1.959964 * np.sqrt(variance)) & _each_hundred(seen, others)
    return acts


def always_valid(arm: Array, failed: Array) -> Array:
    """The confidence sequence, looked at after every 100 units: it excludes zero."""
    seen, others, rate, base = _rates(arm, failed)
    apart = _spread(rate, seen, 1) / seen.clip(1) + _spread(base, others, 1) / others.clip(1)
    whole = (rate * seen + base * others) / (seen + others)
    alike = _spread(whole, seen + others, 1) * (1 / seen.clip(1) + 1 / others.clip(1))
    rows, looks = np.nonzero(_each_hundred(seen, others))
    information = (seen * others / (seen + others))[rows, looks]
    limits = np.full(arm.shape, np.inf)
    limits[rows, looks] = [critical(float(each), ALPHA) for each in information]
    acts: Array = np.abs(rate - base) > limits * np.sqrt(np.maximum(apart, alike))
    return acts


def _each_hundred(seen: Array, others: Array) -> Array:
    looked: Array = ((seen + others) % 100 == 0) & (seen > 0) & (others > 0)
    return looked


def _rates(arm: Array, failed: Array) -> tuple[Array, Array, Array, Array]:
    seen, others = np.cumsum(arm, axis=1), np.cumsum(1 - arm, axis=1)
    rate = np.cumsum(arm * failed, axis=1) / seen.clip(1)
    return seen, others, rate, np.cumsum((1 - arm) * failed, axis=1) / others.clip(1)


def _spread(part: Array, count: Array, added: int) -> Array:
    smoothed = (part * count + added) / (count + 2 * added).clip(1)
    variance: Array = smoothed * (1 - smoothed)
    return variance


def share(first: Array) -> float:
    """Return the part of runs in which a rule acted."""
    return float((first[:, 0] > 0).mean())


def median(first: Array, column: int) -> float:
    """Return the median of a column over all runs; infinite if it acted in fewer than half."""
    return float(np.median(np.where(first[:, 0] > 0, first[:, column], math.inf)))
