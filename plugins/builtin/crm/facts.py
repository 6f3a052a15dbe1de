"""What a mapping may say of a session that is over: ids, numbers and statuses, never what somebody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.domain.model.canonical import JSON, canonical
from jackfield.domain.model.events import Entry, timestamp

_TOLD: Final = (
    "bot",
    "bot_id",
    "customer",
    "conversation",
    "started",
    "ended",
    "recorded",
    "duration_ms",
    "messages",
    "handoffs",
    "resolution",
    "reason",
    "holder",
    "intent",
    "language",
    "versions",
    "escalation",
    "queue",
    "termination_us",
)
"""The keys of the event's payload."""

FACTS: Final = ("session", "organization", "event", "time", *_TOLD)
"""Every name that may stand in braces."""


def facts_of(entry: Entry) -> Mapping[str, JSON] | None:
    """Return what is known of the session that *entry* says is over; None where that was erased.

    What nobody knows is None.
    """
    event = entry.event
    if event.payload is None:
        return None
    return {
        "session": event.subject.name,
        "organization": event.subject.organization,
        "event": event.id,
        "time": timestamp(event.time),
        **{name: event.payload.get(name) for name in _TOLD},
    }


def spelled(fact: JSON) -> str:
    """Return *fact* as part of a text: nothing for None, the parts of a list with commas between."""
    if fact is None:
        return ""
    if isinstance(fact, str):
        return fact
    if isinstance(fact, Sequence):
        return ", ".join(spelled(each) for each in fact)
    return canonical(fact)
