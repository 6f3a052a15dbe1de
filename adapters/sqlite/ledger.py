"""The ledger in one SQLite file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from jackfield.adapters.codec import Row, decode_entry, decode_state
from jackfield.adapters.sqlite.erasing import erase
from jackfield.adapters.sqlite.opened import OpenFile
from jackfield.adapters.sqlite.soundness import check
from jackfield.adapters.sqlite.writer import NEWEST
from jackfield.adapters.writes import key_of, kind_of, request
from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.events import GENESIS, START, Entry, Position
from jackfield.domain.model.kept import State
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Receipt, Repeat, Versioned

_STATE: Final = """
    SELECT revision, CAST(state AS BLOB) FROM subjects WHERE organization = ? AND kind = ? AND name = ?"""
_STATES: Final = """
    SELECT name, revision, CAST(state AS BLOB) FROM subjects
    WHERE organization = ? AND kind = ? AND name IN (SELECT value FROM json_each(?))"""
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

        Raises `InvalidInput` for a file or folder that cannot be trusted or used, and `Unavailable` for
        one that is damaged, and leaves it as it was; also `Unavailable` if another process holds it.
        """
        self.file = OpenFile(path, patience)
        self._decoded: dict[Subject, tuple[bytes, State]] = {}

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*; raise `InvalidInput` for one that was spoilt."""
        for revision, text in self.file.rows(_STATE, key_of(subject)):
            return Versioned(revision, self._state(subject, text))
        return Versioned(0, None)

    def _state(self, subject: Subject, text: bytes) -> State:
        """Decode *text*, unless it is what was decoded or written of the subject the last time."""
        known = self._decoded.get(subject)
        if known is not None and known[0] == text:
            return known[1]
        state = decode_state(subject, text)
        self._remember(subject, text, state)
        return state

    def _remember(self, subject: Subject, text: bytes, state: State) -> None:
        """Keep what *text* says; it is asked for by the text, so what was written since is not hidden."""
        if len(self._decoded) >= _MOST_DECODED:
            self._decoded.clear()
        self._decoded[subject] = text, state

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Return the newest committed state of each of *subjects*, in their order."""
        kind, names = kind_of(subjects), canonical([subject.name for subject in subjects])
        rows = [] if kind is None else self.file.rows(_STATES, (*kind, names))
        found = {name: (revision, text) for name, revision, text in rows}
        return tuple(self._versioned(subject, found.get(subject.name)) for subject in subjects)

    def _versioned(self, subject: Subject, row: tuple[int, bytes] | None) -> Versioned:
        return Versioned(0, None) if row is None else Versioned(row[0], decode_state(subject, row[1]))

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind* that were ever written, by name."""
        rows = self.file.rows(_SUBJECTS, (organization, kind.value))
        return tuple(Subject(organization, kind, name) for (name,) in rows)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none; what is returned as done survives a crash."""
        asked = request(changes)
        done = self.file.commit(asked)
        if isinstance(done, Receipt):
            for change, write in zip(changes, asked.writes, strict=True):
                if change.subject.kind is Kind.SESSION:  # whoever moves one reads it again at once
                    self._remember(change.subject, write.state.encode(), change.state)
        return done

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*, oldest first; those of *subject* alone if given."""
        limit = min(max(limit, 0), _LARGEST)
        after = Position(min(after, _LARGEST))
        if subject is None:
            rows = self.file.rows(_ALL, (organization, after, limit))
        elif subject.organization != organization:
            rows = []
        else:
            rows = self.file.rows(_OF_SUBJECT, (*key_of(subject), after, limit))
        return tuple(decode_entry(organization, Row(*row)) for row in rows)

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry; `START` and `GENESIS` before the first."""
        rows = self.file.rows(NEWEST, (organization,))
        return Receipt(*rows[0]) if rows else Receipt(START, GENESIS)

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Detach the payloads at *positions* and commit *telling*; their bytes are gone on return.

        The whole file is rewritten, while other writers wait.
        """
        self.file.check_process()
        told = None if telling is None else request((telling,))
        erase(self.file.path, self.file.patience, organization, positions, told)

    def look(self) -> None:
        """Read every page of the file; raise `Unavailable` if one is damaged. Nobody waits for it."""
        self.file.check_process()
        check(self.file.path, self.file.patience)

    def close(self) -> None:
        """Finish what was begun and let go of the file; closing twice is fine."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
