"""What the use cases of rollouts answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from jackfield.domain.model.evidence.judging import Verdict
from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.reviews import Finding
from jackfield.domain.model.rollouts import Move, Rollout
from jackfield.domain.model.shares import share_text


class Heard(StrEnum):
    """What became of an observation at once: buffered, or counted as one that says nothing.

    Of a malformed one something has a wrong type; it is folded all the same, and what is sound counts.
    """

    BUFFERED = "buffered"
    NOT_COMPARED = "not compared"
    FORGED = "forged"
    MALFORMED = "malformed"
    LOST = "lost"


@frozen(kw_only=True)
class Stepped:
    """What a step did: `changed` is False if nothing moved; `move` says what to, and why or why not.

    `findings` are the warnings of the reviewers of a move forward.
    """

    prompt: str
    rollout: Rollout
    move: Move
    changed: bool
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        rollout = self.rollout
        where = f"{self.prompt} {rollout.candidate}: {rollout.phase}"
        share = "" if rollout.ended else f" at {share_text(rollout.share)}"
        why = "; ".join(self.move.why)
        return f"{where}{share}; {self.move.act}{f' ({why})' if why else ''}"


@frozen(kw_only=True)
class RolloutStatus:
    """A prompt's newest rollout at a glance; `next` is the move that a step would make at `now`.

    `verdict` is None while nothing is compared. `lost` counts observations that are known to be lost.
    `split` says how the platform's routing differs, if it routes and does; a step does not go on then.
    `pending` names a change that is under way. Where the platform routes: `read` is the time of the newest
    record of all that counts, None before the first; `ahead` is how many lie after now, and `unread` why they
    could not be read, both known only of a status that reads them.
    """

    prompt: str
    rollout: Rollout
    evidence: Evidence
    verdict: Verdict | None
    next: Move
    now: datetime
    lost: int = 0
    split: str | None = None
    pending: str | None = None
    read: datetime | None = None
    ahead: int = 0
    unread: str | None = None

    @property
    def lasted(self) -> timedelta:
        """How long it has been where it is."""
        return max(timedelta(), self.now - self.rollout.since)
