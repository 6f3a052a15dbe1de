"""Moving a session: what the customer says, people who take over and give it back, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from jackfield.domain.model.events import timestamp
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, TurnResult
from jackfield.entrypoints.cli.lived import decision_view, session_view
from jackfield.entrypoints.service.deadlines import deadline, within
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes import sessions as shapes
from jackfield.entrypoints.service.shapes.lives import Did, SessionShape, TurnShape
from jackfield.entrypoints.settings.service import Scope

if TYPE_CHECKING:
    from datetime import timedelta

    from jackfield.domain.model.errors import JackfieldError
    from jackfield.domain.model.sessions.handoff import Handoff
    from jackfield.domain.model.sessions.policy import Decision, Finding
    from jackfield.domain.services.sessions.handle import ActingSession


class _Said(Protocol):
    """Every body here may say how long the platform is waited for."""

    @property
    def deadline_s(self) -> float | None: ...


S = TypeVar("S", bound=_Said)
T = TypeVar("T")


def take_turn(call: Call) -> View:
    """Decide what to do with what the customer said."""

    def turn(session: ActingSession, said: shapes.TakingTurn, ends: timedelta | None) -> TurnResult:
        return session.turn(
            said.text,
            bot_said=said.bot_said,
            tried=said.tried,
            failure=said.failure,
            once=said.once,
            deadline=ends,
        )

    return turn_view(call.path["session"], _moved(call, shapes.TakingTurn, turn))


def escalate_session(call: Call) -> View:
    """Let people take over."""

    def escalate(session: ActingSession, said: shapes.Escalating, ends: timedelta | None) -> TurnResult:
        return session.escalate(
            said.reason, summary=said.summary, tried=said.tried, queue=said.queue, deadline=ends
        )

    return turn_view(call.path["session"], _moved(call, shapes.Escalating, escalate))


def accept_session(call: Call) -> View:
    """Tell that people took the session out of their queue."""
    return session_view(_moved(call, shapes.HandingBack, lambda it, _, ends: it.accepted(deadline=ends)))


def hand_back_session(call: Call) -> View:
    """Give the session back to its bot."""
    return session_view(_moved(call, shapes.HandingBack, lambda it, _, ends: it.hand_back(deadline=ends)))


def close_session(call: Call) -> View:
    """End the session; the platform may tell the end itself later."""
    return session_view(
        _moved(call, shapes.ClosingSession, lambda it, said, ends: it.close(said.resolution, deadline=ends))
    )


def _moved(call: Call, kind: type[S], verb: Callable[[ActingSession, S, timedelta | None], T]) -> T:
    """Do *verb* to the session with what was said; receivers are told at once."""
    said = call.said(kind)
    with within(call, said.deadline_s):
        session = call.acting().sessions.get(call.path["session"])
        usual = min(call.serving.rules.longest, session.turning.deadline)
        result = verb(session, said, deadline(call, said.deadline_s) or usual)
    call.serving.deliver()
    return result


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
        takes=shapes.TakingTurn,
        gives=TurnShape,
        refuses=_MOVING,
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/escalate",
        answer=escalate_session,
        summary="Let people take over.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=shapes.Escalating,
        may_be_empty=True,
        gives=TurnShape,
        refuses=_MOVING,
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/accept",
        answer=accept_session,
        summary="Tell that people took the session out of their queue.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=shapes.HandingBack,
        may_be_empty=True,
        gives=SessionShape,
        refuses=_MOVING,
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/hand-back",
        answer=hand_back_session,
        summary="Give the session back to its bot.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=shapes.HandingBack,
        may_be_empty=True,
        gives=SessionShape,
        refuses=_MOVING,
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/sessions/{session}/close",
        answer=close_session,
        summary="End the session, with what came of it.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=shapes.ClosingSession,
        gives=SessionShape,
        refuses=_MOVING,
        waits=True,
    ),
)
