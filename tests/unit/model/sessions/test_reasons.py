"""Why a session ended, where the platform does not say so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve

from jackfield.domain.model.sessions import life
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.reasons import why_ended
from jackfield.domain.model.sessions.states import SessionState

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ACTIVE = life.confirmed(Session(id="s", bot="b", customer="c", started=NOW), "conv", now=NOW)
WAITING = life.escalated(ACTIVE, handoff="h", now=NOW)
WITH_PEOPLE = life.accepted(WAITING, now=NOW)


def state(session: Session, escalation: str | None = None) -> SessionState:
    return SessionState(session=session, bot_id="b", escalation=escalation)


def test_what_the_platform_says_is_what_it_was() -> None:
    said = EndReason.RECOGNITION_FAILURE
    assert why_ended(state(ACTIVE), said=said, resolution=Resolution.RESOLVED) is said


@pytest.mark.parametrize(
    ("resolution", "reason"),
    [
        (Resolution.RESOLVED, EndReason.TRIGGERED_BY_FLOW),
        (Resolution.ABANDONED, EndReason.TRIGGERED_BY_USER),
        (Resolution.FAILED, EndReason.ERROR),
        (Resolution.ESCALATED, EndReason.AGENT_REQUESTED_BY_USER),
        (None, EndReason.TRIGGERED_BY_USER),
    ],
)
def test_of_what_a_bot_had_the_resolution_tells(resolution: Resolution | None, reason: EndReason) -> None:
    assert why_ended(state(ACTIVE), resolution=resolution) is reason


@pytest.mark.parametrize(
    ("escalation", "reason"),
    [
        ("request", EndReason.AGENT_REQUESTED_BY_USER),
        ("confidence", EndReason.RECOGNITION_FAILURE),
        ("failure", EndReason.ERROR),
        ("sentiment", EndReason.TRIGGERED_BY_FLOW),
        ("by hand", EndReason.TRIGGERED_BY_FLOW),
    ],
)
@pytest.mark.parametrize("resolution", [None, Resolution.ESCALATED])
def test_of_what_people_had_it_is_why_the_bot_left(
    resolution: Resolution | None, escalation: str, reason: EndReason
) -> None:
    assert why_ended(state(WITH_PEOPLE, escalation), resolution=resolution) is reason
    assert why_ended(evolve(state(WAITING, escalation), routed=True), resolution=resolution) is reason


def test_who_was_on_the_way_to_a_queue_left() -> None:
    assert why_ended(state(WAITING, "request")) is EndReason.TRIGGERED_BY_USER


def test_our_own_close_tells_where_the_platform_says_nothing() -> None:
    closed = life.closed(ACTIVE, Resolution.FAILED, now=NOW)
    assert why_ended(state(closed)) is EndReason.ERROR


@pytest.mark.parametrize(
    ("resolution", "reason"),
    [
        (None, EndReason.SESSION_EXPIRED),
        (Resolution.ABANDONED, EndReason.SESSION_EXPIRED),
        (Resolution.RESOLVED, EndReason.TRIGGERED_BY_FLOW),
        (Resolution.FAILED, EndReason.ERROR),
    ],
)
def test_an_expiry_is_the_reason_unless_something_else_came_of_it(
    resolution: Resolution | None, reason: EndReason
) -> None:
    expired = life.closed(ACTIVE, Resolution.ABANDONED, now=NOW, reason=EndReason.SESSION_EXPIRED)
    assert why_ended(state(expired), resolution=resolution) is reason
