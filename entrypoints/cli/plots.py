"""A rollout drawn for people: a few lines of facts and, on a terminal, its rates and its bets as bars."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from jackfield.domain.model.events import timestamp
from jackfield.domain.model.evidence.intervals import Interval
from jackfield.domain.model.evidence.judging import Figures
from jackfield.domain.model.evidence.tallies import Tally
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.routers import Router
from jackfield.domain.model.shares import share_text
from jackfield.domain.services.rollouts import RolloutStatus
from jackfield.entrypoints.cli.rolling import skipped

_LABEL: Final = 11
_NARROWEST: Final = 30
_WIDEST: Final = 60
_LEAST_SPAN: Final = 0.01


def lines(status: RolloutStatus, *, bars: bool | None = None, indent: int = 0) -> Iterator[str]:
    """Yield the lines, to be shown *indent* columns from the left.

    The bars need a terminal that is wide enough; without *bars* standard output decides whether it is one.
    """
    bars = sys.stdout.isatty() if bars is None else bars
    for label, text in _facts(status):
        yield f"{label:<{_LABEL}}{text}"
    width = min(_WIDEST, shutil.get_terminal_size().columns - indent - _LABEL - 1)
    if status.verdict is not None and bars and width >= _NARROWEST - _LABEL:
        yield ""
        yield from plot(status.verdict.figures, width)


def plot(figures: Figures, width: int) -> Iterator[str]:
    """Yield the two rates with their intervals on one scale, and each bet on its way to the limit."""
    rates = [("control", figures.control_rate), ("treatment", figures.treatment_rate)]
    known = [rate for _, rate in rates if rate is not None]
    if known:
        low, high = min(rate.low for rate in known), max(rate.high for rate in known)
        span = max(high - low, _LEAST_SPAN)
        for label, rate in rates:
            if rate is not None:
                yield f"{label:<{_LABEL}}{_bar(rate, low, span, width)}"
        ends = f"{100 * low:.1f} %", f"{100 * (low + span):.1f} %"
        yield f"{'':<{_LABEL}}{ends[0]}{ends[1]:>{max(1, width - len(ends[0]))}}"
    for label, log in (("harm", figures.log_e_harm), ("harmless", figures.log_e_harmless)):
        part = min(1.0, max(0.0, log / figures.log_limit)) if figures.log_limit > 0 else 0.0
        full = round(part * (width - 2))
        yield f"{label:<{_LABEL}}[{'#' * full}{'.' * (width - 2 - full)}]"


def _bar(rate: Interval, low: float, span: float, width: int) -> str:
    def place(value: float) -> int:
        return min(width - 1, max(0, round((value - low) / span * (width - 1))))

    first, last = place(rate.low), place(rate.high)
    cells = [" "] * first + ["-"] * (last - first + 1)
    cells[first] = cells[last] = "|"
    cells[place(rate.estimate)] = "o"
    return "".join(cells)


def _facts(status: RolloutStatus) -> Iterator[tuple[str, str]]:
    rollout = status.rollout
    yield "prompt", status.prompt
    yield "rollout", f"{rollout.candidate} against {rollout.baseline}, sent by {_router(rollout)}"
    yield "state", f"{rollout.phase}{_share(rollout)}, for {period_text(status.lasted)}"
    if status.verdict is not None:
        yield from _numbers(status.verdict.figures)
    yield from _oddities(status)
    if rollout.ended:
        yield "why", "; ".join(rollout.why) or "-"
    else:
        yield "next", f"{status.next.act}: {'; '.join(status.next.why)}"


def _numbers(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "control", _arm(figures.control, figures.control_rate)
    yield "treatment", _arm(figures.treatment, figures.treatment_rate)
    seen = figures.difference
    if seen is not None:
        reach = f"({100 * seen.low:+.1f} to {100 * seen.high:+.1f})"
        yield "difference", f"{100 * seen.estimate:+.1f} points {reach}"
    limit = e_text(figures.log_limit)
    yield "harm", f"e {e_text(figures.log_e_harm)} of {limit}"
    yield "harmless", f"e {e_text(figures.log_e_harmless)} of {limit}"


def _oddities(status: RolloutStatus) -> Iterator[tuple[str, str]]:
    counts = {name: count for name, count in skipped(status.evidence).items() if count}
    if counts:
        yield "skipped", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    if status.lost:
        yield "lost", f"{status.lost} observations"
    if status.rollout.held_by and not status.rollout.ended:
        yield "held by", status.rollout.held_by
    yield from _measured(status)
    if status.split is not None:
        yield "platform", status.split
    if status.pending is not None:
        yield "pending", status.pending


def _measured(status: RolloutStatus) -> Iterator[tuple[str, str]]:
    """How far the platform's own measurements were read."""
    if status.rollout.plan.router != Router.PLATFORM or status.rollout.ended:
        return
    newest = "none so far" if status.read is None else f"the newest is of {timestamp(status.read)}"
    if status.unread is not None:
        newest = f"not read now ({status.unread}); of those read before {newest}"
    yield "records", newest if status.unread is not None else f"read at {timestamp(status.now)}; {newest}"


def _arm(tally: Tally, rate: Interval | None) -> str:
    success = (
        ""
        if rate is None
        else f", {100 * rate.estimate:.1f} % succeed ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
    )
    return f"{tally.units} units, {tally.outcomes} outcomes, {tally.failures} failed{success}"


def _share(rollout: Rollout) -> str:
    if rollout.ended:
        return ""
    steps = " > ".join(
        f"[{share_text(share)}]" if number == rollout.step and rollout.share else share_text(share)
        for number, share in enumerate(rollout.plan.shares)
    )
    return f" at {share_text(rollout.share)} ({steps})"


def _router(rollout: Rollout) -> str:
    return "choose" if rollout.plan.router == "local" else "the platform"


def e_text(log: float) -> str:
    """Return an e-value from its logarithm, short."""
    return f"{math.exp(log):.3g}" if log < math.log(1e6) else f"10^{log / math.log(10):.0f}"


def period_text(period: timedelta) -> str:
    """Return how long, in the largest unit that fits."""
    seconds = int(period.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
