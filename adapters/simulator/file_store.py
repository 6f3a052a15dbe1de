"""A simulated platform's documents in a SQLite file that several processes may share."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import apsw
import orjson

from jackfield.adapters.simulator.store import Document, Transaction
from jackfield.domain.model.errors import InvalidInput, OpenedBeforeFork, Unavailable

_APPLICATION: Final = 0x4A465349
_SCHEMA: Final = 1
_BUSY_MS: Final = 10_000
_TABLE: Final = """
    CREATE TABLE documents (
        place INTEGER PRIMARY KEY,
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (collection, key)
    ) STRICT;
    CREATE INDEX places ON documents (collection, place);
"""
_PUT: Final = """
    INSERT INTO documents (collection, key, body) VALUES (?, ?, ?)
    ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body
"""
_GET: Final = "SELECT body FROM documents WHERE collection = ? AND key = ?"
_PAGE: Final = "SELECT body FROM documents WHERE collection = ? ORDER BY place LIMIT ? OFFSET ?"


class FileStore:
    """Documents in one file; every transaction holds it alone, over threads and processes.

    Opening raises `InvalidInput` for a file that is not a simulator's or is of a newer Jackfield, and
    `Unavailable` for one that cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._connection = self._open()

    @contextmanager
    def transaction(self) -> Generator[Transaction, None, None]:
        """Hold the file alone until the block is left."""
        if os.getpid() != self._pid:
            raise OpenedBeforeFork(
                "the simulator's state was opened in another process",
                place=str(self._path),
                remedy="open it after the fork",
            )
        with self._lock, self._translated(), _committed(self._connection):
            yield _FileTransaction(self._connection)

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._translated():
            self._connection.close()

    def _open(self) -> apsw.Connection:
        with self._translated():
            try:
                # Only when it is made: closing a file drops this process's locks on it.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                if not self._path.is_file():
                    raise InvalidInput(
                        "it is not a file",
                        place=str(self._path),
                        remedy="move it away, or choose another folder",
                    ) from None
            except OSError as error:
                raise self._unusable(error.strerror or "it cannot be opened") from error
            connection = apsw.Connection(str(self._path))
            try:
                connection.set_busy_timeout(_BUSY_MS)
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _prepare(self, connection: apsw.Connection) -> None:
        # In one transaction: another process may be making the table just now.
        with _committed(connection, begin="BEGIN DEFERRED"):
            self._check(connection)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "normal")
        with _committed(connection):
            if self._check(connection):
                connection.execute(_TABLE)
                connection.pragma("application_id", _APPLICATION)
                connection.pragma("user_version", _SCHEMA)

    def _check(self, connection: apsw.Connection) -> bool:
        """Say whether the file is new; refuse one that is somebody else's or of a newer schema."""
        application, schema = connection.pragma("application_id"), connection.pragma("user_version")
        if application == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            return True
        if application != _APPLICATION:
            raise self._foreign()
        if cast("int", schema) > _SCHEMA:
            raise InvalidInput(
                "the simulator's state is of a newer Jackfield",
                place=str(self._path),
                remedy="upgrade Jackfield, or remove the file to begin afresh",
            )
        return False

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        try:
            yield
        except apsw.NotADBError:
            raise self._foreign() from None
        except apsw.Error as error:
            raise self._unusable(str(error)) from error

    def _foreign(self) -> InvalidInput:
        return InvalidInput(
            "the file is not the state of a simulator",
            place=str(self._path),
            remedy="name another file, or move this one away",
        )

    def _unusable(self, reason: str) -> Unavailable:
        return Unavailable(
            f"the simulator's state cannot be used: {reason}",
            place=str(self._path),
            remedy="look at the folder, its rights and its free space",
        )


@contextmanager
def _committed(connection: apsw.Connection, begin: str = "BEGIN IMMEDIATE") -> Generator[None, None, None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class _FileTransaction:
    """Reads and writes rows; the connection is in a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._execute = connection.execute

    def get(self, collection: str, key: str) -> Document | None:
        body = self._execute(_GET, (collection, key)).get
        return None if body is None else _document(body)

    def put(self, collection: str, key: str, document: Document) -> None:
        self._execute(_PUT, (collection, key, orjson.dumps(document)))

    def delete(self, collection: str, key: str) -> None:
        self._execute("DELETE FROM documents WHERE collection = ? AND key = ?", (collection, key))

    def page(self, collection: str, *, offset: int, limit: int) -> Sequence[Document]:
        return [_document(row[0]) for row in self._execute(_PAGE, (collection, limit, offset))]

    def count(self, collection: str) -> int:
        counted = self._execute("SELECT count(*) FROM documents WHERE collection = ?", (collection,)).get
        return cast("int", counted)

    def clear(self, collection: str | None = None) -> None:
        self._execute("DELETE FROM documents WHERE ?1 IS NULL OR collection = ?1", (collection,))

    @contextmanager
    def attempt(self) -> Generator[None, None, None]:
        self._execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK TO attempt")
            raise
        finally:
            self._execute("RELEASE attempt")


def _document(body: object) -> Document:
    return cast("Document", orjson.loads(cast("bytes", body)))
