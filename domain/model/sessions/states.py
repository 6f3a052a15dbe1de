"""What the ledger keeps of a session: its life, by what it is decided, and what is under way."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from jackfield.domain.model.fields import aware
from jackfield.domain.model.kept import State
from jackfield.domain.model.sessions.handoff import Handoff, Said
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.lifetimes import Lifetimes
from jackfield.domain.model.sessions.thresholds import Thresholds


@frozen(kw_only=True)
class Slot:
    """A session's place among those of its bot: the lease's name and fencing token, and when it expires."""

    name: str
    token: int
    expires: datetime = field(validator=aware)


@frozen(kw_only=True)
class Pending:
    """A call to the platform that is under way: who makes it, and until when nobody else settles it."""

    id: str
    owner: str
    started: datetime = field(validator=aware)
    expires: datetime = field(validator=aware)


@frozen(kw_only=True)
class SessionState(State):
    """One session at a revision. `bot_id` is the platform's id of its bot.

    `thresholds` and `lifetimes` are those it began with, so that its decisions can be replayed. `handoff` is
    the newest, `routed` whether the platform has it: then it is in the queue until people say that they took
    it, and `session.standing` says so. `said` are the last turns, redacted, for the next
    hand-off; they and the hand-off's texts go when the session is over. `escalation` is the reason of the
    first hand-off. `skills` are those that people need for it, for the choice of the queue. `once` is the
    SHA-256 of the last turn's key, if it had one.
    """

    session: Session
    bot_id: str
    thresholds: Thresholds = field(factory=Thresholds)
    lifetimes: Lifetimes = field(factory=Lifetimes)
    slot: Slot | None = None
    said: tuple[Said, ...] = ()
    tried: tuple[str, ...] = field(default=(), repr=lambda texts: f"<{len(texts)} actions>")
    skills: tuple[str, ...] = ()
    handoff: Handoff | None = None
    routed: bool = False
    escalation: str | None = None
    pending: Pending | None = None
    once: str | None = None


@frozen(kw_only=True)
class ConversationState(State):
    """Which session a conversation of the platform is; None for one that nobody of ours began."""

    session: str | None


@frozen(kw_only=True)
class SessionsState(State):
    """What was read off the log up to `position`: the sessions that are open, and those that are over.

    `ended` is a batch's text. Full ones stand alone, under their numbers from 1 to `parts`; it can all be
    read off the log again.
    """

    position: int = 0
    open: tuple[str, ...] = ()
    parts: int = 0
    ended: str = field(default="", repr=lambda text: f"<{len(text)} characters>")
