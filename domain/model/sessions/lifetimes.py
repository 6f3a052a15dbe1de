"""When a session ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.standings import Standing


@frozen(kw_only=True)
class Lifetimes:
    """How long the bot waits for the customer, and how long it has a session at all, whenever it gets it."""

    idle: timedelta = timedelta(minutes=15)
    total: timedelta = timedelta(hours=4)

    def __attrs_post_init__(self) -> None:
        for place, value in (("idle", self.idle), ("total", self.total)):
            if not timedelta() < value <= timedelta(days=366):
                raise InvalidInput("it is above 0 s and up to a year", place=place, remedy="write 15 minutes")


def expiry(session: Session, lifetimes: Lifetimes) -> datetime | None:
    """Return when the session ends by itself; None while the bot does not have it.

    Who waits for people, or talks to them, is not cut off, and their time does not count: both limits begin
    when the bot got the session, or got it again. While it has it, the time is never earlier than before.
    """
    if session.standing is not Standing.ACTIVE:
        return None
    heard = max(session.since, session.spoke or session.since)
    return min(heard + lifetimes.idle, session.since + lifetimes.total)


def has_expired(session: Session, lifetimes: Lifetimes, *, now: datetime) -> bool:
    """Return whether the session is over because of *lifetimes*: end it as `SessionExpired`."""
    due = expiry(session, lifetimes)
    return due is not None and now >= due
