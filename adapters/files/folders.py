"""Finding prompt files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn

from jackfield.domain.model.errors import InvalidInput

SUFFIX: Final = ".prompt"


def find(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files named, and the `*.prompt` files below the folders named, each once and in order."""
    found = dict[Path, Path]()
    for path in paths:
        for file in _below(path):
            found.setdefault(Path(os.path.realpath(file)), file)
    return tuple(found.values())


def _below(path: Path) -> Iterator[Path]:
    if not os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises for a name that is too long
        yield path
        return
    files = sorted(_walk(path))
    if not files:
        raise InvalidInput(
            f"there is no *{SUFFIX} file in this folder",
            place=str(path),
            remedy="name another folder, or a file",
        )
    yield from files


def _walk(folder: Path) -> Iterator[Path]:
    """Every prompt file below *folder*; linked folders are not entered, so that no loop is."""
    for place, _, names in os.walk(folder, onerror=_unreadable):
        yield from (Path(place, name) for name in names if name.endswith(SUFFIX))


def _unreadable(error: OSError) -> NoReturn:
    raise InvalidInput(
        f"the folder cannot be read: {error.strerror}",
        place=str(error.filename),
        remedy="check its rights, or name the files",
    ) from None
