"""Moving a session: what the customer says, people who take over and give it back, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.sessions.handoff import Handoff
from jackfield.domain.model.sessions.policy import Decision, Finding
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, TurnResult
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.entrypoints.cli.lived import decision_view, session_view
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.routes.sessions import deadline
from jackfield.entrypoints.service.shapes import sessions as said
from jackfield.entrypoints.service.shapes.lives import Did, SessionShape, TurnShape
from jackfield.entrypoints.settings.service import Scope


def take_turn(call: Call) -> View:
    """Decide what to do with what the customer said."""
    turn = call.said(said.TakingTurn)
    session = _session(call)
    result = session.turn(
        turn.text,
        bot_said=turn.bot_said,
        tried=turn.tried,
        failure=turn.failure,
        once=turn.once,
        deadline=deadline(call.serving, turn.deadline_s),
    )
    call.serving.wake(DELIVERIES)
    return turn_view(session.id, result)


def escalate_session(call: Call) -> View:
    """Let people take over."""
    wanted = call.said(said.Escalating)
    session = _session(call)
    result = session.escalate(
        wanted.reason,
        summary=wanted.summary,
        tried=wanted.tried,
        queue=wanted.queue,
        deadline=deadline(call.serving, wanted.deadline_s),
    )
    call.serving.wake(DELIVERIES)
    return turn_view(session.id, result)


def accept_session(call: Call) -> View:
    """Tell that people took the session out of their queue."""
    wanted = call.said(said.HandingBack)
    found = _session(call).accepted(deadline=deadline(call.serving, wanted.deadline_s))
    call.serving.wake(DELIVERIES)
    return session_view(found)


def hand_back_session(call: Call) -> View:
    """Give the session back to its bot."""
    wanted = call.said(said.HandingBack)
    found = _session(call).hand_back(deadline=deadline(call.serving, wanted.deadline_s))
    call.serving.wake(DELIVERIES)
    return session_view(found)


def close_session(call: Call) -> View:
    """End the session; the platform may tell the end itself later."""
    wanted = call.said(said.ClosingSession)
    found = _session(call).close(wanted.resolution, deadline=deadline(call.serving, wanted.deadline_s))
    call.serving.wake(DELIVERIES)
    return session_view(found)


def _session(call: Call) -> ActingSession:
    return call.acting().sessions.get(call.path["session"])


def turn_view(session: str, result: TurnResult) -> View:
    """Return what is to be done now."""
    common = {"session": session, "decision": _decision(result.decision)}
    nothing = {"clarification": None, "handoff": None, "routed": True, "again": False, "trouble": None}
    if isinstance(result, Escalated):
        return {
            **common,
            **nothing,
            "did": Did.ESCALATED,
            "say": result.handoff.customer_message,
            "handoff": _handoff(result.handoff),
            "routed": result.routed,
            "again": result.again,
            "trouble": _trouble(result.problem),
        }
    if isinstance(result, Clarify):
        kind = result.kind.value
        return {**common, **nothing, "did": Did.CLARIFY, "say": result.text, "clarification": kind}
    return {**common, **nothing, "did": Did.PROCEED, "say": result.reply}


def _decision(decision: Decision | None) -> View | None:
    return None if decision is None else decision_view(decision)


def _handoff(handoff: Handoff) -> Mapping[str, Any]:
    return {
        "id": handoff.id,
        "at": timestamp(handoff.at),
        "queue": handoff.queue,
        "reason": handoff.reason,
        "findings": [_finding(each) for each in handoff.findings],
        "intent": handoff.intent,
        "language": handoff.language,
        "mood": handoff.mood,
        "trend": handoff.trend and handoff.trend.value,
        "summary": handoff.summary,
        "tried": handoff.tried,
        "customer_message": handoff.customer_message,
        "dropped": handoff.dropped,
    }


def _finding(found: Finding) -> View:
    return {"reason": found.reason.value, "signal": found.signal, "seen": found.seen, "limit": found.limit}


def _trouble(error: JackfieldError | None) -> View | None:
    if error is None:
        return None
    return {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}


_TAG: Final = "sessions"
_MOVING: Final = (404, 409, 422)

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/sessions/{session}/turns",
        answer=take_turn,
        summary="Decide what to do with what the customer said: go on, ask back, or let people take over.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.TakingTurn,
        gives=TurnShape,
        refuses=_MOVING,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/escalate",
        answer=escalate_session,
        summary="Let people take over.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.Escalating,
        may_be_empty=True,
        gives=TurnShape,
        refuses=_MOVING,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/accept",
        answer=accept_session,
        summary="Tell that people took the session out of their queue.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.HandingBack,
        may_be_empty=True,
        gives=SessionShape,
        refuses=_MOVING,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/hand-back",
        answer=hand_back_session,
        summary="Give the session back to its bot.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.HandingBack,
        may_be_empty=True,
        gives=SessionShape,
        refuses=_MOVING,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/close",
        answer=close_session,
        summary="End the session, with what came of it.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.ClosingSession,
        gives=SessionShape,
        refuses=_MOVING,
    ),
)
