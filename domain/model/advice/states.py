"""What the ledger keeps of advice: the text of it stands in the events alone."""

from __future__ import annotations

from attrs import frozen

from jackfield.domain.model.kept import State


@frozen(kw_only=True)
class AdviceState(State):
    """How often a conversation was advised: answers given, recommendations shown, and what was said of them.

    `lost` counts what never got here; no conversation has any, for nobody knows of which they were.
    """

    delivered: int = 0
    displayed: int = 0
    told: int = 0
    lost: int = 0
