"""A platform's records as evidence: for a rollout whose split the platform makes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.metrics import Reading, Record, Skip


@frozen(kw_only=True)
class Routed:
    """How a platform routes a rollout: what is live, what is tried under which variant, and when it changed.

    `steps` are the times at which each step's share was set, ascending. `success_from` is the success (0 to
    1) from which a request counts as one; None takes 0 and 1 alone, since a success between them may be
    that of many requests, which one outcome would not tell.
    """

    baseline: str
    candidate: str
    variant: str
    steps: Sequence[datetime]
    success_from: float | None = None

    def arm(self, record: Record) -> Arm | None:
        """Return the arm by version and variant; None for what was not drawn for either."""
        if record.variant == self.variant and record.version == self.candidate:
            return Arm.TREATMENT
        return Arm.CONTROL if record.variant is None and record.version == self.baseline else None

    def success(self, record: Record) -> bool | None:
        """Return whether the request was a success; None if that cannot be said."""
        if self.success_from is not None:
            return record.success >= self.success_from
        return bool(record.success) if record.success in (0, 1) else None


def observations(
    readings: Iterable[Reading], routed: Routed, *, skipped: Callable[[Skip], None]
) -> Iterator[Observation]:
    """Give an observation for each record, to be folded; *skipped* hears of every other reading.

    The platform tells no unit, so each record is one of its own, under its key: told again it is a repeat.
    Records of before the first step, of other versions and of other variants have no arm, and `fold` counts
    them as not compared.
    """
    for reading in readings:
        if isinstance(reading, Skip):
            skipped(reading)
            continue
        success = routed.success(reading)
        if success is None:
            skipped(Skip.GRADED)
        else:
            yield _observation(reading, routed, success=success)


def _observation(record: Record, routed: Routed, *, success: bool) -> Observation:
    step = bisect(routed.steps, record.at) - 1
    return Observation(
        unit=record.key.hex(),
        arm=None if step < 0 else routed.arm(record),
        step=max(step, 0),
        exposed=record.at,
        at=record.at,
        success=success,
        latency_ms=record.latency_ms,
        tokens=record.tokens,
    )
