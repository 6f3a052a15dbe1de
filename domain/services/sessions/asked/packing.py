"""A hand-off put together: where it goes, what people read, and what the log says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.handoff import MESSAGES, Context, Handoff, hand_off
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.policy import Decision, Reason
from jackfield.domain.model.sessions.replays import Taken
from jackfield.domain.model.sessions.routing import Route
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.sessions.telling import STEP, findings_payload
from jackfield.domain.services.sessions.asked.wanting import bot_of

BY_HAND: Final = "by hand"
"""The reason that is counted where somebody escalated a session, whatever was written."""


@frozen(kw_only=True)
class Cause:
    """Why a session goes to people: a decision, or what somebody wrote, redacted already.

    `queue` is None for what the bot's rules say. `missing` counts texts that were not redacted in time.
    """

    decision: Decision | None = None
    reason: str = field(default=BY_HAND, repr=False)
    summary: str = field(default="", repr=False)
    queue: str | None = None
    missing: int = 0

    @property
    def counted(self) -> str:
        """The reason as figures have it: one of a few words."""
        decided = self.decision and self.decision.reason
        return decided.value if decided else BY_HAND


def packed(
    state: SessionState, session: Session, bots: Mapping[str, Bot], cause: Cause, *, at: datetime
) -> tuple[SessionState, dict[str, JSON]]:
    """Return the state with the hand-off of *session*, which has just been decided, and what is told of it.

    The texts in *state* and *cause* are redacted already. Raises `NotFound` or `InvalidInput` where nothing
    says which queue takes over.
    """
    route, messages = _route(state, session, bots, cause), MESSAGES
    if (bot := bots.get(session.bot)) is not None:
        messages = bot.messages
    handoff = hand_off(
        session,
        Context(said=state.said, tried=state.tried, summary=cause.summary),
        id=session.handoffs[-1],
        at=at,
        queue=route.queue,
        redact=str,
        decision=cause.decision,
        reason=cause.reason,
        messages=messages,
    )
    whole = evolve(
        state,
        session=evolve(session, queue=handoff.queue),
        handoff=handoff,
        routed=False,
        escalation=state.escalation or cause.counted,
    )
    return whole, _told(handoff, cause, route.rule, session.turns)


def _route(state: SessionState, session: Session, bots: Mapping[str, Bot], cause: Cause) -> Route:
    """A queue that is named needs no settings of the bot."""
    if cause.queue:
        return Route(queue=cause.queue)
    routing = bot_of(bots, session.bot).routing
    return routing.route(intent=session.watch.intent, skills=state.skills, language=session.language)


def _told(handoff: Handoff, cause: Cause, rule: int | None, turns: int) -> dict[str, JSON]:
    by_hand: dict[str, JSON] = {STEP: Taken.BY_HAND.value, "not_kept": cause.missing}
    by_hand = {} if cause.decision else by_hand
    return {
        **by_hand,
        **named(handoff),
        "rule": rule,
        "reason": cause.counted,
        "findings": findings_payload(handoff.findings),
        "turn": turns,
        "intent": handoff.intent,
        "language": handoff.language,
        "mood": None if handoff.mood is None else repr(handoff.mood),
        "tried": len(handoff.tried),
        "said": len(handoff.turns),
        "attributes_bytes": handoff.attributes.size,
        "dropped": list(handoff.dropped),
    }


def named(handoff: Handoff) -> dict[str, JSON]:
    """Return what every event of a hand-off tells."""
    return {"handoff": handoff.id, "queue": handoff.queue}


def queues(handoff: Handoff, bot: Bot | None) -> Sequence[str]:
    """Return the queues that may take it: the one that was chosen, and else the bot's default."""
    default = handoff.queue if bot is None else bot.routing.default
    return tuple(dict.fromkeys((handoff.queue, default)))


def counted(reason: str) -> str:
    """Return a hand-off's reason as labels have it: one of a few words."""
    return reason if reason in list(Reason) else BY_HAND
