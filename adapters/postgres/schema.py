"""The tables of the ledger, in a schema of their own, and the steps to them from any earlier version."""

from __future__ import annotations

from typing import Any, Final, LiteralString

from jackfield.adapters.postgres.addresses import Address
from jackfield.adapters.postgres.connections import BEGIN, Connection
from jackfield.domain.model.errors import InvalidInput

# A step is never changed once it was released: the next version is one more step.
# Texts are stored as their UTF-8 bytes: NUL is text to us, no collation or encoding of the database says
# what is equal or comes first, and what was altered is read as it is. Names are found by their hashes: an
# index takes no long ones.
STEPS: Final[tuple[LiteralString, ...]] = (
    """
    CREATE TABLE jackfield.heads (
        organization bytea PRIMARY KEY,
        position bigint NOT NULL,
        hash bytea NOT NULL
    );
    CREATE TABLE jackfield.subjects (
        organization bytea NOT NULL,
        kind bytea NOT NULL,
        name bytea NOT NULL,
        revision bigint NOT NULL,
        state bytea NOT NULL,
        name_hash bytea GENERATED ALWAYS AS (sha256(name)) STORED,
        PRIMARY KEY (organization, kind, name_hash)
    );
    CREATE TABLE jackfield.entries (
        organization bytea NOT NULL,
        position bigint NOT NULL,
        hash bytea NOT NULL,
        kind bytea NOT NULL,
        name bytea NOT NULL,
        head bytea NOT NULL,
        payload bytea,
        name_hash bytea GENERATED ALWAYS AS (sha256(name)) STORED,
        PRIMARY KEY (organization, position)
    );
    CREATE INDEX entries_by_subject ON jackfield.entries (organization, kind, name_hash, position);
    CREATE TABLE jackfield.onces (
        organization bytea NOT NULL,
        kind bytea NOT NULL,
        name bytea NOT NULL,
        once bytea NOT NULL,
        name_hash bytea GENERATED ALWAYS AS (sha256(name)) STORED,
        once_hash bytea GENERATED ALWAYS AS (sha256(once)) STORED,
        PRIMARY KEY (organization, kind, name_hash, once_hash)
    );
    CREATE TABLE jackfield.marks (
        id bytea PRIMARY KEY,
        happened boolean NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX marks_by_time ON jackfield.marks (at);
    CREATE TABLE jackfield.fences (
        organization bytea NOT NULL,
        name bytea NOT NULL,
        token bigint NOT NULL,
        name_hash bytea GENERATED ALWAYS AS (sha256(name)) STORED,
        PRIMARY KEY (organization, name_hash)
    );
    CREATE TABLE jackfield.leases (
        organization bytea NOT NULL,
        name bytea NOT NULL,
        token bigint NOT NULL,
        holder bytea NOT NULL,
        expires_us bigint NOT NULL,
        name_hash bytea GENERATED ALWAYS AS (sha256(name)) STORED,
        PRIMARY KEY (organization, name_hash, token)
    );
    """,
    # The planner's statistics would keep samples of payloads, also of erased ones.
    "ALTER TABLE jackfield.entries ALTER COLUMN payload SET STATISTICS 0",
)

# By the catalog's tables: to_regclass may still remember that something was not there.
_THERE: Final = """
    SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE n.nspname = 'jackfield' AND relname = 'about')"""
_VERSION: Final = "SELECT version FROM jackfield.about"
_OTHERS: Final = """
    SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE n.nspname = 'jackfield'"""
_SCHEMA: Final = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'jackfield')"
_LOCK: Final = "SELECT pg_advisory_xact_lock(5352726241866960964)"
_NEW: Final = """
    CREATE TABLE jackfield.about (version integer NOT NULL);
    INSERT INTO jackfield.about VALUES (0)"""


def migrate(connection: Connection, address: Address) -> None:
    """Bring the schema to this version in one transaction; raise `InvalidInput` for one of a newer version.

    Of several processes that start at once, one makes the tables and the others wait for it. One that
    is gone, or whose tables are not ours, is never made anew in silence: only an empty one is filled.
    """
    if version(connection, address) == len(STEPS):
        return
    connection.execute(BEGIN)
    connection.execute(_LOCK)
    at = version(connection, address)
    if at is None:
        _begin(connection, address)
    for step in STEPS[at or 0 :]:
        connection.execute(step)
    connection.execute("UPDATE jackfield.about SET version = %s", (len(STEPS),))
    connection.execute("COMMIT")


def version(connection: Connection, address: Address) -> int | None:
    """Return the version of the tables, or None if there are none; raise `InvalidInput` for a newer one."""
    if not _one(connection, _THERE):
        return None
    found = int(_one(connection, _VERSION) or 0)
    if found > len(STEPS):
        raise InvalidInput(
            f"a newer Jackfield wrote it: version {found}, this one knows {len(STEPS)}",
            place=str(address),
            remedy="upgrade Jackfield",
        )
    return found


def _begin(connection: Connection, address: Address) -> None:
    if _one(connection, _OTHERS):
        raise InvalidInput(
            "its schema 'jackfield' is not that of a ledger: it was altered, or is another program's",
            place=str(address),
            remedy="restore a backup, or use another database",
        )
    if not _one(connection, _SCHEMA):
        connection.execute("CREATE SCHEMA jackfield")
    connection.execute(_NEW)


def _one(connection: Connection, sql: LiteralString) -> Any:
    row = connection.execute(sql).fetchone()
    return None if row is None else row[0]
