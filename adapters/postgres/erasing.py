"""Erasing payloads so that no byte of them stays in the files of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import psycopg

from jackfield.adapters.postgres.admission import Admission, begun
from jackfield.adapters.postgres.connections import BEGIN, Connection, end
from jackfield.adapters.postgres.failures import unavailable
from jackfield.adapters.postgres.opened import OpenDatabase
from jackfield.adapters.writes import Request
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import Position
from jackfield.domain.model.subjects import Organization

# One eraser at a time: two that hold their heads would wait for each other's rows.
_ALONE: Final = "SELECT pg_advisory_xact_lock(5352726241866960965)"
_LOCK: Final = "LOCK TABLE jackfield.entries IN ACCESS EXCLUSIVE MODE"
_PATIENT: Final = "SET LOCAL statement_timeout = 0"
_DETACH: Final = """
    UPDATE jackfield.entries SET payload = NULL WHERE organization = %s AND position = ANY(%s::bigint[])"""
# Into new files, of what is there now alone: VACUUM FULL would keep what some older snapshot may still read.
_REWRITE: Final = """
    ALTER TABLE jackfield.entries ALTER COLUMN payload TYPE bytea USING payload || ''::bytea"""
_LONGEST: Final = timedelta(hours=1)


def erase(
    database: OpenDatabase,
    organization: Organization,
    positions: Sequence[Position],
    request: Request | None,
) -> None:
    """Detach payloads, write *request* and rewrite the table, in one transaction; raise `Conflict`.

    On a connection of its own, on which an answer may take long.
    """

    def work(connection: Connection) -> None:
        admission = _admitted(connection, request)
        for statement in (_PATIENT, _ALONE, _LOCK):
            connection.execute(statement)
        connection.execute(_DETACH, (organization.encode(), list(positions)))
        if admission is not None and not admission.is_empty:
            admission.write(connection)
        connection.execute(_REWRITE)

    connection: Connection | None = None
    try:
        connection = database.connect()
        connection.patience_s = _LONGEST.total_seconds()
        database.sealed(connection, work)
    except psycopg.Error as error:
        raise unavailable(error, database.address) from error
    finally:
        end(connection)


def _admitted(connection: Connection, request: Request | None) -> Admission | None:
    if request is None:
        connection.execute(BEGIN)
        return None
    admission = begun(connection, [request])
    outcome = admission.admit(request)
    if isinstance(outcome, JackfieldError):
        raise outcome
    return admission
