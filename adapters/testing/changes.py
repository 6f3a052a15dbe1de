"""Subjects, events and changes to fill a ledger with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from attrs import evolve

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import START, Entry, Event, Outcome
from jackfield.domain.model.states import PromptState, Verb
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat

ORGANIZATION: Final = Organization("acme")
TIME: Final = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)

_PAGE: Final = 500


def prompt(name: str = "escalation", organization: Organization = ORGANIZATION) -> Subject:
    """Return the subject of a prompt."""
    return Subject(organization, Kind.PROMPT, name)


def event(subject: Subject, text: str = "", *, reason: str = "CHG-4471") -> Event:
    """Return something that was done to *subject*; *text* is in its payload."""
    return Event(
        id="01JD7Q3M0000000000000000",
        time=TIME,
        subject=subject,
        type=Verb.PROMOTE,
        actor="ci:build-812",
        reason=reason,
        outcome=Outcome.SUCCEEDED,
        correlation_id="7d9f6a52",
        payload={"version": "2.1.0", "text": text},
    )


def change(
    subject: Subject, expected: int = 0, *, text: str = "", events: int = 1, once: str | None = None
) -> Change:
    """Return a change of *subject* from revision *expected*, of which *text* is the remote id."""
    return Change(
        subject=subject,
        expected=expected,
        state=PromptState(remote_id=text, versions={"2.1.0": "0" * 64}),
        events=(event(subject, text),) * events,
        once=once,
    )


def change_again(ledger: Ledger, wanted: Change) -> Receipt | Repeat:
    """Commit *wanted* from whatever revision its subject is at, as often as it takes."""
    while True:
        try:
            return ledger.commit(evolve(wanted, expected=ledger.read(wanted.subject).revision))
        except Conflict:
            continue


def chain(ledger: Ledger, organization: Organization = ORGANIZATION) -> Iterator[Entry]:
    """Yield all entries of *organization*, page by page."""
    position = START
    while page := ledger.follow(organization, position, _PAGE):
        yield from page
        position = page[-1].position
