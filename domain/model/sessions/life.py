"""A session's life: one function for each thing that can happen to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from attrs import Factory, evolve, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware, optional_text, text
from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.ends import (
    End,
    EndReason,
    Holder,
    Resolution,
    holder_at_end,
    resolution_for,
)
from jackfield.domain.model.sessions.policy import Act, Decision, Watch, decide, handed_back, refused, taken
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.standings import Move, Standing, moved_to
from jackfield.domain.model.sessions.thresholds import Thresholds

_HOLDERS: Final = {
    Standing.ACTIVE: Holder.BOT,
    Standing.HANDING_OVER: Holder.QUEUE,
    Standing.WITH_PEOPLE: Holder.PEOPLE,
}


def _named(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy=f"name the {attribute.name}")


@frozen(kw_only=True)
class Closing:
    """A close that was accepted: when, with which resolution, and who had the session then.

    `reason` is set where it is known better than the platform can tell: its time was over.
    """

    accepted: datetime = field(validator=aware)
    resolution: Resolution
    holder: Holder
    reason: EndReason | None = None


@frozen(kw_only=True)
class Session:
    """One session of a customer with a bot: `to` and `from` of `wire.md` §8, and what became of them.

    A new one holds a place and is not on the platform yet.

    `since` is when its standing began, `spoke` when the customer spoke last, `versions` the prompt versions
    that it keeps, as (prompt, version); `conversation` is the platform's id, `handoffs` are the ids of its
    hand-offs, an overflow included.
    """

    id: str = field(validator=_named)
    bot: str = field(validator=_named)
    customer: str = field(validator=_named)
    type: str = field(default="chat", validator=_named)
    started: datetime = field(validator=aware)
    since: datetime = field(validator=aware, default=Factory(lambda self: self.started, takes_self=True))
    standing: Standing = Standing.RESERVED
    attributes: Attributes = field(factory=Attributes)
    language: str | None = field(default=None, validator=optional_text)
    versions: tuple[tuple[str, str], ...] = ()
    conversation: str | None = None
    queue: str | None = None
    turns: int = 0
    spoke: datetime | None = None
    watch: Watch = field(factory=Watch)
    handoffs: tuple[str, ...] = ()
    closing: Closing | None = None
    end: End | None = None

    @property
    def bot_may_speak(self) -> bool:
        """Whether the bot has the session; to be read again when something is sent, not only when written."""
        return self.standing is Standing.ACTIVE


def confirmed(session: Session, conversation: str, *, now: datetime) -> Session:
    """Return the session on the platform, as *conversation*."""
    return _moved(session, Move.CONFIRM, now, conversation=conversation)


def overflowed(session: Session, conversation: str, queue: str, *, handoff: str, now: datetime) -> Session:
    """Return the session on the platform without a bot, in *queue* from the start."""
    handoffs, watch = (*session.handoffs, handoff), taken(session.watch)
    return _moved(
        session, Move.OVERFLOW, now, conversation=conversation, queue=queue, handoffs=handoffs, watch=watch
    )


def released(session: Session, *, now: datetime) -> Session:
    """Return the reservation given up."""
    return _moved(session, Move.RELEASE, now)


def turned(
    session: Session, thresholds: Thresholds, turn: Turn, *, handoff: str, now: datetime
) -> tuple[Session, Decision]:
    """Return the session after a turn of the customer, and what to do; *handoff* is the id if it escalates.

    Raises `Conflict` while the bot does not have the session.
    """
    watch, decision = decide(thresholds, session.watch, turn)
    spoke = max(now, session.spoke or now)
    moved = _moved(session, Move.TURN, now, watch=watch, turns=session.turns + 1, spoke=spoke)
    return (_handed(moved, handoff, now) if decision.act is Act.ESCALATE else moved), decision


def escalated(session: Session, *, handoff: str, now: datetime) -> Session:
    """Return the session on its way to people because somebody says so."""
    handoffs = (*session.handoffs, handoff)
    return _moved(session, Move.ESCALATE, now, handoffs=handoffs, watch=taken(session.watch))


def accepted(session: Session, *, now: datetime) -> Session:
    """Return the session with people: one of them took it out of the queue."""
    return _moved(session, Move.ACCEPT, now)


def turned_down(session: Session, *, now: datetime) -> Session:
    """Return the session with the bot, which goes on because nobody took it."""
    return _moved(session, Move.REFUSE, now, watch=refused(session.watch), spoke=None)


def returned(session: Session, *, now: datetime) -> Session:
    """Return the session with the bot, to which people gave it back."""
    return _moved(session, Move.HAND_BACK, now, watch=handed_back(session.watch), spoke=None)


def closed(
    session: Session, resolution: Resolution, *, now: datetime, reason: EndReason | None = None
) -> Session:
    """Return the session that the platform was told to end; its end notice is still to come."""
    standing = moved_to(session.standing, Move.CLOSE, place=session.id)
    since, holder = max(now, session.since), _HOLDERS[session.standing]
    closing = Closing(accepted=since, resolution=resolution, holder=holder, reason=reason)
    return evolve(session, standing=standing, since=since, closing=closing)


def ended(
    session: Session,
    reason: EndReason,
    *,
    now: datetime,
    at: datetime | None = None,
    resolution: Resolution | None = None,
    routed: bool = False,
) -> Session:
    """Return the session over: *at* is when it ended, *now* when that is recorded.

    Without a *resolution* it is that of the close, and else what *reason* says of it. *routed* says that it
    was in a queue of the platform's: see `holder_at_end`.
    """
    standing, recorded = moved_to(session.standing, Move.END, place=session.id), max(now, session.since)
    closing = session.closing
    told = resolution or (closing.resolution if closing else None)
    had = closing.holder if closing else _HOLDERS[session.standing]
    holder = holder_at_end(had, told or resolution_for(reason, had), routed=routed)
    found = told or resolution_for(reason, holder)
    end = End(
        at=max(at or now, session.started),
        recorded=recorded,
        reason=reason,
        resolution=found,
        holder=holder,
    )
    return evolve(session, standing=standing, since=recorded, end=end)


def _handed(session: Session, handoff: str, now: datetime) -> Session:
    return _moved(session, Move.ESCALATE, now, handoffs=(*session.handoffs, handoff))


def _moved(session: Session, move: Move, now: datetime, **more: Any) -> Session:
    """Return *session* after *move*, with *more*, or raise `Conflict`.

    A clock that went back turns no times around.
    """
    standing = moved_to(session.standing, move, place=session.id)
    since = session.since if standing is session.standing else max(now, session.since)
    return evolve(session, standing=standing, since=since, **more)
