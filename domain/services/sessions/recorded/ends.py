"""The end of a session: recorded once, told, measured, and its place given back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import Conflict, Unavailable
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.happenings import END
from jackfield.domain.model.sessions.life import Session, ended
from jackfield.domain.model.sessions.reasons import why_ended
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState, SessionState
from jackfield.domain.model.sessions.told import end_payload
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.recorded import starts
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.ledger import Change
from jackfield.ports.sessions import Conversation
from jackfield.ports.telemetry import Measure, unheard

ENDED: Final = "ended"
"""What a session's end is named by in the ledger, so that there are never two."""
_TRIES: Final = 20


@frozen
class Made:
    """The conversation that a session turned out to be, and the revision of its own state."""

    conversation: ConversationId
    revision: int


@frozen(kw_only=True)
class Known:
    """What is known of an end: why, when (now, unless given), and what came of it, if anybody says so."""

    reason: EndReason
    by: Actor = BY_ITSELF
    at: datetime | None = None
    resolution: Resolution | None = None


@frozen(kw_only=True)
class Ending:
    """Ends sessions. `release` gives back the place of a session, which is told as it was before its end."""

    records: SessionRecords
    release: Callable[[Loaded], None]
    measure: Measure = unheard

    def end(
        self,
        loaded: Loaded,
        *,
        reason: EndReason,
        by: Actor,
        at: datetime | None = None,
        resolution: Resolution | None = None,
    ) -> Loaded:
        """Record that the session is over, with one END event; *at* is when it ended, now unless given.

        Without a *resolution* it is that of the close, and else what *reason* says. One that is over already
        is returned as it ended. Raises `Conflict` if somebody moved it meanwhile, or if it was never on the
        platform.
        """
        known = Known(reason=reason, by=by, at=at, resolution=resolution)
        return self.record(loaded, known) or self.records.load(loaded.id)

    def record(
        self, loaded: Loaded, known: Known, *, made: Made | None = None, before: tuple[Event, ...] = ()
    ) -> Loaded | None:
        """Record the end as `end` does; None if it was recorded before, and then nothing is done.

        *made* is for a session whose start was never settled: it was made as this conversation all the same,
        which says from now on whose it is. *before* is told with the end, and before it.
        """
        if loaded.state.session.standing is Standing.CLOSED:
            return None
        state, now = loaded.state, self.records.clock.now()
        if made is not None and state.session.standing is Standing.RESERVED:
            state = starts.made(state, made.conversation, None, now=now)
        over = ended(
            state.session,
            known.reason,
            now=now,
            at=known.at,
            resolution=known.resolution,
            routed=state.routed,
        )
        after = _over(state, over)
        event = self.records.event(loaded.subject, END, Outcome.SUCCEEDED, known.by, end_payload(after))
        alongside = () if made is None else (self._belongs(loaded, made),)
        done = self.records.commit(loaded, after, *before, event, alongside=alongside, once=ENDED)
        if done.state is not after:
            return None
        self._finish(loaded, over)
        return done

    def gone(self, loaded: Loaded, by: Actor, *, before: tuple[Event, ...] = ()) -> Loaded:
        """End a session whose conversation the platform does not have (any more): nothing can settle it.

        *before* is told with the end, and before it.
        """
        known = Known(reason=EndReason.ERROR, by=by, resolution=Resolution.FAILED)
        return self._surely(loaded, known, before)

    def found_over(self, loaded: Loaded, there: Conversation, by: Actor) -> Loaded:
        """End a session as the platform says that its conversation has ended."""
        known = Known(
            reason=why_ended(loaded.state, resolution=there.resolution),
            by=by,
            at=None if there.ended is None else min(there.ended, self.records.clock.now()),
            resolution=there.resolution,
        )
        return self._surely(loaded, known)

    def _surely(self, loaded: Loaded, known: Known, before: tuple[Event, ...] = ()) -> Loaded:
        """Record the end, also of what is moved meanwhile."""
        for _ in range(_TRIES - 1):
            try:
                return self.record(loaded, known, before=before) or self.records.load(loaded.id)
            except Conflict:
                loaded = self.records.load(loaded.id)
        return self.record(loaded, known, before=before) or self.records.load(loaded.id)

    def _belongs(self, loaded: Loaded, made: Made) -> Change:
        subject = self.records.conversation_subject(made.conversation)
        return Change(subject=subject, expected=made.revision, state=ConversationState(session=loaded.id))

    def _finish(self, before: Loaded, over: Session) -> None:
        if before.state.slot is not None:
            with suppress(Unavailable):  # it expires by itself
                self.release(before)
        if over.end is not None:
            labels = {"resolution": over.end.resolution.value}
            lasted = (over.end.at - over.started).total_seconds()
            self._measure("jackfield.session.duration", lasted, "s", labels)
            self._measure("jackfield.session.ends", 1, "{session}", labels)

    def _measure(self, name: str, value: float, unit: str, labels: dict[str, str]) -> None:
        organization = self.records.organization
        self.measure(Measurement(organization=organization, name=name, value=value, unit=unit, labels=labels))


def _over(state: SessionState, session: Session) -> SessionState:
    """What is kept of a session that is over: no attributes, no words, of the hand-off the queue alone."""
    if state.handoff is not None and session.queue is None:
        session = evolve(session, queue=state.handoff.queue)
    session = evolve(session, attributes=Attributes())
    return evolve(state, session=session, slot=None, said=(), tried=(), handoff=None, pending=None)
