"""Copies of the ledger's file, taken while others write, and proved before they are handed over."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import apsw

from jackfield.adapters.sqlite.connections import open_reader
from jackfield.adapters.sqlite.failures import unavailable
from jackfield.adapters.sqlite.ledger import SqliteLedger
from jackfield.adapters.sqlite.soundness import check
from jackfield.domain.model.errors import InvalidInput
from jackfield.ports.ledger import Ledger

_T = TypeVar("_T")


def copy(ledger: SqliteLedger, destination: Path, verify: Callable[[Ledger], _T]) -> _T:
    """Write the whole ledger as of one moment to the new file *destination*, of mode 0600, and return what
    *verify* said of it.

    Nobody waits for it. The copy is checked page by page and opened as a ledger for *verify* before it gets
    its name. Raises `InvalidInput` for a file that exists or cannot be made, and what *verify* raises;
    then nothing is left behind.
    """
    destination = destination.absolute()
    if os.path.lexists(destination):
        raise _exists(destination)
    with _folder_beside(destination) as folder:
        part = folder / "ledger.db"
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            _copy(ledger, part)
            check(part, ledger.file.patience)
            with SqliteLedger(part) as copied:
                verified = verify(copied)
            _close_up(part)
        except apsw.Error as error:
            raise unavailable(error, str(destination)) from error
        _name(part, destination)
    return verified


def _copy(ledger: SqliteLedger, part: Path) -> None:
    """In one step, from one snapshot: in several, each write of another process would begin it anew."""
    with (
        closing(open_reader(ledger.file.path, ledger.file.patience)) as source,
        closing(apsw.Connection(str(part), flags=apsw.SQLITE_OPEN_READWRITE)) as target,
        target.backup("main", source, "main") as backup,
    ):
        backup.step()


def _close_up(part: Path) -> None:
    """Let it be one file, without the write-ahead log that a ledger in use has."""
    with closing(apsw.Connection(str(part), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()


@contextmanager
def _folder_beside(destination: Path) -> Generator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=".jackfield-backup-", dir=destination.parent))
    except OSError as error:
        raise _unwritable(destination, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _name(part: Path, destination: Path) -> None:
    """Never over a file that came there meanwhile; and durable before anybody is told."""
    try:
        try:
            os.link(part, destination)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            os.close(os.open(destination, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            part.replace(destination)
        _sync(destination)
    except FileExistsError:
        raise _exists(destination) from None
    except OSError as error:
        raise _unwritable(destination, error) from error


def _sync(path: Path) -> None:
    for each in (path, path.parent):
        with suppress(PermissionError):  # a folder on Windows, or one that we may only pass through
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _exists(destination: Path) -> InvalidInput:
    return InvalidInput("it exists already", place=str(destination), remedy="name a new file")


def _unwritable(destination: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"it cannot be written: {error.strerror}",
        place=str(destination),
        remedy="name a new file in a folder of yours",
    )
