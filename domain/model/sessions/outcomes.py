"""What a report needs of a session that is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from attrs import field, frozen

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.fields import aware
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.life import Session


@frozen(kw_only=True)
class Outcome:
    """One session that is over.

    `messages` counts the customer's, `handoffs` those to people, `escalation` is the first one's reason.
    `customer` is None where nobody knows who it was. `termination` is from the accepted close to the recorded
    end notice, None for a session that nobody closed.
    """

    bot: str
    customer: str | None
    started: datetime = field(validator=aware)
    ended: datetime = field(validator=aware)
    messages: int
    handoffs: int
    resolution: Resolution
    reason: EndReason
    holder: Holder
    intent: str | None = None
    versions: tuple[str, ...] = ()
    escalation: str | None = None
    termination: timedelta | None = None

    @classmethod
    def of(cls, session: Session, *, escalation: str | None = None) -> Self:
        """Return the outcome of *session*; raise `Conflict` if it is not over."""
        end = session.end
        if end is None:
            raise Conflict(
                f"the session is {session.standing}", place=session.id, remedy="report on it once it is over"
            )
        return cls(
            bot=session.bot,
            customer=session.customer,
            started=session.started,
            ended=end.at,
            messages=session.turns,
            handoffs=len(session.handoffs),
            resolution=end.resolution,
            reason=end.reason,
            holder=end.holder,
            intent=session.watch.intent,
            versions=tuple(f"{prompt}@{version}" for prompt, version in session.versions),
            escalation=escalation,
            termination=end.recorded - session.closing.accepted if session.closing else None,
        )
