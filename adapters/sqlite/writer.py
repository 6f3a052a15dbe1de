"""The one connection of a process that writes: whole groups of commits, each in a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Final, TypeAlias

import apsw
from attrs import frozen

from jackfield.adapters.codec import Draft
from jackfield.adapters.sqlite.failures import unavailable
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import GENESIS, START, Position
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.ports.ledger import Receipt, Repeat

Outcome: TypeAlias = Receipt | Repeat

_LARGEST_ROWS: Final = 32
_LARGEST_MEMORY: Final = 10_000
_NEWER: Final = "ON CONFLICT DO UPDATE SET revision = excluded.revision, state = excluded.state"
_ONCE: Final = "SELECT 1 FROM onces WHERE organization = ? AND kind = ? AND name = ? AND once = ?"
_REVISION: Final = "SELECT revision FROM subjects WHERE organization = ? AND kind = ? AND name = ?"
NEWEST: Final = "SELECT position, hash FROM entries WHERE organization = ? ORDER BY position DESC LIMIT 1"


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


class Writer:
    """Writes groups of commits, of which each happens or not by its own conditions.

    What it knows of heads and revisions holds while its own last write is durable and no other
    connection has written since, which it asks inside each transaction.
    """

    def __init__(self, connection: apsw.Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self._durable = False
        self._seen = 0
        self._heads: dict[str, tuple[int, str]] = {}
        self._revisions: dict[Key, int] = {}
        self._states: dict[Key, tuple[int, str]] = {}
        self._onces: dict[tuple[str, str, str, str], None] = {}
        self._entries: list[str | int] = []

    def write(self, requests: Sequence[Request]) -> Sequence[Outcome | Conflict]:
        """Write all of *requests* that their conditions allow, and leave the transaction open."""
        try:
            self._begin()
            outcomes = [self._admit(request) for request in requests]
            self._flush()
        except apsw.Error as error:
            raise unavailable(error, self._place) from error
        return outcomes

    def commit(self) -> None:
        """Make what was written durable."""
        self._durable = True
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._durable = False
            raise unavailable(error, self._place) from error

    def settle(self) -> bool:
        """Undo what is open, and say whether the last write is durable."""
        if self._connection.in_transaction:
            self._durable = False
            with suppress(apsw.Error):
                self._connection.execute("ROLLBACK")
        return self._durable

    def _begin(self) -> None:
        durable, self._durable = self._durable, False
        self._states, self._onces, self._entries = {}, {}, []
        self._connection.execute("BEGIN IMMEDIATE")
        seen = self._connection.execute("PRAGMA data_version").get
        if not durable or seen != self._seen or len(self._revisions) > _LARGEST_MEMORY:
            self._heads, self._revisions, self._seen = {}, {}, seen

    def _admit(self, request: Request) -> Outcome | Conflict:
        """Check every condition of a commit before anything of it is taken up."""
        for write in request.writes:
            if write.once is not None and self._knows((*write.key, write.once)):
                return Repeat(write.subject, write.once)
        for write in request.writes:
            revision = self._revision(write.key)
            if revision != write.expected:
                return _conflict(write, revision)
        return self._take_up(request)

    def _take_up(self, request: Request) -> Receipt:
        position, head = self._head(request.organization)
        for write in request.writes:
            self._put(write)
            for draft in write.drafts:
                position, head = self._chain(draft, position + 1, head)
        self._heads[request.organization] = position, head
        return Receipt(Position(position), head)

    def _put(self, write: Write) -> None:
        revision = write.expected + 1
        self._revisions[write.key] = revision
        self._states[write.key] = revision, write.state
        if write.once is not None:
            self._onces[(*write.key, write.once)] = None

    def _chain(self, draft: Draft, position: int, previous: str) -> tuple[int, str]:
        text = draft.placed(position, previous)
        head = digest(text)
        organization, kind, name = key_of(draft.subject)
        self._entries += (organization, position, head, kind, name, text, draft.payload)
        return position, head

    def _head(self, organization: str) -> tuple[int, str]:
        known = self._heads.get(organization)
        return newest(self._connection, organization) if known is None else known

    def _revision(self, key: Key) -> int:
        known = self._revisions.get(key)
        if known is None:
            known = self._revisions[key] = self._connection.execute(_REVISION, key).get or 0
        return known

    def _knows(self, once: tuple[str, str, str, str]) -> bool:
        return once in self._onces or self._connection.execute(_ONCE, once).get is not None

    def _flush(self) -> None:
        put(self._connection, "entries", 7, self._entries)
        states = [value for key, state in self._states.items() for value in (*key, *state)]
        put(self._connection, "subjects", 5, states, _NEWER)
        put(self._connection, "onces", 4, [value for once in self._onces for value in once])


def key_of(subject: Subject) -> Key:
    """Return the columns that a subject is found by."""
    return subject.organization, subject.kind.value, subject.name


def newest(connection: apsw.Connection, organization: str) -> tuple[int, str]:
    """Return the position and hash of the organization's newest entry."""
    return connection.execute(NEWEST, (organization,)).fetchone() or (START, GENESIS)


def put(
    connection: apsw.Connection, table: str, columns: int, values: list[str | int], clause: str = ""
) -> None:
    """Insert rows, many by one statement: between two statements, threads change places."""
    step = columns * _LARGEST_ROWS
    for start in range(0, len(values), step):
        chunk = values[start : start + step]
        connection.execute(_insert(table, columns, len(chunk) // columns, clause), chunk)


@cache
def _insert(table: str, columns: int, rows: int, clause: str) -> str:
    """OR ROLLBACK spares SQLite the journal that undoes half a statement."""
    values = ",".join((f"({','.join('?' * columns)})",) * rows)
    return f"INSERT OR ROLLBACK INTO {table} VALUES {values} {clause}"


def _conflict(write: Write, revision: int) -> Conflict:
    return Conflict(
        f"somebody changed it meanwhile: it is at revision {revision}, not {write.expected}",
        place=str(write.subject),
        remedy="read it again, and repeat the change if it still makes sense",
    )
