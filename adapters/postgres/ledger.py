"""The ledger in a PostgreSQL database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Final, Self

from jackfield.adapters.codec import Row, decode_entry, decode_state
from jackfield.adapters.postgres.addresses import address
from jackfield.adapters.postgres.erasing import erase
from jackfield.adapters.postgres.opened import OpenDatabase
from jackfield.adapters.writes import check_text, key_of, kind_of, request
from jackfield.domain.model.events import GENESIS, START, Entry, Position
from jackfield.domain.model.kept import State
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Receipt, Repeat, Versioned

_STATE: Final = """
    SELECT revision, state FROM jackfield.subjects
    WHERE organization = %s AND kind = %s AND name_hash = sha256(%s)"""
_STATES: Final = """
    SELECT name, revision, state FROM jackfield.subjects
    WHERE organization = %s AND kind = %s AND name_hash IN (SELECT sha256(unnest(%b::bytea[])))"""
_SUBJECTS: Final = "SELECT name FROM jackfield.subjects WHERE organization = %s AND kind = %s ORDER BY name"
_ENTRIES: Final = """
    SELECT position, hash, kind, name, head, payload
    FROM jackfield.entries WHERE organization = %s {} AND position > %s ORDER BY position LIMIT %s"""
_ALL: Final = _ENTRIES.format("")
_OF_SUBJECT: Final = _ENTRIES.format("AND kind = %s AND name_hash = sha256(%s)")
_HEAD: Final = "SELECT position, hash FROM jackfield.heads WHERE organization = %s"

_LARGEST: Final = 2**63 - 1
_MOST_DECODED: Final = 512
_MARK_BYTES: Final = 16


def new_mark() -> bytes:
    """Return what a transaction is known by."""
    return secrets.token_bytes(_MARK_BYTES)


class PostgresLedger:
    """A ledger that any number of threads, processes and machines share through one database.

    Who commits locks the head of its organization until it is done: positions have no gap, the chain has no
    fork, and every reader sees them in order. Commits of one organization happen one after the other,
    those of a process together; those of other organizations do not wait for them.

    Besides what the port says, `commit` and `erase` raise `OutcomeUnknown` where the connection is lost
    in the middle of a commit, and the database does not come back in time to tell whether it happened.
    """

    def __init__(
        self,
        url: Secret,
        *,
        patience: timedelta = timedelta(seconds=5),
        new_mark: Callable[[], bytes] = new_mark,
    ) -> None:
        """Open the database at *url*, and make its tables; a lock of others is waited for by *patience*.

        Raises `InvalidInput` for a URL or tables that do not fit, and `Unavailable`.
        """
        self.database = OpenDatabase(address(url), patience, new_mark)
        self._decoded: dict[Subject, tuple[bytes, State]] = {}

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*; raise `InvalidInput` for one that was spoilt."""
        check_text(subject, subject.name)
        for revision, text in self.database.rows(_STATE, _bytes(subject)):
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

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Return the newest committed state of each of *subjects*, in their order."""
        kind = kind_of(subjects)
        for subject in subjects:
            check_text(subject, subject.name)
        if kind is None:
            return ()
        names = [subject.name.encode() for subject in subjects]
        rows = self.database.rows(_STATES, (*(text.encode() for text in kind), names))
        found = {name.decode(): (revision, text) for name, revision, text in rows}
        return tuple(_versioned(subject, found.get(subject.name)) for subject in subjects)

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind* that were ever written, by name."""
        rows = self.database.rows(_SUBJECTS, (organization.encode(), kind.value.encode()))
        return tuple(Subject(organization, kind, name.decode()) for (name,) in rows)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none; what is returned as done survives a crash of the server."""
        return self.database.commit(request(changes))

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*, oldest first; those of *subject* alone if given."""
        page = min(after, _LARGEST), min(max(limit, 0), _LARGEST)
        if subject is None:
            rows = self.database.rows(_ALL, (organization.encode(), *page))
        elif subject.organization != organization:
            rows = []
        else:
            check_text(subject, subject.name)
            rows = self.database.rows(_OF_SUBJECT, (*_bytes(subject), *page))
        return tuple(decode_entry(organization, Row(p, h.hex().encode(), *rest)) for p, h, *rest in rows)

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry; `START` and `GENESIS` before the first."""
        for position, head in self.database.rows(_HEAD, (organization.encode(),)):
            return Receipt(position, head.hex())
        return Receipt(START, GENESIS)

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Detach the payloads at *positions* and commit *telling*; they are gone from the tables' files then.

        The table of entries is rewritten, while others wait. The server's write-ahead log keeps the bytes
        until it reuses the segment; archives, standbys and backups of it are their keeper's.
        """
        self.database.check_process()
        told = None if telling is None else request((telling,))
        erase(self.database, organization, [p for p in positions if p <= _LARGEST], told)

    def close(self) -> None:
        """Finish what was begun and let go of the database; closing twice is fine."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _versioned(subject: Subject, row: tuple[int, bytes] | None) -> Versioned:
    return Versioned(0, None) if row is None else Versioned(row[0], decode_state(subject, row[1]))


def _bytes(subject: Subject) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in key_of(subject))
