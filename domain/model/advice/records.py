"""What the log tells of advice, as others read it: T4's audit record, its webhook, and feedback.

Texts stay out of the log: each recommendation has the hash of its own, unless the target captures content,
redacted. Source: `wire.md` §9 and 11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, cast

from jackfield.domain.model.advice.feedback import Action, Feedback
from jackfield.domain.model.advice.happenings import DELIVERED, DISPLAYED, FEEDBACK
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, timestamp
from jackfield.domain.model.subjects import Kind, Organization, Subject

_NOWHERE: Final = "-"


def advice_subject(organization: Organization, conversation: str) -> Subject:
    """Return the subject of a conversation's advice; of what belongs to none if it is empty."""
    return Subject(organization, Kind.ADVICE, conversation or _NOWHERE)


def advice_records(entry: Entry) -> tuple[dict[str, JSON], ...]:
    """Return T4's audit records (`wire.md` §11) of *entry*, one an answer; none if it tells of no delivery.

    Scores are numbers. What an erased payload held is gone: then there is none either.
    """
    payload = entry.event.payload
    if entry.event.type != DELIVERED or payload is None:
        return ()
    said = cast("Mapping[str, Any]", payload)
    answers = said["answers"]
    given = {
        key: [_recommended(each) for each in answer["recommendations"]] for key, answer in answers.items()
    }
    return tuple(
        _record(said["conversation"], answers[each["answer"]]["agent"], each, given[each["answer"]])
        for each in said["deliveries"]
    )


def _record(
    conversation: str, agent: str, delivery: Mapping[str, Any], given: list[dict[str, JSON]]
) -> dict[str, JSON]:
    return {
        "timestamp": delivery["time"],
        "conversationId": conversation,
        "agentId": agent,
        "recommendationCount": len(given),
        "latencyMs": delivery["latency_us"] // 1_000,
        "recommendations": given,
    }


def _recommended(said: Mapping[str, Any]) -> dict[str, JSON]:
    texts = {key: said[key] for key in ("title", "content") if key in said}
    return {
        "id": said["id"],
        "relevanceScore": float(said["relevance"]),
        "sourceId": said["source"],
        "hash": said["hash"],
        **texts,
    }


def feedback_record(entry: Entry) -> dict[str, JSON] | None:
    """Return what T4's feedback webhook is posted (`wire.md` §9) of *entry*; None if it tells of none."""
    payload = entry.event.payload
    if entry.event.type != FEEDBACK or payload is None:
        return None
    return {
        "recommendationId": payload["recommendation"],
        "agentId": payload["agent"],
        "action": payload["action"],
        "timestamp": timestamp(entry.event.time),
    }


def told_of(entry: Entry) -> Iterator[Feedback]:
    """Give what *entry* tells of recommendations; nothing if its payload was erased."""
    payload, time = entry.event.payload, entry.event.time
    if payload is None or entry.event.type not in (DISPLAYED, FEEDBACK):
        return
    said = cast("Mapping[str, Any]", payload)
    if entry.event.type == FEEDBACK:
        yield _told(said, said, Action(said["action"]), time)
        return
    for each in said["recommendations"]:
        yield _told(said, each, Action.DISPLAYED, time)


def _told(said: Mapping[str, Any], each: Mapping[str, Any], action: Action, time: datetime) -> Feedback:
    return Feedback(
        recommendation=each["recommendation"],
        conversation=said["conversation"],
        agent=said["agent"],
        action=action,
        time=time,
        source=each["source"],
        position=each["position"],
        known=said.get("known", True),
    )
