"""Rollouts over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from jackfield.domain.services.rollouts.values import Heard
from jackfield.entrypoints.service.shapes.fields import number, real, text
from jackfield.entrypoints.service.shapes.prompts import FindingShape

_YEAR_S = 31_622_400.0


@frozen(kw_only=True, eq=False, repr=False)
class Observing:
    """How a conversation went whose choice gave `pin`; `ended` is false for a turn that others follow."""

    pin: str = text(least=1, most=4_096)
    success: bool | None = None
    latency_s: float | None = real(least=0.0, most=_YEAR_S, default=None)
    tokens: int | None = number(default=None)
    ended: bool = True


@frozen(kw_only=True, eq=False, repr=False)
class HeardShape:
    """What became of it at once."""

    heard: Heard


@frozen(kw_only=True, eq=False, repr=False)
class MoveShape:
    """One move, and why; `until` is when it can be made, if that is known."""

    act: str
    share: str
    why: tuple[str, ...]
    holds: tuple[str, ...]
    until: str | None


@frozen(kw_only=True, eq=False, repr=False)
class RolloutShape:
    """One rollout: its plan, and where it is."""

    id: str
    version: str
    baseline: str
    phase: str
    step: int
    share: str
    shares: tuple[str, ...]
    holdout: str
    router: str
    since: str
    why: tuple[str, ...]
    held_by: str | None
    guard: Mapping[str, Any]
    least_s: int
    hours: Mapping[str, Any] | None


@frozen(kw_only=True, eq=False, repr=False)
class SteppedShape:
    """What a step did."""

    name: str
    changed: bool
    move: MoveShape
    rollout: RolloutShape
    findings: tuple[FindingShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class RolloutStatusShape:
    """A prompt's newest rollout at a glance, with its evidence."""

    name: str
    rollout: RolloutShape
    lasted_s: float
    next: MoveShape
    evidence: Mapping[str, Any] | None
    newest: str | None
    skipped: Mapping[str, int]
    lost: int
    read: str | None
    unread: str | None
    ahead: int
    split: str | None
    pending: str | None


@frozen(kw_only=True, eq=False, repr=False)
class RolloutsShape:
    """Every rollout of the target, the newest of each prompt."""

    target: str
    rollouts: tuple[RolloutStatusShape, ...]
