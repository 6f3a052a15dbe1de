"""A glance at which subjects there are, by a connection that cannot write and hardly waits."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.sqlite.connections import open_reader
from jackfield.domain.model.subjects import Kind, Organization

_NAMES: Final = """
    SELECT name FROM subjects
    WHERE organization = ? AND kind = ? AND name >= ? AND substr(name, 1, length(?)) = ?
    ORDER BY name LIMIT ?"""
_PATIENCE: Final = timedelta(milliseconds=50)


def names(
    path: Path, organization: Organization, kind: Kind, *, beginning: str, limit: int
) -> tuple[str, ...]:
    """Return the names of at most *limit* subjects that begin so; raise `Unavailable`, `apsw.Error`."""
    connection = open_reader(path, _PATIENCE)
    try:
        bindings = (organization, kind.value, beginning, beginning, beginning, limit)
        return tuple(str(name) for (name,) in connection.execute(_NAMES, bindings))
    finally:
        connection.close()
