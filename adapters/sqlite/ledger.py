"""The ledger in one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from jackfield.adapters.codec import Row, decode_entry, decode_state, encode_event, encode_state
from jackfield.adapters.sqlite.connections import open_reader, open_writer
from jackfield.adapters.sqlite.files import prepare
from jackfield.adapters.sqlite.group import GroupCommit
from jackfield.adapters.sqlite.readers import Readers
from jackfield.adapters.sqlite.writer import NEWEST, Outcome, Request, Write, Writer, key_of
from jackfield.domain.model.errors import InvalidInput, OpenedBeforeFork
from jackfield.domain.model.events import GENESIS, START, Entry, Position
from jackfield.domain.model.states import State
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Receipt, Repeat, Versioned

_STATE: Final = """
    SELECT revision, CAST(state AS BLOB) FROM subjects WHERE organization = ? AND kind = ? AND name = ?"""
_SUBJECTS: Final = "SELECT name FROM subjects WHERE organization = ? AND kind = ? ORDER BY name"
# As blobs: a text that is not UTF-8 any more is a broken entry, not an error of the query.
_ENTRIES: Final = """
    SELECT position, CAST(hash AS BLOB), CAST(kind AS BLOB), CAST(name AS BLOB), CAST(head AS BLOB),
        CAST(payload AS BLOB)
    FROM entries WHERE organization = ? {} AND position > ? ORDER BY position LIMIT ?"""
_ALL: Final = _ENTRIES.format("")
_OF_SUBJECT: Final = _ENTRIES.format("AND kind = ? AND name = ?")


_LARGEST: Final = 2**63 - 1

_MOST_DECODED: Final = 512


class SqliteLedger:
    """A ledger that any number of threads and processes of one machine share through one file."""

    def __init__(self, path: Path, *, patience: timedelta = timedelta(seconds=5)) -> None:
        """Open the file at *path*, or make it; another process is waited for as long as *patience*.

        Raises `InvalidInput` for a file or folder that cannot be trusted or used, and leaves it as it
        was; `Unavailable` if another process holds the file.
        """
        path = path.absolute()
        prepare(path)
        self._place = str(path)
        self._process = os.getpid()
        self._connection = open_writer(path, patience)
        self._commits: GroupCommit[Request, Outcome] = GroupCommit(Writer(self._connection, self._place))
        self._decoded: dict[Subject, tuple[bytes, State]] = {}
        self._readers = Readers(lambda: open_reader(path, patience), self._place)

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*; raise `InvalidInput` for one that was spoilt."""
        for revision, text in self._rows(_STATE, key_of(subject)):
            return Versioned(revision, self._state(subject, text))
        return Versioned(0, None)

    def _state(self, subject: Subject, text: bytes) -> State:
        """Decode *text*, unless it is what was decoded of the subject the last time."""
        known = self._decoded.get(subject)
        if known is not None and known[0] == text:
            return known[1]
        state = decode_state(subject, text)
        if len(self._decoded) >= _MOST_DECODED:
            self._decoded.clear()
        self._decoded[subject] = text, state
        return state

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind* that were ever written, by name."""
        rows = self._rows(_SUBJECTS, (organization, kind.value))
        return tuple(Subject(organization, kind, name) for (name,) in rows)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none; what is returned as done survives a crash."""
        self._check_process()
        return self._commits.submit(_request(changes))

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*, oldest first; those of *subject* alone if given."""
        limit = min(max(limit, 0), _LARGEST)
        after = Position(min(after, _LARGEST))
        if subject is None:
            rows = self._rows(_ALL, (organization, after, limit))
        elif subject.organization != organization:
            rows = []
        else:
            rows = self._rows(_OF_SUBJECT, (*key_of(subject), after, limit))
        return tuple(decode_entry(organization, Row(*row)) for row in rows)

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry; `START` and `GENESIS` before the first."""
        rows = self._rows(NEWEST, (organization,))
        return Receipt(*rows[0]) if rows else Receipt(START, GENESIS)

    def close(self) -> None:
        """Finish what was begun and let go of the file; closing twice is fine."""
        self._check_process()
        self._commits.close()
        self._readers.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, sql: str, bindings: Sequence[str | int]) -> list[Any]:
        self._check_process()
        return self._readers.rows(sql, bindings)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise OpenedBeforeFork(
                "the ledger was opened in another process",
                place=self._place,
                remedy="open it after the fork, once in each process",
            )


def _request(changes: Sequence[Change]) -> Request:
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


def _write(change: Change) -> Write:
    subject = change.subject
    _check_text(subject, subject.name)
    _check_text(subject, change.once or "")
    return Write(
        subject=subject,
        key=key_of(subject),
        expected=change.expected,
        state=encode_state(subject, change.state),
        drafts=tuple(map(encode_event, change.events)),
        once=change.once,
    )


def _check_text(subject: Subject, text: str) -> None:
    """Before it waits with others: one text that cannot be stored would stop their transaction."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "a name that UTF-8 cannot carry",
            place=repr(str(subject)),
            remedy="remove the half of a surrogate pair",
        ) from error
