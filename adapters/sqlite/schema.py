"""The tables of the ledger, and the steps that lead to them from any earlier version."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import apsw

from jackfield.adapters.sqlite.files import APPLICATION_ID
from jackfield.domain.model.errors import InvalidInput

# A step is never changed once it was released: the next version is one more step.
STEPS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE subjects (
        organization TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        revision INTEGER NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (organization, kind, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
        organization TEXT NOT NULL,
        position INTEGER NOT NULL,
        hash TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        head TEXT NOT NULL,
        payload TEXT,
        PRIMARY KEY (organization, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_by_subject ON entries (organization, kind, name, position);
    CREATE TABLE onces (
        organization TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        once TEXT NOT NULL,
        PRIMARY KEY (organization, kind, name, once)
    ) STRICT, WITHOUT ROWID;
    """,
    # The token that was given last outlives its lease: the next one is higher, whatever was released.
    """
    CREATE TABLE leases (
        organization TEXT NOT NULL,
        name TEXT NOT NULL,
        token INTEGER NOT NULL,
        holder TEXT NOT NULL,
        expires_us INTEGER NOT NULL,
        PRIMARY KEY (organization, name, token)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE fences (
        organization TEXT NOT NULL,
        name TEXT NOT NULL,
        token INTEGER NOT NULL,
        PRIMARY KEY (organization, name)
    ) STRICT, WITHOUT ROWID;
    """,
)

_TABLES: Final = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the database to this version in one transaction; one of a newer version is refused.

    So is one whose tables are not there any more: they are never made anew in silence.
    """
    if _version(connection, path) == len(STEPS):
        _refuse_altered(connection, path, len(STEPS))
        return
    connection.execute("BEGIN IMMEDIATE")
    _refuse_altered(connection, path, _version(connection, path))
    for step in STEPS[_version(connection, path) :]:
        connection.execute(step)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    connection.execute("COMMIT")


def _version(connection: apsw.Connection, path: Path) -> int:
    version: int = connection.pragma("user_version")
    if version > len(STEPS):
        raise InvalidInput(
            f"a newer Jackfield wrote it: version {version}, this one knows {len(STEPS)}",
            place=str(path),
            remedy="upgrade Jackfield",
        )
    return version


def _refuse_altered(connection: apsw.Connection, path: Path, version: int) -> None:
    found = set(connection.execute(_TABLES))
    if version < 0 or not _tables(version) <= found or (version == 0 and found):
        raise InvalidInput(
            "its tables are not those of a ledger: it was altered or damaged",
            place=str(path),
            remedy="restore a backup",
        )


@cache
def _tables(version: int) -> frozenset[tuple[object, ...]]:
    """What the steps up to *version* make."""
    connection = apsw.Connection(":memory:")
    try:
        for step in STEPS[:version]:
            connection.execute(step)
        return frozenset(connection.execute(_TABLES))
    finally:
        connection.close()
