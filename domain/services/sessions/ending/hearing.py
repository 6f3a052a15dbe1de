"""What the platform tells of ended conversations, by a notice or afterwards: recorded once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import Outcome, timestamp
from jackfield.domain.model.sessions.happenings import NOTICE
from jackfield.domain.model.sessions.reasons import why_ended
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState
from jackfield.domain.services.sessions.asked.values import Accepted, Repeat, Unknown
from jackfield.domain.services.sessions.recorded.ends import Ending, Known, Made
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded, SessionRecords
from jackfield.ports.end_notices import Notice
from jackfield.ports.ledger import Change
from jackfield.ports.ledger import Repeat as SameCommit

_NOTICED: Final = "noticed"
_TRIES: Final = 20
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class Hearing:
    """Records ends. A conversation is a session's by what is kept of it, and else by what it says itself."""

    records: SessionRecords
    ending: Ending

    def hear(self, notice: Notice) -> Accepted | Repeat | Unknown:
        """Record the end; of many who hear the same one answers Accepted, and the others Repeat.

        Raises `Conflict` if the session was moved at each of 20 tries, and what the ledger raises.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._record(notice)
            except Conflict:
                continue
        return self._record(notice)

    def _record(self, notice: Notice) -> Accepted | Repeat | Unknown:
        said = self.records.find(notice.session) if notice.session else None
        if said is not None and said.state.session.conversation == notice.conversation:
            return self._over(said, notice)
        revision, kept = self.records.of_conversation(notice.conversation)
        loaded = self._session(said, kept)
        if loaded is None:
            return self._unknown(notice, revision, kept)
        reserved = loaded.state.session.standing is Standing.RESERVED
        return self._over(loaded, notice, Made(notice.conversation, revision) if reserved else None)

    def _session(self, said: Loaded | None, kept: ConversationState | None) -> Loaded | None:
        """The session that the conversation is, by what is kept of it.

        What it says itself counts only for one that has no conversation yet: attributes can be copied. One
        that was given up stays so.
        """
        found = self.records.find(kept.session) if kept and kept.session else None
        if found is None and said is not None and said.state.session.conversation is None:
            found = said
        return None if found is None or found.state.session.standing is Standing.RELEASED else found

    def _over(self, loaded: Loaded, notice: Notice, made: Made | None = None) -> Accepted | Repeat:
        known = Known(
            reason=why_ended(loaded.state, said=notice.reason, resolution=notice.resolution),
            by=BY_ITSELF,
            at=self._ended(notice),
            resolution=notice.resolution,
        )
        done = self.ending.record(loaded, known, made=made)
        return Repeat(loaded.id) if done is None else Accepted(done.id)

    def _unknown(self, notice: Notice, revision: int, kept: ConversationState | None) -> Repeat | Unknown:
        if kept is not None:
            return Repeat(kept.session)
        subject = self.records.conversation_subject(notice.conversation)
        payload = {
            "conversation": notice.conversation,
            "ended": timestamp(self._ended(notice)),
            "reason": notice.reason and notice.reason.value,
            "resolution": notice.resolution and notice.resolution.value,
            "session": notice.session,
        }
        event = self.records.event(subject, NOTICE, Outcome.SUCCEEDED, BY_ITSELF, payload)
        done = self.records.ledger.commit(
            Change(
                subject=subject,
                expected=revision,
                state=ConversationState(session=None),
                events=(event,),
                once=_NOTICED,
            )
        )
        return Repeat(None) if isinstance(done, SameCommit) else Unknown(notice.conversation)

    def _ended(self, notice: Notice) -> datetime:
        """When it ended: never after we heard of it, whatever the platform's clock says."""
        return max(_EARLIEST, min(notice.ended, self.records.clock.now()))
