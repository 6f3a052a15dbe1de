"""Which cache folder is trusted; what is not is renamed out of the way, never opened and never followed."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_FILES: Final = frozenset({"cache.db", "cache.db-wal", "cache.db-shm"})
_FOREIGN: Final = stat.S_IRWXG | stat.S_IRWXO
_POSIX: Final = os.name == "posix"
_SPACE: Final = 4
"""How many times its limit the file may take: its pages, and the write-ahead log's."""


def is_trusted(folder: Path, *, size_limit: int, owner: int | None = None) -> bool:
    """Whether *folder* and all in it are the owner's alone, and only what a cache of ours has.

    A journal is none of it: SQLite deletes the file that a hot one names. Nor is a link, hard ones included.
    """
    user = os.geteuid() if owner is None and _POSIX else owner
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _is_own(found, user):
        return False
    inside = [(path.name, each) for path in folder.iterdir() if (each := _status(path)) is not None]
    return "cache.db" in {name for name, _ in inside} and all(
        name in _FILES
        and stat.S_ISREG(each.st_mode)
        and each.st_nlink == 1
        and each.st_size <= _SPACE * size_limit
        and _is_own(each, user)
        for name, each in inside
    )


def _status(path: Path) -> os.stat_result | None:
    """None of a write-ahead log that went when another process closed the store."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def make(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make *folder* whole or not at all, filled by *fill*; one that somebody made meanwhile is as good."""
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
    try:
        fill(made)
        for path in made.iterdir():
            path.chmod(0o600)
        made.rename(folder)
    except BaseException as error:
        shutil.rmtree(made, ignore_errors=True)
        if not (isinstance(error, OSError) and folder.is_dir()):
            raise


def put_aside(folder: Path) -> Path | None:
    """Rename *folder*, or the link or file in its place; return the new path, None if it is gone already.

    One is kept for whoever wants to look at it; an earlier one is removed.
    """
    for earlier in folder.parent.glob(f"{folder.name}.aside-*"):
        if earlier.is_symlink() or not earlier.is_dir():
            earlier.unlink(missing_ok=True)
        else:
            shutil.rmtree(earlier, ignore_errors=True)
    aside = folder.with_name(f"{folder.name}.aside-{secrets.token_hex(4)}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return None
    return aside


def _is_own(found: os.stat_result, user: int | None) -> bool:
    return not _POSIX or (found.st_uid == user and not found.st_mode & _FOREIGN)
