"""What the ledger has of a session that starts: its states on the way, and what its events tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from jackfield.domain.model.canonical import JSON, digest
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.handoff import Context, Handoff, hand_off
from jackfield.domain.model.sessions.life import Session, confirmed, overflowed, released
from jackfield.domain.model.sessions.replays import Taken
from jackfield.domain.model.sessions.states import SessionState, Slot
from jackfield.domain.model.sessions.telling import STEP, thresholds_payload
from jackfield.domain.services.sessions.asked.packing import named
from jackfield.ports.sessions import Opening

OVERFLOW: Final = "overflow"
"""The reason of a hand-off that the bot's limit made."""


def opening_of(state: SessionState, title: str | None) -> Opening:
    """Return the conversation to be made: with the bot, or in the queue of the hand-off."""
    session, handoff = state.session, state.handoff
    return Opening(
        session=session.id,
        bot=state.bot_id,
        title=title,
        customer=session.customer,
        type=session.type,
        attributes=session.attributes if handoff is None else handoff.attributes,
        queue=None if handoff is None else handoff.queue,
    )


def overflow(session: Session, bot: Bot, queue: str, *, identifier: str, at: datetime) -> Handoff:
    """Return the hand-off of a session that no bot ever had: nothing was said, so nothing is redacted."""
    return hand_off(
        session,
        Context(),
        id=identifier,
        at=at,
        queue=queue,
        redact=str,
        reason=OVERFLOW,
        messages=bot.messages,
    )


def made(state: SessionState, conversation: str, slot: Slot | None, *, now: datetime) -> SessionState:
    """Return the state of a session whose conversation is there, as it was to be made."""
    session, handoff = state.session, state.handoff
    if handoff is None:
        return evolve(state, session=confirmed(session, conversation, now=now), slot=slot, pending=None)
    return evolve(
        state,
        session=overflowed(session, conversation, handoff.queue, handoff=handoff.id, now=now),
        slot=None,
        pending=None,
        routed=True,
        escalation=OVERFLOW,
    )


def given_up(state: SessionState, *, now: datetime) -> SessionState:
    """Return the state of a session that came to nothing."""
    return evolve(state, session=released(state.session, now=now), slot=None, pending=None, handoff=None)


def intended_payload(state: SessionState, limit: int | None) -> dict[str, JSON]:
    """Return what is told of a session before its conversation is made: no text, no attribute's value."""
    session = state.session
    return {
        **named_payload(state),
        "customer": session.customer,
        "language": session.language,
        "attributes_bytes": session.attributes.size,
        "attributes_hash": digest(session.attributes.text),
        "limit": limit,
        "thresholds": thresholds_payload(state.thresholds),
    }


def named_payload(state: SessionState) -> dict[str, JSON]:
    """Return what every event of a start tells."""
    session = state.session
    return {
        "bot": session.bot,
        "bot_id": state.bot_id,
        "type": session.type,
        "versions": [list(each) for each in session.versions],
        "queue": None if state.handoff is None else state.handoff.queue,
    }


def made_payload(state: SessionState, took: timedelta | None) -> dict[str, JSON]:
    """Return what is told of a conversation that was made; without *took* it was read back later."""
    return {
        **named_payload(state),
        "conversation": state.session.conversation,
        "latency_us": None if took is None else took // timedelta(microseconds=1),
        "recovered": took is None,
    }


def handed_payload(handoff: Handoff) -> dict[str, JSON]:
    """Return what is told of the hand-off of a session that began in a queue."""
    return {
        STEP: Taken.BY_HAND.value,
        **named(handoff),
        "reason": handoff.reason,
        "language": handoff.language,
        "attributes_bytes": handoff.attributes.size,
        "dropped": list(handoff.dropped),
    }
