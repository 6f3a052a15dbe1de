"""Whether a conversation goes on at the platform: asked where a call was refused, or its answer was lost."""

from __future__ import annotations

from contextlib import suppress

from attrs import frozen

from jackfield.domain.model.errors import NotFound, NotSent, OutcomeUnknown, Refused
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation, SessionGateway


@frozen(kw_only=True)
class Checking:
    """Reads conversations, and records the end of those that are over, or gone."""

    records: SessionRecords
    gateway: SessionGateway
    ending: Ending

    def there(self, loaded: Loaded, *, ends: float) -> Conversation:
        """Return the session's conversation as the platform has it; raises what that says."""
        return self.gateway.find(ConversationId(loaded.state.session.conversation or ""), ends=ends)

    def over(self, loaded: Loaded, by: Actor, *, ends: float) -> Loaded | None:
        """Return the session as it ended, if the platform says that it did; raises what that says."""
        try:
            there = self.there(loaded, ends=ends)
        except NotFound:
            return self.ending.gone(loaded, by)
        return None if there.active else self.ending.found_over(loaded, there, by)

    def end_if_over(self, session: str, by: Actor, *, ends: float) -> None:
        """Record the end, if it is over; what cannot be asked or recorded is left to others."""
        with suppress(NotSent, Refused, OutcomeUnknown):
            self.over(self.records.load(session), by, ends=ends)
