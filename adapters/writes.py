"""A commit as texts, ready for the store of any ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.adapters.codec import Draft, encode_event, encode_state
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.ports.ledger import Change, Receipt, Repeat

LARGEST: Final = 8_000_000
"""The most characters of one state or payload: a larger one would hold up whoever commits beside it."""

Outcome: TypeAlias = Receipt | Repeat
Key: TypeAlias = tuple[str, str, str]


@frozen
class Write:
    """One change as text, ready to be stored."""

    subject: Subject
    key: Key
    expected: int
    state: str
    drafts: tuple[Draft, ...]
    once: str | None


@frozen
class Request:
    """The changes of one commit."""

    organization: Organization
    writes: tuple[Write, ...]


def request(changes: Sequence[Change]) -> Request:
    """Return *changes* as one commit; raise `InvalidInput` for what is none, or what no store can carry."""
    subjects = {change.subject for change in changes}
    writes = tuple(map(_write, changes))
    organizations = {draft.subject.organization for write in writes for draft in write.drafts}
    organizations.update(subject.organization for subject in subjects)
    if len(organizations) != 1 or len(subjects) != len(changes):
        raise InvalidInput(
            "a commit changes one organization, and each of its subjects once",
            place="commit",
            remedy="commit the changes one after the other",
        )
    return Request(organizations.pop(), writes)


def kind_of(subjects: Sequence[Subject]) -> tuple[Organization, str] | None:
    """Return the organization and the kind of all of *subjects*; None for none of them.

    Raises `InvalidInput` where they are of several: they are read by one question.
    """
    kinds = {(subject.organization, subject.kind.value) for subject in subjects}
    if len(kinds) > 1:
        raise InvalidInput(
            "they are of several organizations or kinds",
            place="read_all",
            remedy="read them one after the other",
        )
    return next(iter(kinds), None)


def key_of(subject: Subject) -> Key:
    """Return the columns that a subject is found by."""
    return subject.organization, subject.kind.value, subject.name


def changed_meanwhile(write: Write, revision: int) -> Conflict:
    """Return what is told of a subject that is at another *revision* than the change expected."""
    return Conflict(
        f"somebody changed it meanwhile: it is at revision {revision}, not {write.expected}",
        place=str(write.subject),
        remedy="read it again, and repeat the change if it still makes sense",
    )


def _write(change: Change) -> Write:
    subject = change.subject
    check_text(subject, subject.name)
    check_text(subject, change.once or "")
    write = Write(
        subject=subject,
        key=key_of(subject),
        expected=change.expected,
        state=encode_state(subject, change.state),
        drafts=tuple(map(encode_event, change.events)),
        once=change.once,
    )
    for text in (write.state, *(draft.payload for draft in write.drafts)):
        _refuse_huge(subject, text)
    return write


def _refuse_huge(subject: Subject, text: str) -> None:
    """Before it waits with others: they would all wait for it."""
    if len(text) > LARGEST:
        raise InvalidInput(
            f"a state or payload of {len(text)} characters, of at most {LARGEST}",
            place=str(subject),
            remedy="keep large contents elsewhere, and their hash here",
        )


def check_text(subject: Subject, text: str) -> None:
    """Raise `InvalidInput` for a text that UTF-8 cannot carry.

    Before it waits with others: one text that cannot be stored would stop their transaction.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "a name that UTF-8 cannot carry",
            place=repr(str(subject)),
            remedy="remove the half of a surrogate pair",
        ) from error
