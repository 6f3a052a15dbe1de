"""The state folders: the root that holds them, and one a target; for their owner alone, and no links."""

from __future__ import annotations

from pathlib import Path

from jackfield.domain.model.errors import InvalidInput


def own_folder(folder: Path) -> None:
    """Make a target's *folder* and the root above it, or refuse those that lead elsewhere."""
    for each in (folder.parent, folder):
        if each.is_symlink():
            raise InvalidInput(
                "the state folder is a symbolic link",
                place=str(each),
                remedy="name the folder that it points to (JACKFIELD_STATE)",
            )
        try:
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(
                f"it cannot be the state folder: {error.strerror}",
                place=str(each),
                remedy="choose another path for the state folder (JACKFIELD_STATE)",
            ) from None
