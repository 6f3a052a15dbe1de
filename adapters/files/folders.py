"""Finding prompt files, and those that claim the same name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from jackfield.adapters.files.prompts import PromptFile
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem

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
    files = sorted(p for p in path.rglob(f"*{SUFFIX}") if not p.is_dir())
    if not files:
        raise InvalidInput(
            f"there is no *{SUFFIX} file in this folder",
            place=str(path),
            remedy="name another folder, or a file",
        )
    yield from files


def twins(files: Iterable[PromptFile]) -> dict[Path, Problem]:
    """Return a problem for each file whose prompt's name an earlier file has."""
    first = dict[str, Path]()
    problems = dict[Path, Problem]()
    for file in files:
        if file.definition is None:
            continue
        name = file.definition.name
        holder = first.setdefault(name, file.path)
        if holder != file.path:
            message = (
                f"the name {name!r} belongs to {holder} already; rename one,"
                " or keep only the newest version's file"
            )
            problems[file.path] = file.placed([Problem(code="name-twice", message=message, place="name")])[0]
    return problems
