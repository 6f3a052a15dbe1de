"""Prompts over HTTP: what a status, a choice and a move look like, and what they are asked with."""

from __future__ import annotations

from attrs import frozen

from jackfield.entrypoints.service.shapes.fields import text

_NUMBER = 128


@frozen(kw_only=True, eq=False, repr=False)
class Choosing:
    """For whom a version is chosen: `unit` is a customer, else a conversation."""

    unit: str = text(least=1, most=1_000)
    pin: str | None = text(most=4_096, default=None)
    version: str | None = text(least=1, most=_NUMBER, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class Promoting:
    """Which version goes live, and which must be live for it; `force` overwrites an edit on the platform."""

    version: str = text(least=1, most=_NUMBER)
    expecting: str | None = text(least=1, most=_NUMBER, default=None)
    force: bool = False


@frozen(kw_only=True, eq=False, repr=False)
class RollingBack:
    """Which earlier version goes live again, the one before if none is named; `freeze` stops publishing."""

    to: str | None = text(least=1, most=_NUMBER, default=None)
    freeze: bool = False


@frozen(kw_only=True, eq=False, repr=False)
class PlatformShape:
    """What the platform says is live; `drift` is null if it cannot tell."""

    version: str | None
    drift: bool | None
    trouble: str | None
    answered: bool


@frozen(kw_only=True, eq=False, repr=False)
class RunningShape:
    """The rollout that runs."""

    version: str
    phase: str
    share: str


@frozen(kw_only=True, eq=False, repr=False)
class PendingShape:
    """A change that is under way, or left over until it expires."""

    what: str
    version: str
    by: str
    owner: str
    expires: str


@frozen(kw_only=True, eq=False, repr=False)
class PromptShape:
    """One prompt at a glance, as `jackfield status` has it."""

    name: str
    live: str | None
    since: str | None
    by: str | None
    how: str | None
    why: str | None
    source: str | None
    freshness: str | None
    age_s: float | None
    trouble: str | None
    versions: tuple[str, ...]
    platform: PlatformShape
    frozen: tuple[str, ...]
    rollout: RunningShape | None
    split: str | None
    pending: PendingShape | None


@frozen(kw_only=True, eq=False, repr=False)
class PromptsShape:
    """Every prompt of the target."""

    target: str
    prompts: tuple[PromptShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class ChoiceShape:
    """The version for one unit, and everything it was decided by; keep `pin` on the conversation."""

    name: str
    version: str
    reason: str
    arm: str | None
    bucket: int | None
    share: str | None
    step: int | None
    rollout: str | None
    unit: str | None
    since: str
    source: str
    freshness: str
    age_s: float
    ignored: str | None
    pin: str | None
    explained: str


@frozen(kw_only=True, eq=False, repr=False)
class FindingShape:
    """What one reviewer says."""

    severity: str
    code: str
    message: str
    plugin: str


@frozen(kw_only=True, eq=False, repr=False)
class MovedShape:
    """What a promotion or a rollback did."""

    name: str
    before: str | None
    live: str
    changed: bool
    frozen: str | None
    findings: tuple[FindingShape, ...]
