"""The verdict on a step: roll back, hold, go on or win, with every reason and every number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Final

from attrs import frozen

from jackfield.domain.model.assignment import odds
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.bets import Table, log_e_gain, log_e_harm, log_e_harmless
from jackfield.domain.model.evidence.checks import (
    lost_outcomes_p,
    ratio_of_quantiles,
    sample_ratio_p,
    surely_dearer,
    surely_slower,
)
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.intervals import Interval, difference, rate
from jackfield.domain.model.evidence.observations import SKEW
from jackfield.domain.model.evidence.tallies import Evidence, StepTally, Tally

RARE: Final = 0.001
"""The p below which the sample ratio, or the loss of outcomes, holds a rollout."""
SIDE_ALPHA: Final = 0.01
"""How often, at most, the guard of latency and that of tokens are each wrong."""
LEAST: Final = 10
"""The outcomes of each arm in a step below which nothing is harmless: a silent arm may have crashed."""
_TWO_ARMS: Final = 0.01
"""The part of units seen in two arms above which a rollout is held."""


class Ruling(StrEnum):
    """What the evidence allows."""

    GO_ON = "go on"
    HOLD = "hold"
    ROLL_BACK = "roll back"
    WIN = "win"


class Cause(StrEnum):
    """Why: the first three roll back, the last two let go on, the others hold."""

    WORSE = "worse"
    SLOWER = "slower"
    DEARER = "dearer"
    SAMPLE_RATIO = "sample ratio"
    LOST_OUTCOMES = "lost outcomes"
    TWO_ARMS = "two arms"
    STALE = "stale data"
    CLOCK = "clock"
    INCONCLUSIVE = "inconclusive"
    HARMLESS = "harmless"
    BETTER = "better"


HARM: Final = (Cause.WORSE, Cause.SLOWER, Cause.DEARER)


@frozen
class Finding:
    """One cause, and a sentence with its numbers."""

    cause: Cause
    text: str

    def __str__(self) -> str:
        return f"{self.cause}: {self.text}"


@frozen(kw_only=True)
class Figures:
    """The numbers of a verdict; the e-values as natural logarithms, against `log_limit`.

    `control` and `treatment` are sums over all steps, the ratios are the current step's, and `log_e_harmless`
    is the current step's alone: each step earns the next.
    """

    control: Tally
    treatment: Tally
    control_rate: Interval | None
    treatment_rate: Interval | None
    difference: Interval | None
    log_e_harm: float
    log_e_harmless: float
    log_e_gain: float
    log_limit: float
    sample_ratio_p: float
    lost_outcomes_p: float
    latency_ratio: float | None
    token_ratio: float | None


@frozen(kw_only=True)
class Verdict:
    """A ruling, its reasons with the deciding ones first, and the figures."""

    ruling: Ruling
    findings: tuple[Finding, ...]
    figures: Figures


@frozen(kw_only=True)
class Standing:
    """Where a rollout stands: its shares by step and its holdout (basis points), its step, and since when.

    `routed` says that the platform makes the shares: that it does is hearsay, while our own hash is not.
    """

    shares: tuple[int, ...]
    step: int
    since: datetime
    holdout: int = 0
    routed: bool = False


def judge(guard: Guard, evidence: Evidence, standing: Standing, *, now: datetime) -> Verdict:
    """Return what *evidence* allows at *now*.

    Harm rolls back, whatever else is wrong, unless it is a bet on shares that others make and that are
    refuted. Else doubt about the data holds, and so does silence. Raises `InvalidInput` for sums that
    contradict one another: a verdict on them would be a wrong number.
    """
    _refuse_unsound(evidence)
    figures = _figures(guard, evidence, standing)
    current = evidence.step(standing.step)
    harm = tuple(_harm(guard, figures, current))
    doubts = (*_distrust(figures, evidence), *_late(guard, evidence, standing, now))
    if harm and _is_bet_on_nothing(figures, standing, harm):
        return Verdict(ruling=Ruling.HOLD, findings=(*doubts, *harm), figures=figures)
    if harm:
        return Verdict(ruling=Ruling.ROLL_BACK, findings=(*harm, *doubts), figures=figures)
    doubts = (*doubts, *(_silent(current) or _undecided(guard, figures)))
    if doubts:
        return Verdict(ruling=Ruling.HOLD, findings=doubts, figures=figures)
    return _passed(guard, figures)


def _refuse_unsound(evidence: Evidence) -> None:
    for number, step in enumerate(evidence.steps, start=1):
        if not (step.control.sound and step.treatment.sound):
            raise InvalidInput(
                "more failures than outcomes, more outcomes than units, or fewer than none",
                place=f"evidence of step {number}",
                remedy="fold its outcomes again",
            )


def _figures(guard: Guard, evidence: Evidence, standing: Standing) -> Figures:
    steps, current = evidence.steps, evidence.step(standing.step)
    tables = [Table.of(step, _odds(standing, number)) for number, step in enumerate(steps)]
    control, treatment = (_whole(steps, arm) for arm in (_control, _treatment))
    return Figures(
        control=control,
        treatment=treatment,
        control_rate=rate(control, alpha=guard.alpha),
        treatment_rate=rate(treatment, alpha=guard.alpha),
        difference=difference(steps, alpha=guard.alpha),
        log_e_harm=log_e_harm(tables, margin=guard.tolerance),
        log_e_harmless=log_e_harmless(
            Table.of(current, _odds(standing, standing.step)), margin=guard.success_margin
        ),
        log_e_gain=log_e_gain(tables),
        log_limit=-math.log(guard.alpha),
        sample_ratio_p=sample_ratio_p(
            [(s.control.units, s.treatment.units, t.odds) for s, t in zip(steps, tables, strict=True)]
        ),
        lost_outcomes_p=lost_outcomes_p(steps),
        latency_ratio=ratio_of_quantiles(current.treatment.latency, current.control.latency),
        token_ratio=_over(current.treatment.tokens.mean, current.control.tokens.mean),
    )


def _odds(standing: Standing, step: int) -> float:
    """A step that the plan does not have compares nothing."""
    return odds(standing.shares[step], standing.holdout) if step < len(standing.shares) else 1.0


def _control(step: StepTally) -> Tally:
    return step.control


def _treatment(step: StepTally) -> Tally:
    return step.treatment


def _whole(steps: Sequence[StepTally], arm: Callable[[StepTally], Tally]) -> Tally:
    return reduce(Tally.merged, map(arm, steps), Tally())


def _over(treatment: float | None, control: float | None) -> float | None:
    """Nothing is as much as nothing; anything is infinitely more."""
    if treatment is None or control is None:
        return None
    if not control:
        return math.inf if treatment else 1.0
    return treatment / control


def _harm(guard: Guard, figures: Figures, current: StepTally) -> Iterator[Finding]:
    if figures.log_e_harm >= figures.log_limit:
        yield Finding(Cause.WORSE, f"e {_e(figures.log_e_harm)} of {_e(figures.log_limit)}{_seen(figures)}")
    one, other, limit = current.treatment, current.control, guard.latency_ratio
    if limit is not None and surely_slower(one.latency, other.latency, limit=limit, alpha=SIDE_ALPHA):
        yield Finding(Cause.SLOWER, _against("95th percentile of latency", figures.latency_ratio, limit))
    limit = guard.token_ratio
    if limit is not None and surely_dearer(one.tokens, other.tokens, limit=limit, alpha=SIDE_ALPHA):
        yield Finding(Cause.DEARER, _against("mean of tokens", figures.token_ratio, limit))


def _is_bet_on_nothing(figures: Figures, standing: Standing, harm: Sequence[Finding]) -> bool:
    """Whether harm is told by the bet alone, whose one premise, the odds, is another's and refuted."""
    refuted = standing.routed and figures.sample_ratio_p < RARE
    return refuted and all(finding.cause is Cause.WORSE for finding in harm)


