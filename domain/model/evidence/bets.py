"""E-values: how much a bet against "it does no harm" has won; valid whenever somebody looks.

**The bet.** Units arrive one after another. Each is in the treatment by a coin with known odds p, thrown
by hash, before anything happens to it. It fails (y = 1) or not (y = 0). Condition on the outcome and bet on
the arm: if failing has nothing to do with the arm, the arm of a failed unit is still that coin. So name odds
q for the arm given the outcome, and after each unit multiply the capital by

    q(arm | y) / p(arm)

whose mean is 1 whatever the base rate is, was or becomes. Capital that began at 1 and is multiplied by
factors of mean <= 1 reaches 1/alpha with a probability of at most alpha, over all time (Ville). So look after
each unit if you like; there is no minimum sample, and no correction for looking.

**The margin.** Let c be a guess of the failure rate and

    X = (y - c) / p in the treatment,   X = -(y - c) / (1 - p) in control.

Its mean is exactly f(treatment) - f(control), for any c, since the coin is fair. A bet with stake s against
"the change is at most d" multiplies by

    1 + s (X - d),    mean 1 + s (f(treatment) - f(control) - d) <= 1 while the claim holds.

With d = 0 that *is* the bet above: q(treatment | failed) = p + s (1 - c), q(treatment | fine) = p - s c; and
d is what each unit costs for being allowed a margin. A claim "the change is at least d" takes 1 - s (X - d).
The claim must hold for each unit's own time; the rates may drift together.

**The stake.** Each hypothesis names a failure rate in control and one in the treatment; its stake is the
one under which capital grows fastest if it were true (Kelly), and no outcome can lose everything. A
hypothesis that is not true makes the bet slow, never invalid. The capital is spread over a few
hypotheses, great ones with two parts each, and for harm and gain evenly over four starting points, the first
four steps: harm that begins with a ramp is not hidden by the good steps before it. The mean of such capitals
is again a fair capital.

**The limit.** Without a margin no bet that is fair whatever the base rate does wins more on average than the
mutual information of arm and outcome, in nats a unit. So a guard that is wrong with a probability of eps
needs ln(1/eps) / information units on average, whoever names the odds.

Products are kept as sums of logarithms of counts, so anybody can recompute them from the table of counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.domain.model.evidence.tallies import StepTally

Hypothesis: TypeAlias = tuple[float, float]
"""Failure rates in control and in the treatment."""
Four: TypeAlias = tuple[float, float, float, float]
"""One number each for control fine, control failed, treatment fine, treatment failed."""

GREAT: Final[tuple[Hypothesis, ...]] = ((0.02, 0.06), (0.05, 0.1), (0.05, 0.15), (0.1, 0.3))
SMALL: Final[tuple[Hypothesis, ...]] = (
    (0.02, 0.03),
    (0.05, 0.065),
    (0.1, 0.12),
    (0.1, 0.15),
    (0.3, 0.33),
    (0.3, 0.4),
    (0.6, 0.63),
    (0.6, 0.7),
)
HARM: Final = (*GREAT, *GREAT, *SMALL)
"""Falls from several rates: a great one (two parts of the capital) is caught soon, a small one at all."""
GAIN: Final[tuple[Hypothesis, ...]] = tuple((worse, better) for better, worse in HARM)
EQUAL: Final[tuple[Hypothesis, ...]] = tuple((rate, rate) for rate in (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6))
STARTS: Final = 4
_ROUNDS: Final = 40
_KEPT: Final = 0.01
"""At least this part of the capital is left after any outcome."""
_NOTHING: Final = 1e-9
"""What a gain may be off by, for it is a difference of fractions."""


@frozen(kw_only=True)
class Table:
    """One step's units by arm and outcome, and the odds, 0 to 1, that a unit was in the treatment."""

    odds: float
    control_fine: int = 0
    control_failed: int = 0
    treatment_fine: int = 0
    treatment_failed: int = 0

    @classmethod
    def of(cls, step: StepTally, odds: float) -> Table:
        """Take the counts of *step*."""
        return cls(
            odds=odds,
            control_fine=step.control.successes,
            control_failed=step.control.failures,
            treatment_fine=step.treatment.successes,
            treatment_failed=step.treatment.failures,
        )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """The counts in the order of `Four`."""
        return self.control_fine, self.control_failed, self.treatment_fine, self.treatment_failed

    @property
    def compares(self) -> bool:
        """Whether both arms could get units."""
        return 0.0 < self.odds < 1.0


def log_e_harm(steps: Sequence[Table], *, margin: float = 0.0) -> float:
    """Return ln e against "the failure rate rose by at most *margin*" (0 to 1); harm makes it grow."""
    return _from_starts(steps, HARM, margin, 1)


def log_e_gain(steps: Sequence[Table]) -> float:
    """Return ln e against "the failure rate did not fall"; improvement makes it grow."""
    return _from_starts(steps, GAIN, 0.0, -1)


def log_e_harmless(step: Table, *, margin: float) -> float:
    """Return ln e of one step against "the failure rate rose by *margin* or more" (above 0, to 1)."""
    return _log_mean([_log_capital(step, hypothesis, margin, -1) for hypothesis in EQUAL])


def log_factors(odds: float, hypothesis: Hypothesis, margin: float, sign: int) -> Four:
    """Return the logarithms of what the four outcomes multiply the capital by.

    *sign* is 1 against "the change is at most margin", -1 against "at least margin".
    """
    control, treatment = hypothesis
    guess = odds * treatment + (1 - odds) * control
    gains = tuple(
        sign * (gain - margin)
        for gain in (guess / (1 - odds), -(1 - guess) / (1 - odds), -guess / odds, (1 - guess) / odds)
    )
    chances = ((1 - odds) * (1 - control), (1 - odds) * control, odds * (1 - treatment), odds * treatment)
    stake = kelly(gains, chances)
    one, two, three, four = (math.log1p(stake * gain) for gain in gains)
    return one, two, three, four


def kelly(gains: Sequence[float], chances: Sequence[float]) -> float:
    """Return the stake under which the mean of ln(1 + stake * gain) is greatest; 0 if no stake pays."""
    worst = min(gains)
    if worst > -_NOTHING:  # only what the claim forbids would pay: there is no bet
        return 0.0
    low, high = 0.0, (1 - _KEPT) / -worst
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        slope = sum(c * gain / (1 + middle * gain) for gain, c in zip(gains, chances, strict=True))
        low, high = (middle, high) if slope > 0 else (low, middle)
    return low


def _from_starts(steps: Sequence[Table], hypotheses: Sequence[Hypothesis], margin: float, sign: int) -> float:
    """The mean over four starting steps; a start that is not reached yet holds its capital of 1."""
    logs = list[float]()
    for hypothesis, parts in Counter(hypotheses).items():
        capitals = [_log_capital(step, hypothesis, margin, sign) for step in steps]
        started = list(accumulate(reversed(capitals)))[::-1][:STARTS]
        logs += parts * (started + [0.0] * (STARTS - len(started)))
    return _log_mean(logs)


def _log_capital(step: Table, hypothesis: Hypothesis, margin: float, sign: int) -> float:
    if not step.compares:
        return 0.0
    factors = log_factors(step.odds, hypothesis, margin, sign)
    return sum(count * factor for count, factor in zip(step.counts, factors, strict=True))


def _log_mean(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + math.log(sum(math.exp(log - most) for log in logs) / len(logs))
