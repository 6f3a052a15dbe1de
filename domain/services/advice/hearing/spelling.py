"""The payloads of the events that tell of advice: without fractions, and without texts unless kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from jackfield.domain.model.advice.sifting import Accepted, Rejected
from jackfield.domain.model.canonical import JSON, digest
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.advice.told import Delivery, Display, Said
from jackfield.ports.conversations import Redact


def delivered(deliveries: Sequence[Delivery], redact: Redact | None) -> Mapping[str, JSON]:
    """Spell answers to one conversation; one that was given several times stands there once."""
    answers, listed = dict[int, tuple[str, JSON]](), list[JSON]()
    for each in deliveries:
        advised = each.advised
        known = answers.get(id(advised.accepted))
        if known is None:
            spelled = [_recommended(one, redact) for one in advised.accepted]
            known = answers[id(advised.accepted)] = str(len(answers)), spelled
        listed.append(_delivery(each, known[0]))
    return {
        "conversation": deliveries[0].conversation,
        "answers": dict(answers.values()),
        "deliveries": listed,
    }


def _delivery(each: Delivery, answer: str) -> Mapping[str, JSON]:
    advised = each.advised
    return {
        "id": advised.id,
        "time": timestamp(each.time),
        "agent": advised.agent,
        "answer": answer,
        "origin": advised.origin.value,
        "whole": advised.whole,
        "age_ms": round(advised.age.total_seconds() * 1_000),
        "latency_us": round(each.seconds * 1_000_000),
        "key": advised.key,
        "rejected": _reasons(advised.rejected),
    }


def _reasons(rejected: Sequence[Rejected]) -> Mapping[str, JSON]:
    return dict(Counter(each.reason.value for each in rejected)) if rejected else {}


def _recommended(accepted: Accepted, redact: Redact | None) -> Mapping[str, JSON]:
    item = accepted.item
    said: dict[str, JSON] = {
        "id": item.id,
        "source": item.source,
        "position": accepted.position,
        "relevance": repr(float(item.relevance)),
        "published": timestamp(item.published),
        "hash": digest(f"{item.title}\n{item.content}"),
        "shown_before": accepted.shown,
    }
    if redact is not None:
        said |= {"title": str(redact(item.title)), "content": str(redact(item.content))}
    return said


def displayed(display: Display) -> Mapping[str, JSON]:
    """Spell what was on a screen."""
    return {
        "conversation": display.conversation,
        "agent": display.agent,
        "advice": display.advice,
        "recommendations": [each._asdict() for each in display.shown],
    }


def told(said: Said) -> Mapping[str, JSON]:
    """Spell what an agent did."""
    feedback = said.feedback
    return {
        "conversation": feedback.conversation,
        "agent": feedback.agent,
        "advice": said.advice,
        "recommendation": feedback.recommendation,
        "action": feedback.action.value,
        "source": feedback.source,
        "position": feedback.position,
    }
