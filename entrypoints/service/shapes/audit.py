"""The audit log over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from jackfield.entrypoints.service.shapes.fields import number, text


@frozen(kw_only=True, eq=False, repr=False)
class Listing:
    """Which page: entries behind the position `after`, at most `limit`, of one `prompt` or one
    `session` where it is named."""

    after: int = number(default=0)
    limit: int = number(least=1, most=500, default=100)
    prompt: str | None = text(least=1, most=200, default=None)
    session: str | None = text(least=1, most=200, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class EntryShape:
    """One entry, with what its hash is taken of."""

    position: int
    id: str
    time: str
    organization: str
    kind: str
    name: str
    type: str
    outcome: str
    actor: str
    reason: str
    correlation_id: str
    payload: Mapping[str, Any] | None
    payload_hash: str
    previous: str
    hash: str


@frozen(kw_only=True, eq=False, repr=False)
class EntriesShape:
    """A page, oldest first; `next` is the `after` of the next one, null behind the last."""

    entries: tuple[EntryShape, ...]
    next: int | None


@frozen(kw_only=True, eq=False, repr=False)
class Proving:
    """A head that was kept elsewhere: it must still be in the chain."""

    head: str | None = text(least=64, most=64, default=None, pattern="^[0-9a-fA-F]{64}$")


@frozen(kw_only=True, eq=False, repr=False)
class VerifiedShape:
    """What was verified: no change was found."""

    entries: int
    head: str
    detached: int
