"""How sessions went, as plain data: the JSON form of every answer about them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import asdict

from jackfield.domain.model.events import timestamp
from jackfield.domain.model.sessions.ends import End
from jackfield.domain.model.sessions.figures import Figures
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.services.sessions.ending.catching import CaughtUp
from jackfield.domain.services.sessions.ending.recovering import Recovered
from jackfield.domain.services.sessions.reads import Reported
from jackfield.domain.services.sessions.recorded.explaining import Explained, Explanation
from jackfield.domain.services.sessions.recorded.views import SessionView
from jackfield.entrypoints.cli.views import View

_RATES: Final = (
    "containment",
    "functional_containment",
    "escalation_rate",
    "abandonment_bot",
    "abandonment_queue",
    "resolution_rate",
)
_TIMES: Final = ("duration_p50_ms", "duration_p95_ms", "termination_p50_ms", "termination_p95_ms")
FIGURES: Final = ("sessions", "spoken", "settled", *_RATES, *_TIMES)
"""The numbers of a report, in their order."""


def session_view(found: SessionView) -> View:
    """One session."""
    return {
        "id": found.id,
        "bot": found.bot,
        "customer": found.customer,
        "conversation": found.conversation,
        "type": found.type,
        "language": found.language,
        "standing": found.standing.value,
        "started": timestamp(found.started),
        "since": timestamp(found.since),
        "spoke": _time(found.spoke),
        "expires": _time(found.expires),
        "turns": found.turns,
        "intent": found.intent,
        "mood": found.mood,
        "at_risk": found.at_risk,
        "versions": list(found.versions),
        "queue": found.queue,
        "handoffs": list(found.handoffs),
        "escalation": found.escalation,
        "routed": found.routed,
        "settling": found.settling,
        "handoff_message": found.handoff_message,
        "end": None if found.end is None else end_view(found.end),
    }


def end_view(end: End) -> View:
    """How a session ended."""
    return {
        "at": timestamp(end.at),
        "recorded": timestamp(end.recorded),
        "reason": end.reason.value,
        "resolution": end.resolution.value,
        "holder": end.holder.value,
    }


def explanation_view(found: Explanation) -> View:
    """Why a session went as it did."""
    return {
        "session": found.session,
        "thresholds": asdict(found.thresholds),
        "other": None if found.other is None else asdict(found.other),
        "first": None if found.first is None else found.first.number,
        "erased": found.erased,
        "turns": [_turn(turn) for turn in found.turns],
    }


def _turn(turn: Explained) -> View:
    return {
        "number": turn.number,
        "time": timestamp(turn.time),
        "decision": None if turn.decision is None else decision_view(turn.decision),
        "would_be": None if turn.would_be is None else decision_view(turn.would_be),
        "differs": turn.differs,
    }


def decision_view(decision: Decision) -> View:
    """What was decided of a turn, and of what."""
    signals, turn = decision.signals, decision.signals.turn
    return {
        "act": decision.act.value,
        "clarification": decision.clarification and decision.clarification.value,
        "reason": decision.reason and decision.reason.value,
        "findings": [
            {"reason": each.reason.value, "signal": each.signal, "seen": each.seen, "limit": each.limit}
            for each in decision.findings
        ],
        "intent": turn.intent,
        "confidence": turn.confidence,
        "margin": turn.margin,
        "sentiment": turn.sentiment,
        "requests_person": turn.requests_person,
        "failure": turn.failure and turn.failure.value,
        "mood": signals.mood,
        "at_risk": signals.at_risk,
        "turns": signals.turns,
        "no_match": signals.no_match,
        "failures": signals.failures,
        "clarifications": signals.clarifications,
    }


def report_view(found: Reported) -> View:
    """The figures of sessions."""
    return {
        "since": timestamp(found.since),
        "until": timestamp(found.until),
        "by": found.by and found.by.value,
        "bot": found.bot,
        **figures_view(found.whole),
        "groups": [{"key": group.key, **figures_view(group.figures)} for group in found.groups],
    }


def figures_view(figures: Figures) -> View:
    """The figures of some sessions; null where there is nothing that they could be of."""
    return {
        **{name: getattr(figures, name) for name in FIGURES},
        "end_reasons": {reason.value: count for reason, count in figures.end_reasons.items()},
        "escalation_reasons": dict(figures.escalation_reasons),
    }


def caught_view(found: CaughtUp) -> View:
    """What was read back."""
    return {
        "since": timestamp(found.since),
        "until": timestamp(found.until),
        "ended": found.ended,
        "known": found.known,
        "foreign": found.foreign,
        "unread": found.unread,
    }


def recovered_view(found: Recovered) -> View:
    """What was settled."""
    return {
        "open": found.open,
        "settled": {standing.value: count for standing, count in found.settled.items()},
        "expired": found.expired,
        "failed": [{"session": session, "why": str(error)} for session, error in found.failed.items()],
        "left": found.left,
        "waiting": found.waiting,
        "due": _time(found.due),
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else timestamp(time)
