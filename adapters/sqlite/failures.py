"""What SQLite's errors mean to who uses the ledger."""

from __future__ import annotations

from typing import Final

import apsw

from jackfield.domain.model.errors import Unavailable

_MEANINGS: Final[tuple[tuple[tuple[type[apsw.Error], ...], str, str], ...]] = (
    (
        (apsw.BusyError, apsw.LockedError),
        "another process holds it for too long",
        "try again; if it stays so, end the process that hangs",
    ),
    ((apsw.FullError,), "the disk is full", "free some space and try again"),
    (
        (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.AuthError),
        "it cannot be opened for writing",
        "check that its folder is there and belongs to this user",
    ),
    ((apsw.CorruptError, apsw.NotADBError), "the file is damaged", "restore a backup"),
    ((apsw.IOError,), "the disk failed", "check the disk, then open the ledger again"),
)


def unavailable(error: apsw.Error, place: str) -> Unavailable:
    """Return what *error* means; SQLite's own text stays in the cause."""
    for types, message, remedy in _MEANINGS:
        if isinstance(error, types):
            return Unavailable(f"{message}; nothing was changed", place=place, remedy=remedy)
    return Unavailable(
        f"SQLite answered {type(error).__name__}; nothing was changed",
        place=place,
        remedy="open the ledger again",
    )
