"""The state folders: the root that holds them, and one a target; for their owner alone, and no links."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from jackfield.domain.model.errors import InvalidInput

_OURS: Final = frozenset({"ledger.db", "simulator.db", "cache", "key"})
"""Of these, each target's folder and that of checks holds one at least."""


def own_folder(folder: Path) -> None:
    """Make a target's *folder* and the root above it, or refuse those that lead elsewhere."""
    for each in (folder.parent, folder):
        try:
            _make(each)
        except OSError as error:
            fault = f"it cannot be the state folder: {error.strerror}"
            remedy = "choose another path for the state folder, and name it in JACKFIELD_STATE"
            raise InvalidInput(fault, place=str(each), remedy=remedy) from None
        except UnicodeEncodeError:
            raise _refused(
                each, "its path is not UTF-8", "choose another path for the state folder"
            ) from None


def _make(folder: Path) -> None:
    str(folder.absolute()).encode()  # SQLite takes no other
    if folder.is_symlink():
        raise _refused(folder, "the state folder is a symbolic link", "name the folder that it points to")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _refused(folder, "other users can write to the folder", closing(folder))


def closing(folder: Path) -> str:
    """Return what closes *folder* to others; one that may not be ours alone is left as it is."""
    return f"chmod 700 {folder}" if _is_made_by_us(folder) else "choose another path for the state folder"


def _is_made_by_us(folder: Path) -> bool:
    """Whether the folder is our user's and holds nothing but what a target's folder or the root holds."""
    try:
        found = folder.stat()
        own = os.name != "posix" or (found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX)
        return own and (_is_target(folder) or all(map(_is_target, folder.iterdir())))
    except OSError:
        return False


def _is_target(folder: Path) -> bool:
    if not folder.is_dir() or folder.is_symlink():
        return False
    names = {each.name for each in folder.iterdir()}
    return not names or bool(names & _OURS)


def _refused(folder: Path, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, place=str(folder), remedy=f"{remedy} (JACKFIELD_STATE)")


def write_new(path: Path, content: bytes) -> None:
    """Write a file that was not there; raise `InvalidInput` where it cannot be, and leave no part of it."""
    made = False
    try:
        with path.open("xb") as file:
            made = True
            file.write(content)
    except OSError as error:
        if made:
            path.unlink(missing_ok=True)
        raise InvalidInput(
            f"it cannot be written: {error.strerror}",
            place=str(path),
            remedy="name a new file in a folder of yours",
        ) from None
