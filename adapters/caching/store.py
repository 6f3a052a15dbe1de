"""diskcache 5.6.3 without its traps: nothing is unpickled, no file is read or deleted, no setting taken.

CVE-2025-69872: it unpickles keys and values, by `JSONDisk` too; the `filename` column leads outside of the
folder; the `Settings` table sets any attribute and pragma. Here a value is a blob in its row, and no more.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from diskcache.core import (  # type: ignore[import-untyped]  # it has no types
    DBNAME,
    ENOVAL,
    MODE_RAW,
    UNKNOWN,
    Cache,
    Disk,
)

_NO_FILE: Final = 2**62
_LONGEST_STATEMENT: Final = 100_000
_BUSY_MS: Final = 100
_METADATA: Final = frozenset({"count", "size", "hits", "misses"})
_SETTINGS: Final[Mapping[str, int | str]] = {
    "statistics": 0,
    "tag_index": 0,
    "eviction_policy": "least-recently-stored",
    "cull_limit": 10,
    "sqlite_auto_vacuum": 1,
    "sqlite_cache_size": 2**10,
    "sqlite_journal_mode": "wal",
    "sqlite_mmap_size": 0,
    "sqlite_synchronous": 1,
    "disk_min_file_size": _NO_FILE,
    "disk_pickle_protocol": 0,
}
_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
_TABLES: Final = "01bfe24d505002ca"
"""The head of the SHA-256 of the tables, indexes and triggers that diskcache 5.6 makes."""


class Untrusted(Exception):
    """A row, a table or a file that no cache of ours wrote; it never leaves this package."""


class Blobs(Disk):  # type: ignore[misc]  # diskcache has no types
    """Text keys and bytes values, kept in their rows; anything else is refused, and never unpickled."""

    def put(self, key: object) -> Any:
        """Return the columns of a key."""
        if type(key) is not str:
            raise Untrusted
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the key that its columns say."""
        if type(key) is not str or raw != 1:
            raise Untrusted
        return key

    def store(self, value: object, read: object, key: object = UNKNOWN) -> Any:
        """Return the columns of a value."""
        if type(value) is not bytes or read or type(key) is not str:
            raise Untrusted
        return 0, MODE_RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:
        """Return the value that its columns say."""
        if mode != MODE_RAW or filename is not None or type(value) is not bytes or read:
            raise Untrusted
        return value

    def filename(self, key: object = UNKNOWN, value: object = UNKNOWN) -> Any:  # noqa: ARG002  # its signature
        """Refuse: no value has a file."""
        raise Untrusted

    def remove(self, file_path: object) -> None:  # noqa: ARG002  # its signature
        """Refuse: a row that names a file is not ours."""
        raise Untrusted


class Store(Cache):  # type: ignore[misc]  # diskcache has no types
    """A store that is there, on one connection of ours: its own settings are looked at, never used."""

    def __init__(self, folder: Path, *, size_limit: int) -> None:  # what Cache.__init__ does but for writing
        self._directory = str(folder)
        self._timeout = _BUSY_MS / 1000
        self._txn_id = None
        self._disk = Blobs(self._directory, min_file_size=_NO_FILE)
        for name, value in _SETTINGS.items():
            setattr(self, name, value)
        self.size_limit = size_limit
        self._connection = _connect(folder / DBNAME, longest=size_limit)
        try:
            self._vet()
            ((self._page_size,),) = self._connection.execute("PRAGMA page_size").fetchall()
        except BaseException:
            self._connection.close()
            raise

    @property
    def _con(self) -> sqlite3.Connection:
        return self._connection

    @property
    def _sql_retry(self) -> Callable[..., sqlite3.Cursor]:
        """One try: the connection waits a little, and a store that is locked is a miss."""
        return self._connection.execute

    def reset(self, key: str, value: object = ENOVAL, update: bool = True) -> int:  # noqa: ARG002  # diskcache's signature
        """Return a counter; nothing else is read from the file, and nothing set by it."""
        if key not in _METADATA or value is not ENOVAL:
            raise Untrusted
        ((counted,),) = self._connection.execute(
            "SELECT value FROM Settings WHERE key = ?", (key,)
        ).fetchall()
        if not _is_counted(key, counted):
            raise Untrusted
        return int(counted)

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        self._connection.close()

    def _vet(self) -> None:
        """A view, a trigger or a setting that diskcache did not make would run when it is used."""
        schema = repr(self._connection.execute(_SCHEMA).fetchall())
        if hashlib.sha256(schema.encode()).hexdigest()[: len(_TABLES)] != _TABLES:
            raise Untrusted
        for name, value in self._connection.execute("SELECT key, value FROM Settings LIMIT 100").fetchall():
            known = _is_counted(name, value) if name in _METADATA else _SETTINGS.get(name) == value
            if name != "size_limit" and not known:
                raise Untrusted


def create(folder: Path, *, size_limit: int) -> None:
    """Make a new store in an empty folder that nobody else knows yet."""
    Cache(str(folder), timeout=1, disk=Blobs, size_limit=size_limit, **_SETTINGS).close()


def _is_counted(name: object, value: object) -> bool:
    """No row of ours has a file, so their size is nothing; hits and misses are not counted."""
    return type(value) is int and (name == "count" or value == 0)


def _connect(path: Path, *, longest: int) -> sqlite3.Connection:
    """Used by one thread at a time, under its owner's lock."""
    connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(longest, _LONGEST_STATEMENT))
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
