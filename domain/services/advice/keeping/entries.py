"""Marks as bytes, as processes tell them to one another: what does not fit exactly is found to be spoilt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from jackfield.domain.model.canonical import digest, ordered
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.keeping.marked import Mark, What


def written(organization: Organization, marks: Iterable[Mark]) -> bytes:
    """Return *marks* as JSON behind its SHA-256."""
    listed = [(m.what, m.name, m.time.astimezone(UTC).isoformat()) for m in marks]
    text = ordered((organization, listed))
    return f"{digest(text)}\n{text}".encode()


def read(organization: Organization, entry: bytes, most: int) -> tuple[Mark, ...] | None:
    """Return the marks that *entry* tells, or None if it is not what was written for *organization*."""
    with suppress(ValueError, TypeError, KeyError, RecursionError, OverflowError):
        checksum, _, text = entry.decode().partition("\n")
        of, said = json.loads(text)
        if (checksum, of) == (digest(text), organization):
            return tuple(_mark(*each) for each in said[:most])
    return None


def _mark(what: str, name: str, text: str) -> Mark:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return Mark(What(what), str(name), time)
