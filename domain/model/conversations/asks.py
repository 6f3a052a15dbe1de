"""Questions to assistants as the audit log has them: whose they are, and the record that others read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, Outcome, timestamp
from jackfield.domain.model.subjects import Kind, Organization, Subject

ASK: Final = "assistant.ask"
"""The type of the events that tell of a question: it is intended, then it succeeded or failed."""

INJECTION: Final = "AI_PROMPT_INJECTION"


class Compliance(StrEnum):
    """What the log has of a question: `wire.md` §11.

    All but the texts, or the texts too, redacted; or its answer is not whole, or a text that was to be kept
    is not, since it could not be redacted.
    """

    AUDITED = "AUDITED"
    REDACTED = "REDACTED"
    INCOMPLETE = "INCOMPLETE"


def ask_subject(organization: Organization, prompt: str, identifier: str) -> Subject:
    """Return the subject of a question with a version of *prompt*; its name tells the prompt for good."""
    return Subject(organization, Kind.ASK, f"{prompt}/{identifier}")


def asked_of(subject: Subject) -> str | None:
    """Return the prompt that a question was asked with; None for any other subject."""
    return subject.name.rpartition("/")[0] if subject.kind is Kind.ASK else None


def injection_record(entry: Entry) -> dict[str, JSON] | None:
    """Return T2's audit record (`wire.md` §11) of *entry*; None if it tells of no question.

    Of a question that is only intended the record is INCOMPLETE, with no conversation. What an erased payload
    held is null.
    """
    event = entry.event
    if event.type != ASK:
        return None
    payload: Mapping[str, JSON] = event.payload or {}
    unended = Compliance.INCOMPLETE.value if event.outcome is Outcome.INTENDED else None
    return {
        "timestamp": timestamp(event.time),
        "eventType": INJECTION,
        "conversationId": payload.get("conversation"),
        "assistantId": payload.get("assistant"),
        "promptHash": payload.get("prompt_hash"),
        "userId": event.actor,
        "complianceStatus": payload.get("compliance", unended),
    }
