"""What the errors of PostgreSQL and of the way to it mean to who uses the ledger."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import psycopg

from jackfield.domain.model.errors import OutcomeUnknown, Unavailable

Meaning: TypeAlias = tuple[str, str]

_UPGRADE: Final = "restore a backup, or upgrade Jackfield"
_BY_STATE: Final[tuple[tuple[str, Meaning], ...]] = (
    ("55P03", ("another process holds it for too long", "try again; if it stays so, end who hangs")),
    ("57014", ("the database took too long", "try again; look at its load")),
    ("40", ("others wrote at the same moment, again and again", "try again")),
    ("53300", ("the database admits no more connections", "raise max_connections, or use fewer processes")),
    ("53", ("the database has no room left", "free some space and try again")),
    ("54", ("a value is larger than the database takes", "write less at once")),
    ("42501", ("the database's role lacks a right", "grant it; 'jackfield doctor' says which are needed")),
    ("25006", ("the database is read-only", "name the server that takes writes")),
    ("42", ("its tables are not those of a ledger: they were altered or are damaged", _UPGRADE)),
    ("3F", ("its tables are gone", _UPGRADE)),
    ("58", ("the database's disk failed", "look at the database's own log")),
    ("XX", ("the database is damaged", "look at the database's own log, and restore a backup")),
)
# A connection that fails has no code, only a text for people.
_BY_TEXT: Final[tuple[tuple[re.Pattern[str], Meaning], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), (message, remedy))
    for pattern, message, remedy in (
        ("password|authentication|pg_hba", "the server does not admit us", "check user and password"),
        ("role .* does not exist", "the server does not admit us", "check user and password"),
        ("database .* does not exist", "the server has no such database", "create it, or name another"),
        ("certificate|ssl|tls", "no trusted encrypted connection comes about", "check sslmode, sslrootcert"),
        ("too many|remaining connection slots", *_BY_STATE[3][1]),
        ("starting up|shutting down|recovery mode", "the database is just starting or ending", "try again"),
        ("read-only", "no server there takes writes", "name the server that takes writes"),
    )
)
_LOST_STATES: Final = ("08", "57P", "25P03")
_AGAIN_STATES: Final = ("40001", "40P01", "53300")


def is_lost(error: psycopg.Error) -> bool:
    """Say whether the connection is gone, or never came about."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(_LOST_STATES)


def can_be_repeated(error: psycopg.Error) -> bool:
    """Say whether the same may go well at the next try."""
    return is_lost(error) or error.sqlstate in _AGAIN_STATES


def unavailable(error: psycopg.Error, place: object, *, changing: bool = True) -> Unavailable:
    """Return what *error* means; the database's own text is left out.

    Where it was *changing* something, it says that nothing was changed; a reader did not mean to.
    """
    message, remedy = _meaning(error)
    unchanged = "; nothing was changed" if changing else ""
    return Unavailable(f"{message}{unchanged}", place=str(place), remedy=remedy)


def outcome_unknown(place: object) -> OutcomeUnknown:
    """Return that a commit was on its way when the connection ended, and that nobody can be asked."""
    return OutcomeUnknown(
        "the connection was lost during a commit, and the database does not answer whether it happened",
        place=str(place),
        remedy="when it answers again, look at what is there, and repeat what is missing",
    )


def _meaning(error: psycopg.Error) -> Meaning:
    state = error.sqlstate
    if state is None:
        text = str(error)
        found = (meaning for pattern, meaning in _BY_TEXT if pattern.search(text))
        return next(found, ("the database cannot be reached", "check host, port and network"))
    if is_lost(error):
        return "the connection to the database was lost", "try again"
    found = (meaning for start, meaning in _BY_STATE if state.startswith(start))
    return next(found, (f"PostgreSQL answered {state}", "look at the database's own log"))
