"""Erasing payloads so that no byte of them stays in the ledger's files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Final

import apsw

from jackfield.adapters.sqlite.connections import open_writer
from jackfield.adapters.sqlite.writer import Errand, Writer
from jackfield.adapters.writes import Request
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.domain.model.events import Position
from jackfield.domain.model.subjects import Organization

_DETACH: Final = "UPDATE entries SET payload = NULL WHERE organization = ? AND position = ?"


def erase(
    path: Path,
    patience: timedelta,
    organization: Organization,
    positions: Collection[Position],
    request: Request | None,
) -> None:
    """Detach payloads and write *request* in one transaction; then rewrite the file without them.

    On a connection of its own, which overwrites what it deletes: commits need not pay for that.
    """
    connection = open_writer(path, patience)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        if positions or request:
            _detach(connection, path, [(organization, p) for p in positions], request)
        _wipe(connection, path)
    finally:
        connection.close()


def _detach(
    connection: apsw.Connection, path: Path, keys: list[tuple[str, int]], request: Request | None
) -> None:
    writer = Writer(connection, str(path))
    errand = Errand[None](lambda c: _nothing(c.executemany(_DETACH, keys)))
    try:
        outcomes = writer.write([errand, *([] if request is None else [request])])
        for outcome in outcomes:
            if isinstance(outcome, JackfieldError):
                raise outcome
        writer.commit()
    finally:
        writer.settle()


def _nothing(_: object) -> None:
    """What the errand returns."""


def _wipe(connection: apsw.Connection, path: Path) -> None:
    """Old copies of a row stay in slack space, in free pages and in the write-ahead log: rewrite them all."""
    try:
        connection.execute("VACUUM")
        busy = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0])
    except apsw.Error as error:
        raise _still_there(path, type(error).__name__) from error
    if busy:
        raise _still_there(path, "another process reads it")


def _still_there(path: Path, why: str) -> Unavailable:
    return Unavailable(
        f"the payloads are detached, but their bytes are still in the file ({why})",
        place=str(path),
        remedy="erase again when nobody else uses it",
    )