def _distrust(figures: Figures, evidence: Evidence) -> Iterator[Finding]:
    if figures.sample_ratio_p < RARE:
        units = f"{figures.control.units} units in control, {figures.treatment.units} in the treatment"
        yield Finding(
            Cause.SAMPLE_RATIO, f"{units}: p {figures.sample_ratio_p:.1g} that the shares made them"
        )
    if figures.lost_outcomes_p < RARE:
        yield Finding(Cause.LOST_OUTCOMES, f"one arm lacks more: p {figures.lost_outcomes_p:.1g}")
    twice = evidence.skipped.two_arms
    seen = figures.control.units + figures.treatment.units + twice
    if twice > _TWO_ARMS * seen:
        yield Finding(Cause.TWO_ARMS, f"{twice} of {seen} units were seen in both arms")


def _late(guard: Guard, evidence: Evidence, standing: Standing, now: datetime) -> Iterator[Finding]:
    newest = max(evidence.newest or standing.since, standing.since)
    if newest > now + SKEW:
        yield Finding(Cause.CLOCK, f"the newest outcome is of {newest:%Y-%m-%d %H:%M:%S}, after now")
    elif now - newest > timedelta(seconds=guard.stale_seconds):
        yield Finding(Cause.STALE, f"no outcome for {(now - newest).total_seconds():.0f} s")


