"""The one connection of a process that writes: whole groups of commits, each in a transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

import apsw

from jackfield.adapters.codec import Draft
from jackfield.adapters.sqlite.failures import unavailable
from jackfield.adapters.writes import Key, Outcome, Request, Write, changed_meanwhile, key_of
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import Conflict, JackfieldError, Unavailable
from jackfield.domain.model.events import GENESIS, START, Position
from jackfield.ports.ledger import Receipt, Repeat

_T = TypeVar("_T")

_LARGEST_ROWS: Final = 32
_LARGEST_MEMORY: Final = 10_000
_NORMAL: Final = 1
"""SQLite's word for a log that is on the disk with the next commit that waits for it."""
_NEWER: Final = "ON CONFLICT DO UPDATE SET revision = excluded.revision, state = excluded.state"
_ONCE: Final = "SELECT 1 FROM onces WHERE organization = ? AND kind = ? AND name = ? AND once = ?"
_REVISION: Final = "SELECT revision FROM subjects WHERE organization = ? AND kind = ? AND name = ?"
NEWEST: Final = "SELECT position, hash FROM entries WHERE organization = ? ORDER BY position DESC LIMIT 1"


class Errand(Generic[_T]):
    """Something else to be written, in one transaction with the commits that wait at the same time.

    Its work can be begun again; it raises `JackfieldError` before it has written anything, or not at all.
    What is `passing` need not outlive the machine: the disk is not waited for. It is kept no later than
    whatever is committed behind it, since both stand in one log.
    """

    def __init__(self, work: Callable[[apsw.Connection], _T], *, passing: bool = False) -> None:
        self._work = work
        self.passing = passing
        self.result: _T

    def run(self, connection: apsw.Connection) -> JackfieldError | None:
        """Do it within the open transaction; what it returned is `result`, or an error is returned."""
        try:
            self.result = self._work(connection)
        except JackfieldError as error:
            return error
        return None


Job: TypeAlias = Request | Errand[Any]


class Writer:
    """Writes groups of commits, of which each happens or not by its own conditions.

    What it knows of heads and revisions holds while its own last write is durable and no other
    connection has written since, which it asks inside each transaction.
    """

    def __init__(self, connection: apsw.Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self._file = _identity(place)
        self._durable = False
        self._usual: int | None = None
        self._seen = 0
        self._heads: dict[str, tuple[int, str]] = {}
        self._revisions: dict[Key, int] = {}
        self._states: dict[Key, tuple[int, str]] = {}
        self._onces: dict[tuple[str, str, str, str], None] = {}
        self._entries: list[str | int] = []

    def write(self, requests: Sequence[Job]) -> Sequence[Outcome | JackfieldError | None]:
        """Write all of *requests* that their conditions allow, and leave the transaction open."""
        try:
            self._wait_for_the_disk(not all(isinstance(job, Errand) and job.passing for job in requests))
            self._begin()
            outcomes = [
                self._admit(job) if isinstance(job, Request) else job.run(self._connection)
                for job in requests
            ]
            self._flush()
        except apsw.Error as error:
            raise unavailable(error, self._place) from error
        return outcomes

    def commit(self) -> None:
        """Make what was written durable."""
        self._refuse_moved()
        self._durable = True
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._durable = False
            raise unavailable(error, self._place) from error

    def _refuse_moved(self) -> None:
        """SQLite goes on writing to a file that nobody can find any more."""
        if _identity(self._place) != self._file:
            raise Unavailable(
                "it was moved or removed while it was open; nothing was changed",
                place=self._place,
                remedy="put it back, or open the ledger again",
            )

    def settle(self) -> bool:
        """Undo what is open, and say whether the last write is durable."""
        if self._connection.in_transaction:
            self._durable = False
            with suppress(apsw.Error):
                self._connection.execute("ROLLBACK")
        return self._durable

    def _wait_for_the_disk(self, wanted: bool) -> None:
        """Have the next commit wait for the disk, or not; what to restore is known at any moment."""
        if not wanted:
            if self._usual is None:
                self._usual = int(self._connection.execute("PRAGMA synchronous").get)
            self._connection.execute(f"PRAGMA synchronous = {min(self._usual, _NORMAL)}")
        elif self._usual is not None:
            self._connection.execute(f"PRAGMA synchronous = {self._usual}")
            self._usual = None

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
                return changed_meanwhile(write, revision)
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


def _identity(place: str) -> tuple[int, int] | None:
    try:
        found = os.stat(place)  # noqa: PTH116 - a Path costs as much again, before every commit
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
