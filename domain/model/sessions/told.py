"""What the log tells of a session that is over: all that reports and the CRM need of it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.states import SessionState

_MS = timedelta(milliseconds=1)
_US = timedelta(microseconds=1)


def end_payload(state: SessionState) -> dict[str, JSON]:
    """Return what the END event of *state* says; raise `Conflict` if it is not over.

    Times are texts of 27 characters, durations whole numbers; `queue` is where it went to people last.
    """
    outcome = Outcome.of(state.session, escalation=state.escalation)
    session, end = state.session, state.session.end
    if end is None:  # `of` has refused it
        raise Conflict("the session is not over", place=session.id, remedy="tell of it once it is")
    termination = outcome.termination
    return {
        "bot": session.bot,
        "bot_id": state.bot_id,
        "customer": session.customer,
        "conversation": session.conversation,
        "started": timestamp(session.started),
        "ended": timestamp(end.at),
        "recorded": timestamp(end.recorded),
        "duration_ms": (end.at - session.started) // _MS,
        "messages": outcome.messages,
        "handoffs": outcome.handoffs,
        "resolution": end.resolution.value,
        "reason": end.reason.value,
        "holder": end.holder.value,
        "intent": outcome.intent,
        "language": session.language,
        "versions": list(outcome.versions),
        "escalation": state.escalation,
        "queue": session.queue,
        "termination_us": None if termination is None else termination // _US,
    }


def outcome_of(payload: Mapping[str, Any] | None) -> Outcome | None:
    """Return the outcome that an END event's *payload* tells of.

    None where it tells of none: it was erased, or it is not what `end_payload` writes.
    """
    try:
        return None if payload is None else _outcome(payload)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _outcome(payload: Mapping[str, Any]) -> Outcome:
    termination = payload["termination_us"]
    return Outcome(
        bot=_text(payload["bot"]),
        customer=_optional(payload["customer"]),
        started=_time(payload["started"]),
        ended=_time(payload["ended"]),
        messages=_count(payload["messages"]),
        handoffs=_count(payload["handoffs"]),
        resolution=Resolution(payload["resolution"]),
        reason=EndReason(payload["reason"]),
        holder=Holder(payload["holder"]),
        intent=_optional(payload["intent"]),
        versions=tuple(map(_text, payload["versions"])),
        escalation=_optional(payload["escalation"]),
        termination=None if termination is None else timedelta(microseconds=_count(termination)),
    )


def _time(said: Any) -> datetime:
    found = datetime.fromisoformat(said)
    if found.tzinfo is None:
        raise ValueError(said)
    return found


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError(said)
    return said


def _optional(said: Any) -> str | None:
    return None if said is None else _text(said)


def _count(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or said < 0:
        raise ValueError(said)
    return said
