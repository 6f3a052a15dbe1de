"""Confidence sequences: intervals that hold at every look, all looks together, by the normal mixture.

Let z be an estimate over its standard error after an information of t units. Mixing the likelihood ratios of
all effects with a normal weight of variance r gives

    M = exp(z^2/2 * tr/(1 + tr)) / sqrt(1 + tr),

which starts at 1 and has mean 1 while there is no effect; so it ever passes 1/alpha with a probability of at
most alpha. Solved for z it is the width of the interval, and 1/M is an always-valid p. The method is
Robbins' (1970), for means of unknown variance as in Waudby-Smith and others (2021): exact for normal data,
and for rates as good as the normal approximation. So the guard bets (`bets`), and these are reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from jackfield.domain.model.evidence.tallies import StepTally, Tally

_NARROWEST: Final = 500
"""The information at which the interval is to be narrowest, against a fixed-size one."""
_WEIGHT: Final = (2 * math.log(20) + math.log(1 + 2 * math.log(20)) + 1) / _NARROWEST
"""The mixture's variance r that does so at alpha = 5 %."""


@frozen(kw_only=True)
class Interval:
    """An estimate between two bounds; `p` is the always-valid p of "it is zero", 1 where none is asked."""

    estimate: float
    low: float
    high: float
    p: float = 1.0


def critical(units: float, alpha: float) -> float:
    """Return how many standard errors the interval reaches to each side; infinite for no *units*."""
    if units <= 0:
        return math.inf
    spread = units * _WEIGHT
    return math.sqrt(2 * (1 + spread) / spread * math.log(math.sqrt(1 + spread) / alpha))


def always_valid_p(z: float, units: float) -> float:
    """Return 1/M, at most 1: the p of an estimate *z* standard errors from zero."""
    spread = max(0.0, units) * _WEIGHT
    log_m = z * z / 2 * spread / (1 + spread) - math.log1p(spread) / 2
    return min(1.0, math.exp(-log_m)) if log_m < math.inf else 0.0


def rate(tally: Tally, *, alpha: float) -> Interval | None:
    """Return the success rate of one arm, 0 to 1; None without outcomes."""
    if tally.outcomes <= 0:
        return None
    estimate = tally.successes / tally.outcomes
    reach = critical(tally.outcomes, alpha) * math.sqrt(_spread(tally) / tally.outcomes)
    return Interval(estimate=estimate, low=max(0.0, estimate - reach), high=min(1.0, estimate + reach))


def difference(steps: Sequence[StepTally], *, alpha: float) -> Interval | None:
    """Return the success rate of the treatment less control's, -1 to 1; None before both have outcomes.

    It is estimated within each step and averaged with the steps' information, so that a base rate that
    drifts from step to step is not mistaken for a difference.
    """
    both = [step for step in steps if step.control.outcomes > 0 and step.treatment.outcomes > 0]
    weights = [information(step.control.outcomes, step.treatment.outcomes) for step in both]
    if not both:
        return None
    total = sum(weights)
    estimate = sum(w * _change(step) for w, step in zip(weights, both, strict=True)) / total
    variance = sum(w * w * _variance(step) for w, step in zip(weights, both, strict=True)) / total**2
    error = math.sqrt(variance)
    reach = critical(total, alpha) * error
    return Interval(
        estimate=estimate,
        low=max(-1.0, estimate - reach),
        high=min(1.0, estimate + reach),
        p=always_valid_p(estimate / error, total),
    )


def information(one: int, other: int) -> float:
    """Return what two arms of these sizes tell of their difference, as a number of units."""
    return one * other / (one + other)


def _change(step: StepTally) -> float:
    return step.treatment.successes / step.treatment.outcomes - step.control.successes / step.control.outcomes


def _variance(step: StepTally) -> float:
    """Of the change: as if the rates differed, or as if they did not, whichever is greater.

    A small arm's own rate says little of its spread; seen in simulation, 6 % were wrong by it alone.
    """
    one, other = step.treatment, step.control
    apart = _spread(one) / one.outcomes + _spread(other) / other.outcomes
    return max(apart, _spread(one.merged(other)) * (1 / one.outcomes + 1 / other.outcomes))


def _spread(tally: Tally) -> float:
    """The variance of one outcome, with one success and one failure added: none seen is not none possible."""
    part = (tally.failures + 1) / (tally.outcomes + 2)
    return part * (1 - part)