def _silent(current: StepTally) -> tuple[Finding, ...]:
    """Where an arm says next to nothing, what the other says proves nothing."""
    one, other = current.treatment.outcomes, current.control.outcomes
    if min(one, other) >= LEAST:
        return ()
    told = f"{one} outcomes of the treatment, {other} of control, of {LEAST} each"
    return (Finding(Cause.INCONCLUSIVE, told),)


def _undecided(guard: Guard, figures: Figures) -> Iterator[Finding]:
    if figures.log_e_harmless < figures.log_limit:
        sure = f"e {_e(figures.log_e_harmless)} of {_e(figures.log_limit)}"
        yield Finding(Cause.INCONCLUSIVE, f"{sure} that it falls by less than {guard.success_margin:g}")
    for what, ratio, limit in (
        ("95th percentile of latency", figures.latency_ratio, guard.latency_ratio),
        ("mean of tokens", figures.token_ratio, guard.token_ratio),
    ):
        if limit is not None and (ratio is None or ratio > limit):
            yield Finding(Cause.INCONCLUSIVE, _against(what, ratio, limit))


def _passed(guard: Guard, figures: Figures) -> Verdict:
    sure = f"e {_e(figures.log_e_harmless)} of {_e(figures.log_limit)}"
    harmless = Finding(Cause.HARMLESS, f"{sure} that it falls by less than {guard.success_margin:g}")
    if figures.log_e_gain < figures.log_limit:
        return Verdict(ruling=Ruling.GO_ON, findings=(harmless,), figures=figures)
    better = Finding(Cause.BETTER, f"e {_e(figures.log_e_gain)} of {_e(figures.log_limit)}{_seen(figures)}")
    return Verdict(ruling=Ruling.WIN, findings=(better, harmless), figures=figures)


def _seen(figures: Figures) -> str:
    seen = figures.difference
    return "" if seen is None else f", success {100 * seen.estimate:+.1f} points"


def _against(what: str, ratio: float | None, limit: float) -> str:
    if ratio == math.inf:
        return f"{what} is above 0, and control's is 0"
    return f"{what} {'not known yet' if ratio is None else f'{ratio:.2f}'} of {limit:.2f} times control's"


def _e(log: float) -> str:
    return f"{math.exp(log):.3g}" if log < math.log(1e6) else f"10^{log / math.log(10):.0f}"
