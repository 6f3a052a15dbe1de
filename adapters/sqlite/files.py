"""Which files and folders the ledger trusts; whatever it refuses, it leaves as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import apsw

from jackfield.adapters.sqlite.presence import lock_of, was_made
from jackfield.domain.model.errors import InvalidInput

APPLICATION_ID: Final = 0x4A4B4644  # "JKFD"

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_OWNER: Final = stat.S_IRUSR | stat.S_IWUSR
_FOREIGN_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_FOREIGN: Final = stat.S_IRWXG | stat.S_IRWXO
_POSIX: Final = os.name == "posix"


def prepare(path: Path, *, owner: int | None = None) -> None:
    """Make *path* a file that only its owner can read, in a folder that only its owner can change.

    What is there already is checked and not mended: raises `InvalidInput` with the remedy. *owner* is
    the user that all must belong to, by default the one this process runs as.
    """
    user = os.geteuid() if owner is None and _POSIX else owner
    _prepare_folder(path.parent, user)
    _refuse_gone(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _keep_names(path.parent)
    except FileExistsError:
        _check_file(path, user)
    except OSError as error:
        raise _refused(path, f"it cannot be made ({error.strerror})", "choose another folder") from error


def _prepare_folder(folder: Path, user: int | None) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except FileExistsError as error:
        raise _refused(folder, "it is not a folder", "choose another path for the state folder") from error
    except OSError as error:
        fault = f"the folder cannot be made or read ({error.strerror})"
        raise _refused(folder, fault, "choose another path for the state folder") from error
    _check_owner(folder, found, user)
    if _POSIX and found.st_mode & _FOREIGN_WRITE:
        raise _refused(folder, "other users can write to the folder", f"chmod 700 {folder}")
    if not _allows(found, stat.S_IRWXU) or not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(folder, "the folder is read-only", f"chmod 700 {folder}")


def _check_file(path: Path, user: int | None) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        remedy = "put the file that it points to in its place, or choose another path for the state folder"
        raise _refused(path, "it is a symbolic link", remedy)
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, "it is not a file", "move it away, or choose another path")
    _check_owner(path, found, user)
    if _POSIX and found.st_mode & _FOREIGN:
        raise _refused(path, "other users can open the file", f"chmod 600 {path}")
    if not _allows(found, _OWNER) or not os.access(path, os.R_OK | os.W_OK):
        raise _refused(path, "the file cannot be read and written", f"chmod 600 {path}")
    _check_header(path)


def _refuse_gone(path: Path) -> None:
    """A ledger that was here is never begun anew in silence."""
    if was_made(path) and (not path.exists() or not path.stat().st_size):
        raise _refused(
            path,
            "the ledger that was made here is gone or empty",
            f"restore a backup; to begin a new ledger, remove {lock_of(path)}",
        )


def _lost(path: Path) -> str:
    return "; a ledger was here: restore a backup" if was_made(path) else ""


def _check_owner(path: Path, found: os.stat_result, user: int | None) -> None:
    if user is not None and found.st_uid != user:
        raise _refused(path, f"it belongs to user {found.st_uid}", "run as that user, or choose another path")


def _keep_names(folder: Path) -> None:
    """SQLite makes contents durable; the names of a new file and folder would not survive a power cut."""
    for named in (folder, folder.parent) if _POSIX else ():
        try:
            descriptor = os.open(named, os.O_RDONLY)
        except PermissionError:
            continue  # a parent that we may only pass through: somebody else made the folder in it
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _allows(found: os.stat_result, mode: int) -> bool:
    """As the mode says it: root may do what it does not allow, and would go on in silence."""
    return not _POSIX or found.st_mode & mode == mode


def _check_header(path: Path) -> None:
    """An empty file is a new ledger; SQLite itself would take much else for one, and change it."""
    found = header(path)
    if not found:
        return
    if len(found) < _HEADER_BYTES or not found.startswith(_MAGIC):
        raise _refused(path, "it is not a SQLite file", f"move it away, or choose another path{_lost(path)}")
    if int.from_bytes(found[68:72], "big") != APPLICATION_ID:
        raise _refused(path, "it is a database of another program", "choose another path")


def header(path: Path) -> bytes:
    """Return how the file begins, by SQLite's own way.

    Closing another file would drop the locks that this process may hold by a ledger.
    """
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]
    try:
        file = apsw.VFSFile("", str(path), flags)
        found = file.xRead(_HEADER_BYTES, 0)
        file.xClose()
    except apsw.Error as error:
        raise _refused(path, "the file cannot be read", f"chmod 600 {path}") from error
    return found


def _refused(path: Path, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, place=str(path), remedy=remedy)
