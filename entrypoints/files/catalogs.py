"""Catalogs of examples that lie beside prompt files, checked with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from jackfield.adapters.files.catalogs import SUFFIX, read_catalog
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.files.checked import Checked


@frozen(kw_only=True)
class CheckedCatalog(Checked):
    """A catalog: every problem at its line, and how many of its examples are fine."""

    examples: int = 0


def catalog_beside(path: Path, name: str) -> Path | None:
    """Return the catalog of the prompt *name* beside its file; None if there is none."""
    catalog = path.parent / f"{name}{SUFFIX}"
    return catalog if catalog.is_file() else None


def is_catalog(path: Path) -> bool:
    """Say whether a file is a catalog, by its name."""
    return path.name.endswith(SUFFIX)


def beside(files: Iterable[Checked]) -> tuple[Path, ...]:
    """Return the catalogs beside prompt files."""
    found = (catalog_beside(file.path, file.name) for file in files if file.name is not None)
    return tuple(path for path in found if path is not None)


def check_catalogs(paths: Iterable[Path]) -> tuple[CheckedCatalog, ...]:
    """Check catalogs, each once; an unreadable one is a problem too."""
    return tuple(map(_checked, dict.fromkeys(paths)))


def _checked(path: Path) -> CheckedCatalog:
    try:
        file = read_catalog(path)
    except InvalidInput as error:
        problem = Problem(code="unreadable", message=f"{error.message}; {error.remedy}", place=str(path))
        return CheckedCatalog(path=path, problems=(problem,))
    return CheckedCatalog(path=path, problems=file.problems, examples=len(file.examples))
