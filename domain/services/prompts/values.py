"""What the use cases of prompts answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from jackfield.domain.model.fields import expect
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.ports.clock import Clock

if TYPE_CHECKING:  # what is live is told without any of them
    from jackfield.domain.model.decisions import Candidate
    from jackfield.domain.model.history import Activation, Move
    from jackfield.domain.model.reviews import Finding
    from jackfield.domain.model.rollouts import Rollout
    from jackfield.domain.model.states import Operation

_NEW: Final = timedelta()


@frozen(kw_only=True)
class PromptVersion:
    """One published version: the name and number of a prompt, and the hash of its content."""

    name: str
    number: str
    content_hash: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


def expect_version(value: object, place: str) -> None:
    """Raise `InvalidInput` for an argument that is no published version."""
    remedy = "give what core.prompts.version(NAME, NUMBER), live(NAME) or a publication returned"
    expect(PromptVersion, value, place, remedy)


@frozen(kw_only=True)
class Published(PromptVersion):
    """A publication: `changed` is False if the version was there already; `live` if it went live by it.

    `findings` are the warnings of the reviewers of what went live.
    """

    changed: bool
    live: bool
    findings: tuple[Finding, ...] = ()


@frozen(kw_only=True)
class Trial:
    """What a running rollout tries, on whom, and its content."""

    candidate: Candidate
    definition: PromptDefinition


@frozen(kw_only=True)
class LiveVersion(PromptVersion):
    """The version that is live: its definition, since when, and who moved it, how and why.

    These four are None where our record does not tell: of the platform's own answer, and of a fallback.
    `source` says where it was taken from, `freshness` what that is worth. Two are equal if the same is live.
    `trial` is what a rollout tries beside it, where we send the units; `revoked` are versions no pin holds.
    """

    definition: PromptDefinition
    since: datetime | None
    actor: str | None
    move: Move | None
    reason: str | None
    source: Source = field(default=Source.LEDGER, eq=False)
    freshness: Freshness = field(default=Freshness.FRESH, eq=False)
    trial: Trial | None = field(default=None, eq=False)
    revoked: tuple[str, ...] = field(default=(), eq=False)
    looked: float | None = field(default=None, eq=False, repr=False)
    clock: Clock | None = field(default=None, eq=False, repr=False)

    @property
    def age(self) -> timedelta | None:
        """How long ago ledger or platform said so, counted until now; None of a fallback."""
        if self.clock is None or self.looked is None:
            return None
        seconds = self.clock.monotonic() - self.looked
        return timedelta(0, seconds) if seconds > 0.0 else _NEW


@frozen(kw_only=True)
class Moved:
    """A promotion or rollback: `changed` is False if that version was live already.

    `findings` are the warnings of the reviewers of a promotion.
    """

    name: str
    before: str | None
    after: str
    changed: bool
    frozen: str | None = None
    findings: tuple[Finding, ...] = ()


def drifted(remote: str, recorded: str | None) -> str:
    """Say that the platform has *remote* live, which is not what our record has live as *recorded*.

    It may be an edit, a change by another machine, or of a record that was restored from a backup.
    """
    if remote == recorded:
        return f"the platform's {remote} has other content than our record's: somebody edited it there"
    return f"the platform has {remote} live, not the {recorded} that our record says"


@frozen(kw_only=True)
class PlatformView:
    """What the platform says is live; `drift` tells that it is not what our record has live.

    `version` and `drift` are None if the platform did not answer (`answered` is False) or cannot tell;
    `trouble` says why.
    """

    version: str | None
    drift: bool | None
    trouble: str | None = None
    answered: bool = True

    def __str__(self) -> str:
        if self.trouble is not None:
            return self.trouble
        return f"DRIFT: the platform has {self.version}" if self.drift else "the platform agrees"


@frozen(kw_only=True)
class PromptStatus:
    """One prompt at a glance; `trouble` says why our record could not be read, if it could not.

    Then `live` is the last known good, and what nothing but the record tells is empty. `rollout` is the one
    that runs, and `split` how the platform's routing differs from it, or from none, if it does.
    """

    name: str
    live: LiveVersion | None
    versions: tuple[str, ...]
    platform: PlatformView
    pending: Operation | None
    frozen: tuple[str, ...]
    trouble: str | None = None
    rollout: Rollout | None = None
    split: str | None = None

    def __str__(self) -> str:
        live = self.live
        if live is None:
            return f"{self.name}: nothing is live"
        moved = f", {live.move} {live.since:%Y-%m-%d %H:%M:%S} UTC by {live.actor}" if live.since else ""
        known = "" if live.freshness is Freshness.FRESH else f" ({live.freshness}: {self.trouble})"
        return f"{live.name} {live.number}{known}{moved}; {self.platform}"


@frozen(kw_only=True)
class LogEntry:
    """One entry of a prompt's history, numbered from 1; `restores` is the number of an earlier entry."""

    number: int
    activation: Activation
