"""A session as programs see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import field, frozen

from jackfield.domain.model.sessions.ends import End
from jackfield.domain.model.sessions.lifetimes import expiry
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.sessions.recorded.records import Loaded


@frozen(kw_only=True)
class SessionView:
    """One session at a revision; `expires` is when it ends by itself, None while the bot does not have it.

    `mood` is -1..1, `versions` are `PROMPT@VERSION`, `handoffs` the ids of its hand-offs, `escalation` the
    first one's reason, `routed` whether the platform has the newest, `queue` where that goes, and
    `handoff_message` what the customer is to be told of it, once, while it waits or people have it: a program
    that does not know whether it told him reads it here. `settling` says that a call to the platform is under
    way, or was left.
    """

    id: str
    revision: int
    bot: str
    bot_id: str
    customer: str = field(repr=lambda text: f"<{len(text)} characters>")
    conversation: str | None
    type: str
    language: str | None
    standing: Standing
    started: datetime
    since: datetime
    spoke: datetime | None
    expires: datetime | None
    turns: int
    intent: str | None
    mood: float | None
    at_risk: bool
    versions: tuple[str, ...]
    attributes: Mapping[str, object] = field(repr=lambda values: f"<{len(values)} attributes>")
    queue: str | None
    handoffs: tuple[str, ...]
    escalation: str | None
    routed: bool
    handoff_message: str | None
    settling: bool
    end: End | None

    @property
    def bot_may_speak(self) -> bool:
        """Whether the bot has the session; to be read again when something is sent."""
        return self.standing is Standing.ACTIVE


def view(loaded: Loaded) -> SessionView:
    """Return the session as programs see it."""
    state, session = loaded.state, loaded.state.session
    return SessionView(
        id=session.id,
        revision=loaded.revision,
        bot=session.bot,
        bot_id=state.bot_id,
        customer=session.customer,
        conversation=session.conversation,
        type=session.type,
        language=session.language,
        standing=session.standing,
        started=session.started,
        since=session.since,
        spoke=session.spoke,
        expires=expiry(session, state.lifetimes),
        turns=session.turns,
        intent=session.watch.intent,
        mood=session.watch.mood,
        at_risk=session.watch.at_risk,
        versions=tuple(f"{prompt}@{version}" for prompt, version in session.versions),
        attributes=MappingProxyType(session.attributes.values()),
        queue=session.queue or (state.handoff.queue if state.handoff else None),
        handoffs=session.handoffs,
        escalation=state.escalation,
        routed=state.routed,
        handoff_message=_message(state),
        settling=state.pending is not None,
        end=session.end,
    )


def _message(state: SessionState) -> str | None:
    goes = state.session.standing in {Standing.HANDING_OVER, Standing.WITH_PEOPLE}
    return state.handoff.customer_message if goes and state.handoff is not None else None
