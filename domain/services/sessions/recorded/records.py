"""Reading and writing sessions in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.sessions.states import ConversationState, SessionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.actors import Actor
from jackfield.ports.assistants import ConversationId
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat

BY_ITSELF: Final = Actor(name="jackfield", reason="by itself")
"""Who does what nobody asked for: ends that the platform tells, and limits of time."""


@frozen
class Loaded:
    """A session's state at a revision."""

    subject: Subject
    revision: int
    state: SessionState

    @property
    def id(self) -> str:
        """The session's id."""
        return self.subject.name


@frozen(kw_only=True)
class SessionRecords:
    """The sessions of one organization, as the ledger has them."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]

    def subject(self, session: str) -> Subject:
        """The ledger's key of a session."""
        return Subject(self.organization, Kind.SESSION, session)

    def find(self, session: str) -> Loaded | None:
        """Return the session, or None if there is none of that id."""
        subject = self.subject(session)
        versioned = self.ledger.read(subject)
        state = versioned.state
        return Loaded(subject, versioned.revision, state) if isinstance(state, SessionState) else None

    def load(self, session: str) -> Loaded:
        """Return the session, or raise `NotFound`."""
        found = self.find(session)
        if found is None:
            raise NotFound(
                "there is no such session here",
                place=f"session {session}",
                remedy="list them with 'jackfield sessions list'; another target or ledger may have it",
            )
        return found

    def of_conversation(self, conversation: ConversationId) -> tuple[int, ConversationState | None]:
        """Return the revision and the state of what is known of a conversation of the platform."""
        versioned = self.ledger.read(self.conversation_subject(conversation))
        state = versioned.state
        return versioned.revision, state if isinstance(state, ConversationState) else None

    def conversation_subject(self, conversation: ConversationId) -> Subject:
        """The ledger's key of a conversation."""
        return Subject(self.organization, Kind.CONVERSATION, conversation)

    def commit(
        self,
        loaded: Loaded,
        state: SessionState,
        *events: Event,
        alongside: tuple[Change, ...] = (),
        once: str | None = None,
    ) -> Loaded:
        """Commit *state* behind *loaded*; raise `Conflict` if somebody was quicker.

        With *once*, a second commit of it changes nothing, and what is there is returned.
        """
        change = Change(
            subject=loaded.subject, expected=loaded.revision, state=state, events=events, once=once
        )
        done: Receipt | Repeat = self.ledger.commit(change, *alongside)
        if isinstance(done, Repeat):
            return self.load(loaded.id)
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def event(
        self,
        subject: Subject,
        type: str,  # noqa: A002  # the field
        outcome: Outcome,
        by: Actor,
        payload: Mapping[str, JSON],
        *,
        correlation_id: str | None = None,
    ) -> Event:
        """Return an event that happens now; those of a session share its id, unless told otherwise."""
        return Event(
            id=self.new_id(),
            time=self.clock.now(),
            subject=subject,
            type=type,
            actor=by.name,
            reason=by.reason,
            outcome=outcome,
            correlation_id=correlation_id or subject.name,
            payload=payload,
        )
