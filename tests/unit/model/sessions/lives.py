"""Sessions for tests, and the times they live at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from jackfield.domain.model.sessions.life import Session, accepted, confirmed, escalated

START: Final = datetime(2026, 11, 21, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def reserved(**known: Any) -> Session:
    """A session that holds a place."""
    return Session(id="s-1", bot="retail", customer="c-1", started=START, **known)


def active(**known: Any) -> Session:
    """A session with its bot."""
    return confirmed(reserved(**known), "conv-1", now=START)


def waiting(**known: Any) -> Session:
    """A session that waits for people."""
    return escalated(active(**known), handoff="h-1", now=START)


def with_people(**known: Any) -> Session:
    """A session that people have."""
    return accepted(waiting(**known), now=START)
