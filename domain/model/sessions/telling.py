"""What the log says of a session's turns, and how it is read again: exactly, and without floats.

A payload holds no float, because not every reader of JSON gives back the one that was written; so a
fraction stands in it as the shortest text that reads back as the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from attrs import fields

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.policy import Act, Clarification, Decision, Finding, Reason, Signals
from jackfield.domain.model.sessions.replays import Return, Step, Taken
from jackfield.domain.model.sessions.signals import Failure, Turn
from jackfield.domain.model.sessions.thresholds import Thresholds

STEP: Final = "step"
"""The key that says how an event moved the policy; events without it did not."""
_TURN: Final = "turn"
_COUNTS: Final = ("turns", "no_match", "same_intent", "failures", "clarifications")


def turn_payload(number: int, turn: Turn, decision: Decision, **more: JSON) -> dict[str, JSON]:
    """Return what is told of the session's turn *number*, from 1: its numbers, and what was decided of it."""
    signals = decision.signals
    return {
        STEP: _TURN,
        "number": number,
        "turn": _turn_payload(turn),
        "act": decision.act.value,
        "clarification": decision.clarification and decision.clarification.value,
        "findings": findings_payload(decision.findings),
        "signals": {
            **{name: getattr(signals, name) for name in _COUNTS},
            "mood": _told(signals.mood),
            "at_risk": signals.at_risk,
        },
        **more,
    }


def findings_payload(findings: tuple[Finding, ...]) -> list[JSON]:
    """Return what is told of the reasons to escalate."""
    return [
        {
            "reason": each.reason.value,
            "signal": each.signal,
            "seen": _told(each.seen),
            "limit": _told(each.limit),
        }
        for each in findings
    ]


def step_of(payload: Mapping[str, JSON] | None) -> Step | None:
    """Return how the event of *payload* moved the policy; None if it did not, or if that was erased.

    Raises `InvalidInput` for a payload that says something else than was ever written.
    """
    said: Mapping[str, Any] = payload or {}
    try:
        return _step(said) if STEP in said else None
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
        raise _unreadable() from error


def decision_of(payload: Mapping[str, JSON] | None) -> Decision | None:
    """Return the decision that was recorded; None for what is no turn, and for what was erased.

    Raises `InvalidInput` as `step_of` does.
    """
    said: Mapping[str, Any] = payload or {}
    try:
        return _decision(said) if said.get(STEP) == _TURN else None
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
        raise _unreadable() from error


def thresholds_payload(thresholds: Thresholds) -> dict[str, JSON]:
    """Return what is told of *thresholds*."""
    told = {each.name: getattr(thresholds, each.name) for each in fields(Thresholds)}
    numbers = {name: repr(value) for name, value in told.items() if isinstance(value, float)}
    return {**told, **numbers, "topics": list(thresholds.topics)}


def thresholds_of(payload: Mapping[str, JSON]) -> Thresholds:
    """Return the thresholds that were told; raise `InvalidInput` for what none can be."""
    said = {each.name: payload[each.name] for each in fields(Thresholds) if each.name in payload}
    numbers = {name: _number(value) if isinstance(value, str) else value for name, value in said.items()}
    return Thresholds(**cast("Any", numbers))


def _turn_payload(turn: Turn) -> dict[str, JSON]:
    return {
        "intent": turn.intent,
        "confidence": _told(turn.confidence),
        "margin": _told(turn.margin),
        "sentiment": _told(turn.sentiment),
        "requests_person": turn.requests_person,
        "failure": turn.failure and turn.failure.value,
        "idle_s": repr(turn.idle_s),
    }


def _step(said: Mapping[str, Any]) -> Step:
    step = said[STEP]
    if step == _TURN:
        return _turn(said["turn"])
    return Taken(step) if step in list(Taken) else Return(step)


def _turn(said: Mapping[str, Any]) -> Turn:
    return Turn(
        intent=said["intent"],
        confidence=_number(said["confidence"]),
        margin=_number(said["margin"]),
        sentiment=_number(said["sentiment"]),
        requests_person=said["requests_person"],
        failure=said["failure"] and Failure(said["failure"]),
        idle_s=float(said["idle_s"]),
    )


def _decision(said: Mapping[str, Any]) -> Decision:
    signals = said["signals"]
    return Decision(
        act=Act(said["act"]),
        clarification=said["clarification"] and Clarification(said["clarification"]),
        findings=tuple(_finding(each) for each in said["findings"]),
        signals=Signals(
            turn=_turn(said["turn"]),
            mood=_number(signals["mood"]),
            at_risk=signals["at_risk"],
            **{name: signals[name] for name in _COUNTS},
        ),
    )


def _finding(said: Mapping[str, Any]) -> Finding:
    return Finding(
        reason=Reason(said["reason"]),
        signal=said["signal"],
        seen=_number(said["seen"]),
        limit=_number(said["limit"]),
    )


def _told(number: float | None) -> str | None:
    return None if number is None else repr(number)


def _number(text: str | None) -> float | None:
    """Read a number as it was told; a whole one stays whole."""
    if text is None:
        return None
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError as error:
        raise _unreadable() from error


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "it does not say what an event of a session says",
        place="payload",
        remedy="read the log with the version of Jackfield that wrote it, or a newer one",
    )
