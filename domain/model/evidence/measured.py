"""A platform's records as evidence: for a rollout whose split the platform makes.

The odds of a record are those of the share at its time, and its time is by the platform's clock, which may
differ from ours by `SKEW`. So a record counts in a step if it was surely made under that step's share: `SKEW`
after the platform said that it has it, or later, and `SKEW` before it was asked for another, or earlier. What
lies between belongs to no step, and is counted as `unsure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.observations import SKEW, Note, Observation
from jackfield.domain.model.fields import aware
from jackfield.domain.model.metrics import Reading, Record, Skip, Unread


@frozen(kw_only=True)
class Window:
    """When the platform had the share of `step`, by our clock.

    From the answer that said so, or the look that showed it (`opened`), until it was asked for another share
    (`closed`, None while it is the present one).
    """

    step: int
    opened: datetime = field(validator=aware)
    closed: datetime | None = None

    def has(self, at: datetime, *, sure: datetime) -> bool:
        """Whether a record of *at* was surely made in it; before *sure* no look had shown that."""
        begins = max(self.opened, sure) + SKEW
        return begins <= at and (self.closed is None or at < self.closed - SKEW)


@frozen(kw_only=True)
class Routed:
    """How a platform routes a rollout: what is live, what is tried under which variant, and when.

    `sure` is since when each look found the platform routing so. `success_from` is the success (0 to 1) from
    which a request counts as one; None takes 0 and 1 alone, since a success between them may be that of many
    requests, which one outcome would not tell.
    """

    baseline: str
    candidate: str
    variant: str
    windows: Sequence[Window]
    sure: datetime
    success_from: float | None = None

    def arm(self, record: Record) -> Arm | None:
        """Return the arm by version and variant; None for what was not drawn for either."""
        if record.variant == self.variant and record.version == self.candidate:
            return Arm.TREATMENT
        return Arm.CONTROL if record.variant is None and record.version == self.baseline else None

    def step(self, at: datetime) -> int | None:
        """Return the step whose share a record of *at* was surely routed by, if there is one."""
        return next((window.step for window in self.windows if window.has(at, sure=self.sure)), None)

    def success(self, record: Record) -> bool | None:
        """Return whether the request was a success; None if that cannot be said."""
        if self.success_from is not None:
            return record.success >= self.success_from
        return bool(record.success) if record.success in (0, 1) else None


def observations(readings: Iterable[Reading], routed: Routed, *, now: datetime) -> Iterator[Observation]:
    """Give an observation for each reading, to be folded; those that cannot count say why in `left`.

    The platform tells no unit, so each record is one of its own, under its key: told again it is known.
    """
    for reading in readings:
        if isinstance(reading, Unread):
            left = Note.REPEATED if reading.why is Skip.REPEATED else Note.UNREAD
            yield Observation(unit=reading.key.hex(), arm=None, step=0, exposed=now, at=now, left=left)
        else:
            yield _observation(reading, routed)


def _observation(record: Record, routed: Routed) -> Observation:
    arm, step, success = routed.arm(record), routed.step(record.at), routed.success(record)
    return Observation(
        unit=record.key.hex(),
        arm=arm,
        step=step or 0,
        exposed=record.at,
        at=record.at,
        success=success,
        latency_ms=record.latency_ms,
        tokens=record.tokens,
        left=_left(arm, step, success),
    )


def _left(arm: Arm | None, step: int | None, success: bool | None) -> Note | None:
    if arm is None:
        return Note.NOT_COMPARED
    if step is None:
        return Note.UNSURE
    return Note.GRADED if success is None else None
