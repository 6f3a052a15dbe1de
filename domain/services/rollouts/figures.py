"""The numbers of a verdict as plain data, for events and for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.evidence.intervals import Interval
from jackfield.domain.model.evidence.judging import Figures, Verdict
from jackfield.domain.model.evidence.tallies import Tally
from jackfield.domain.model.rollouts import Rollout

_DIGITS: Final = 6
_LARGEST: Final = 700.0


def told(verdict: Verdict | None) -> Mapping[str, JSON] | None:
    """Return the ruling, its findings and its numbers; e-values themselves, not their logarithms."""
    if verdict is None:
        return None
    figures = verdict.figures
    return {
        "ruling": verdict.ruling.value,
        "findings": [str(finding) for finding in verdict.findings],
        "control": _arm(figures.control, figures.control_rate),
        "treatment": _arm(figures.treatment, figures.treatment_rate),
        "difference": _interval(figures.difference),
        **_values(figures),
    }


def written(said: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return *said* for an event: fractions as texts, which every language spells alike."""
    return {key: _written(value) for key, value in said.items()}


def _written(value: JSON) -> JSON:
    match value:
        case float():
            return repr(value)
        case Mapping():
            return written(value)
        case list() | tuple():
            return [_written(each) for each in value]
        case _:
            return value


def place(rollout: Rollout) -> Mapping[str, JSON]:
    """Return what the events of a rollout tell of where it is."""
    return {
        "rollout": rollout.id,
        "baseline": rollout.baseline,
        "phase": rollout.phase.value,
        "step": rollout.step,
        "share": rollout.share,
        "router": rollout.plan.router.value,
    }


def _values(figures: Figures) -> Mapping[str, JSON]:
    return {
        "e_harm": _e(figures.log_e_harm),
        "e_harmless": _e(figures.log_e_harmless),
        "e_gain": _e(figures.log_e_gain),
        "e_limit": _e(figures.log_limit),
        "sample_ratio_p": _rounded(figures.sample_ratio_p),
        "lost_outcomes_p": _rounded(figures.lost_outcomes_p),
        "latency_ratio": _rounded(figures.latency_ratio),
        "token_ratio": _rounded(figures.token_ratio),
    }


def _arm(tally: Tally, rate: Interval | None) -> Mapping[str, JSON]:
    return {
        "units": tally.units,
        "outcomes": tally.outcomes,
        "failures": tally.failures,
        "success": _interval(rate),
    }


def _interval(interval: Interval | None) -> Mapping[str, JSON] | None:
    if interval is None:
        return None
    return {
        "estimate": _rounded(interval.estimate),
        "low": _rounded(interval.low),
        "high": _rounded(interval.high),
    }


def _e(log: float) -> float | None:
    """An e-value may be greater than a float: it is cut there."""
    return _rounded(math.exp(min(log, _LARGEST)))


def _rounded(number: float | None) -> float | None:
    if number is None or not math.isfinite(number):
        return None
    return float(f"{number:.{_DIGITS}g}")
