"""What people are told when they take over, and the one thing that the customer is told.

Source: `conversations.md`, "Escalation policy", hand-off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware
from jackfield.domain.model.sessions.attributes import Attributes, merge
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.policy import Decision, Finding, Reason, Signals

PREFIX: Final = "jackfield.handoff."
LAST_TURNS: Final = 6
LONGEST_TURN: Final = 500
LONGEST_SUMMARY: Final = 1_000
MOST_TRIED: Final = 20
_STEADY: Final = 0.1
_COUNTED: Final = frozenset(Reason)

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "I am connecting you with a colleague who can help. Please stay with me.",
        "de": "Ich verbinde Sie mit einer Kollegin oder einem Kollegen. Bitte bleiben Sie dran.",
        "es": "Le comunico con una persona de nuestro equipo. Por favor, no se vaya.",
        "fr": "Je vous mets en relation avec un membre de notre équipe. Merci de patienter.",
        "pt": "Vou transferir você para uma pessoa da nossa equipe. Aguarde um momento.",
    }
)
"""What a customer is told at a hand-off, by language."""


class Speaker(StrEnum):
    """Who said something in a session."""

    CUSTOMER = "customer"
    BOT = "bot"


@frozen(kw_only=True)
class Said:
    """One thing that was said."""

    speaker: Speaker
    text: str = field(repr=lambda text: f"<{len(text)} characters>")


def _hidden(text: str) -> str:
    return f"<{len(text)} characters>"


class Trend(StrEnum):
    """Where the mood goes."""

    FALLING = "falling"
    STEADY = "steady"
    RISING = "rising"


def _message(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(
            "the customer would hear nothing", place=attribute.name, remedy="write what to say at a hand-off"
        )


@frozen(kw_only=True)
class Handoff:
    """One session on its way to people, with its context; texts are redacted already.

    `attributes` are the session's with the hand-off's, `dropped` names those for which there was no room.
    `customer_message` is sent exactly once.
    """

    id: str
    session: str
    at: datetime = field(validator=aware)
    queue: str
    reason: str = field(repr=lambda text: repr(str(text)) if text in _COUNTED else _hidden(text))
    findings: tuple[Finding, ...] = ()
    signals: Signals | None = None
    intent: str | None = None
    language: str | None = None
    mood: float | None = None
    trend: Trend | None = None
    summary: str = field(repr=_hidden)
    tried: tuple[str, ...] = field(default=(), repr=lambda texts: f"<{len(texts)} actions>")
    turns: tuple[Said, ...] = ()
    customer_message: str = field(validator=_message)
    attributes: Attributes = field(factory=Attributes)
    dropped: tuple[str, ...] = ()


@frozen(kw_only=True)
class Context:
    """What is known beside the session: what was said, which actions were tried, and a summary if any."""

    said: Sequence[Said] = ()
    tried: Sequence[str] = field(default=(), repr=False)
    summary: str = field(default="", repr=False)


def hand_off(
    session: Session,
    context: Context,
    *,
    id: str,  # noqa: A002  # the field
    at: datetime,
    queue: str,
    redact: Callable[[str], str],
    decision: Decision | None = None,
    reason: str = "by hand",
    messages: Mapping[str, str] = MESSAGES,
) -> Handoff:
    """Put a hand-off together: of *decision*, or for *reason* where somebody else decided.

    Every text goes through *redact* whole, before it is cut. The session's own attributes stay as they are.
    """
    why = str(decision.reason) if decision and decision.reason else reason
    facts = _facts(session, context, redact, why)
    findings = decision.findings if decision else ()
    merged = merge(session.attributes, list(_pairs(id, why, findings, facts)))
    return Handoff(
        id=id,
        session=session.id,
        at=at,
        queue=queue,
        reason=why,
        findings=findings,
        signals=decision.signals if decision else None,
        customer_message=in_language(messages, session.language),
        attributes=merged.attributes,
        dropped=merged.dropped,
        **facts,
    )


def trend(moods: Sequence[float]) -> Trend | None:
    """Return where *moods* go, the newest last; None if there are not two."""
    if len(moods) < 2:  # noqa: PLR2004  # a direction needs two
        return None
    change = moods[-1] - moods[0]
    if abs(change) <= _STEADY:
        return Trend.STEADY
    return Trend.RISING if change > 0 else Trend.FALLING


def in_language(messages: Mapping[str, str], language: str | None) -> str:
    """Return the message in *language*, in what it is a kind of ("pt" for "pt-BR"), or else the first one."""
    folded = {key.casefold(): text for key, text in messages.items()}
    said = (language or "").casefold().replace("_", "-")
    while said and said not in folded:
        said = said.rpartition("-")[0]
    return folded.get(said) or next(iter(folded.values()), "")


def excerpt(text: str, redact: Callable[[str], str], longest: int) -> str:
    """Return *text* redacted, and then cut: no pattern recognizes the half of a number."""
    sayable = _sayable(redact(text))
    return sayable if len(sayable) <= longest else sayable[: longest - 1] + "…"


def _facts(session: Session, context: Context, redact: Callable[[str], str], why: str) -> dict[str, Any]:
    """What the session and those around it know, redacted."""
    tried = tuple(excerpt(text, redact, LONGEST_TURN) for text in context.tried[-MOST_TRIED:])
    turns = tuple(
        Said(speaker=said.speaker, text=excerpt(said.text, redact, LONGEST_TURN))
        for said in context.said[-LAST_TURNS:]
    )
    return {
        "intent": session.watch.intent,
        "language": session.language and _sayable(session.language),
        "summary": excerpt(context.summary or _summary(why, session, tried), redact, LONGEST_SUMMARY),
        "mood": session.watch.mood,
        "trend": trend(session.watch.moods),
        "tried": tried,
        "turns": turns,
    }


def _pairs(
    id_: str, why: str, findings: Iterable[Finding], facts: Mapping[str, Any]
) -> Iterable[tuple[str, JSON]]:
    """The attributes of a hand-off, the most important first; what is not known is left out."""
    mood, trend_ = facts["mood"], facts["trend"]
    said: dict[str, JSON] = {
        "id": id_,
        "reason": why,
        **{name: facts[name] for name in ("intent", "language", "summary")},
        "signals": [str(finding) for finding in findings],
        "sentiment": None if mood is None else {"mood": mood, "trend": trend_ and trend_.value},
        "tried": list(facts["tried"]),
        "turns": [{"speaker": each.speaker.value, "text": each.text} for each in facts["turns"]],
    }
    return [(PREFIX + name, value) for name, value in said.items() if value not in (None, [], "")]


def _summary(why: str, session: Session, tried: Sequence[str]) -> str:
    """What the numbers say, where nobody wrote a summary."""
    watch = session.watch
    told = [
        f"to people: {why}",
        f"intent: {watch.intent or 'unknown'}",
        f"turns: {session.turns}",
        *([] if watch.mood is None else [f"mood: {watch.mood:.2f}"]),
        *([f"tried: {', '.join(tried)}"] if tried else []),
    ]
    return "; ".join(told)


def _sayable(text: str) -> str:
    """Return *text* without halves of surrogate pairs, which JSON cannot carry and which stop no hand-off."""
    return text.encode(errors="replace").decode()
