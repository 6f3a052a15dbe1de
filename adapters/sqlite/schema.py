"""The tables of the ledger, and the steps that lead to them from any earlier version."""

from __future__ import annotations

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
)


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the database to this version in one transaction; one of a newer version is refused."""
    if _version(connection, path) == len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
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
