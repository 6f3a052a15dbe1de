"""The state folders: the root that holds them, and one a target; for their owner alone, and no links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from jackfield.domain.model.errors import InvalidInput


def own_folder(folder: Path) -> None:
    """Make a target's *folder* and the root above it, or refuse those that lead elsewhere."""
    for each in (folder.parent, folder):
        try:
            _make(each)
        except OSError as error:
            fault = f"it cannot be the state folder: {error.strerror}"
            raise _refused(each, fault, "choose another path for the state folder") from None
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
        raise _refused(folder, "other users can write to the folder", f"chmod 700 {folder}")


def _refused(folder: Path, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, place=str(folder), remedy=f"{remedy} (JACKFIELD_STATE)")
