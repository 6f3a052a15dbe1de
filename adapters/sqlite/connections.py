"""How the file is opened: by whom, for what, and how durable."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import apsw

from jackfield.adapters.sqlite.failures import unavailable
from jackfield.adapters.sqlite.schema import migrate
from jackfield.domain.model.errors import InvalidInput

_WRITES: Final = apsw.SQLITE_OPEN_READWRITE
_READS: Final = apsw.SQLITE_OPEN_READONLY
_PAUSE_SECONDS: Final = 0.01


def open_writer(path: Path, patience: timedelta) -> apsw.Connection:
    """Return the connection that writes, with this version's tables; raise `Unavailable`, `InvalidInput`."""
    connection = _open(path, patience, _WRITES)
    try:
        migrate(connection, path)
        _write_ahead(connection, path, patience)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException as error:
        connection.close()
        if isinstance(error, apsw.Error):
            raise unavailable(error, str(path)) from error
        raise
    return connection


def _write_ahead(connection: apsw.Connection, path: Path, patience: timedelta) -> None:
    """SQLite itself does not wait where two processes switch a new file at the same time."""
    deadline = time.monotonic() + patience.total_seconds()
    while (mode := _switched(connection)) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    if mode is None:
        raise apsw.BusyError
    if mode != "wal":
        raise InvalidInput(
            "its file system cannot keep a write-ahead log",
            place=str(path),
            remedy="put the state folder on a local disk",
        )


def _switched(connection: apsw.Connection) -> str | None:
    try:
        return str(connection.execute("PRAGMA journal_mode = WAL").get)
    except apsw.BusyError:
        return None


def open_reader(path: Path, patience: timedelta) -> apsw.Connection:
    """Return a connection that cannot write, for one reader."""
    return _open(path, patience, _READS)


def _open(path: Path, patience: timedelta, flags: int) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=flags)
    except apsw.Error as error:
        raise unavailable(error, str(path)) from error
    connection.set_busy_timeout(patience // timedelta(milliseconds=1))
    return connection
