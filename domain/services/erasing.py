"""Erasing payloads of the audit log: what goes, who said so, and what must outlive it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from jackfield.domain.model.conversations.asks import asked_of
from jackfield.domain.model.erasures import ERASE, Erasure
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound
from jackfield.domain.model.events import Entry, Event, Outcome
from jackfield.domain.model.sessions.erased import without_customer
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.states import AuditState
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.audit import OF_A_PROMPT, Audit
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.domain.services.telling import Told
from jackfield.ports.ledger import Change, Versioned

_TRIES: Final = 20


@frozen(kw_only=True)
class ActingAudit(Audit):
    """The audit log, with somebody who erases payloads and says why."""

    actor: Actor
    new_id: Callable[[], str]

    def erase(
        self,
        *,
        prompt: str | None = None,
        before: datetime | None = None,
        positions: Collection[int] = (),
        session: str | None = None,
    ) -> int:
        """Erase payloads: of a prompt, a session, all entries before a time, or positions; return how many.

        Name one of the four. A *session* has to be over (else `Conflict`); what is kept of it loses the
        customer too. What no destination has been told of yet, none will be.

        Their bytes are gone from the ledger's files on return, the chain still
        verifies, and an entry tells who erased which and why. Where there is nothing to erase (any more),
        no entry is written. What tells of erasures is never erased itself. Raises `NotFound` for a prompt,
        a session or a position without an entry.
        """
        chosen = self._chosen(prompt, before, positions, session)
        if session is not None:
            self._without_customer(session)
        for _ in range(_TRIES):
            told, found = Told(), self.ledger.read(self._subject)  # first: it shows who erases meanwhile
            gone = [e for e in told.listen(self.entries()) if _can_go(e) and chosen(e)]
            try:
                self._erase(gone, told, found)
            except Conflict:
                continue
            return len(gone)
        raise Conflict(
            "others erase at the same moment", place="audit", remedy="try again when they are done"
        )

    def erase_older(self, retention: timedelta) -> int:
        """Erase the payloads of all entries older than *retention*; return how many."""
        return self.erase(before=self.clock.now() - retention)

    def _chosen(
        self,
        prompt: str | None,
        before: datetime | None,
        positions: Collection[int],
        session: str | None,
    ) -> Callable[[Entry], bool]:
        if sum(each is not None for each in (prompt, before, session)) + bool(positions) != 1:
            raise InvalidInput(
                "it is not said which payloads go",
                place="erase",
                remedy="name a prompt, a session, a time or entries",
            )
        if session is not None:
            self.last(1, session=session)
            subject = Subject(self.organization, Kind.SESSION, session)
            return lambda entry: entry.event.subject == subject
        if prompt is not None:
            self.last(1, prompt=prompt)
            subjects = [Subject(self.organization, kind, prompt) for kind in OF_A_PROMPT]
            return lambda entry: entry.event.subject in subjects or asked_of(entry.event.subject) == prompt
        if before is not None:
            return lambda entry: entry.event.time < before
        self._refuse_unknown(positions)
        return lambda entry: entry.position in positions

    def _without_customer(self, session: str) -> None:
        """Write what is kept of it anew; the bytes of before go with those of the payloads.

        Its figures, which hold nobody's name, are read off the log before that: reports go on counting it.
        """
        subject = Subject(self.organization, Kind.SESSION, session)
        for _ in range(_TRIES):
            found = self.ledger.read(subject)
            if not isinstance(found.state, SessionState):
                return
            state = without_customer(found.state)
            self._tracking.look()
            if state == found.state:
                return
            with suppress(Conflict):
                self.ledger.commit(Change(subject=subject, expected=found.revision, state=state))
                return
        raise Conflict(
            "it is written at the same moment", place=f"session {session}", remedy="erase it again"
        )

    def _refuse_unknown(self, positions: Iterable[int]) -> None:
        head = self.ledger.head(self.organization).position
        for position in positions:
            if not 1 <= position <= head:
                raise NotFound(
                    f"there is no entry {position}",
                    place="audit",
                    remedy=f"name one from 1 to {head}; 'jackfield audit list' shows them",
                )

    @property
    def _tracking(self) -> Tracking:
        records = SessionRecords(
            organization=self.organization, ledger=self.ledger, clock=self.clock, new_id=self.new_id
        )
        return Tracking(records=records)

    @property
    def _subject(self) -> Subject:
        return Subject(self.organization, Kind.AUDIT, "payloads")

    def _erase(self, gone: Collection[Entry], told: Told, found: Versioned) -> None:
        if not gone:
            self.ledger.erase(self.organization, ())
            return
        positions = tuple(entry.position for entry in gone)
        subject = self._subject
        before = found.state if isinstance(found.state, AuditState) else AuditState()
        change = Change(
            subject=subject,
            expected=found.revision,
            state=AuditState(erasures=before.erasures + 1, payloads=before.payloads + len(gone)),
            events=(self._event(subject, Erasure(positions, told.newest(positions))),),
        )
        self.ledger.erase(self.organization, positions, change)

    def _event(self, subject: Subject, erasure: Erasure) -> Event:
        identifier = self.new_id()
        return Event(
            id=identifier,
            time=self.clock.now(),
            subject=subject,
            type=ERASE,
            actor=self.actor.name,
            reason=self.actor.reason,
            outcome=Outcome.SUCCEEDED,
            correlation_id=identifier,
            payload=erasure.payload(),
        )


def _can_go(entry: Entry) -> bool:
    return entry.event.payload is not None and entry.event.type != ERASE
