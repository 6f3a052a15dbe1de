"""What the ledger keeps of the evidence on a rollout."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.kept import State


@frozen(kw_only=True)
class EvidenceState(State):
    """What is known of a rollout's outcomes: sums, and how many observations were `lost` on their way.

    Where the platform routes: `read` is the time of the newest record of all that it told when it was read to
    the last page; `sure` is since when each look found it routing as it should, None while it does not.
    """

    prompt: str
    evidence: Evidence = field(factory=Evidence)
    lost: int = 0
    read: datetime | None = None
    sure: datetime | None = None
