"""The payloads of the events that tell of advice: without fractions, and without texts unless kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, field

from jackfield.domain.model.advice.sifting import Accepted, Rejected
from jackfield.domain.model.canonical import JSON, digest
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.advice.hearing.weighing import weigh
from jackfield.domain.services.advice.told import Delivery, Display, Said
from jackfield.domain.services.advice.values import Advised
from jackfield.ports.conversations import Redact

_AROUND: Final = 500
_SPELLED: Final = 1_000
"""What it takes to remember one answer, and how one recommendation is spelled, in bytes, roughly."""


@define(eq=False)
class Spelled:
    """Recommendations as they were spelled last, for the next batch that tells of the same answers.

    What is redacted is spelled each time: nothing that was redacted is kept, and the rules may change.
    """

    redact: Redact | None = None
    most: int = 500
    most_bytes: int = 4 * 2**20
    _bytes: int = field(default=0, init=False)
    _known: dict[int, tuple[tuple[Accepted, ...], JSON]] = field(
        factory=dict[int, "tuple[tuple[Accepted, ...], JSON]"], init=False
    )

    def of(self, accepted: tuple[Accepted, ...]) -> JSON:
        """Return them as they are spelled."""
        if self.redact is not None:
            return [_recommended(each, self.redact) for each in accepted]
        known = self._known.get(id(accepted))
        if known is None:  # what is kept keeps its identity
            known = self._known[id(accepted)] = accepted, [_recommended(each, None) for each in accepted]
            self._bytes += _size(accepted)
            while self._known and (len(self._known) > self.most or self._bytes > self.most_bytes):
                self._bytes -= _size(self._known.pop(next(iter(self._known)))[0])
        return known[1]


def _size(accepted: tuple[Accepted, ...]) -> int:
    """What is kept of them is the texts, and how the rest is spelled."""
    return _AROUND + weigh(accepted) + _SPELLED * len(accepted)


def delivered(deliveries: Sequence[Delivery], spelled: Spelled) -> Mapping[str, JSON]:
    """Spell answers to one conversation; one that was given several times stands there once."""
    numbers, answers = dict[tuple[int, int, str], str](), dict[str, JSON]()
    known, listed = dict[int, str](), list[JSON]()
    for each in deliveries:
        advised = each.advised
        number = known.get(id(advised))
        if number is None:  # the same answer may come as another value, found elsewhere
            mark = id(advised.accepted), id(advised.rejected), advised.key
            number = known[id(advised)] = numbers.setdefault(mark, str(len(numbers)))
            if number not in answers:
                answers[number] = _answer(advised, spelled)
        listed.append(_delivery(each, number))
    return {"conversation": deliveries[0].conversation, "answers": answers, "deliveries": listed}


def _answer(advised: Advised, spelled: Spelled) -> Mapping[str, JSON]:
    return {
        "agent": advised.agent,
        "key": advised.key,
        "whole": advised.whole,
        "recommendations": spelled.of(advised.accepted),
        "rejected": _reasons(advised.rejected),
    }


def _delivery(each: Delivery, answer: str) -> Mapping[str, JSON]:
    return {
        "id": each.id,
        "time": timestamp(each.time),
        "answer": answer,
        "origin": each.advised.origin.value,
        "age_ms": round(each.age * 1_000),
        "latency_us": round(each.seconds * 1_000_000),
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
        **_rare(display.once, known=display.known),
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
        **_rare(said.once, known=feedback.known),
    }


def _rare(once: str | None, *, known: bool) -> Mapping[str, JSON]:
    """Spell what hardly any has: under which name it was told, and that nobody knows what it is of."""
    told: dict[str, JSON] = {} if once is None else {"once": once}
    return told if known else {**told, "known": False}
