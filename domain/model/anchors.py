"""Heads of the chain that are kept elsewhere, where whoever writes the ledger cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import frozen

from jackfield.domain.model.errors import ChainBroken
from jackfield.domain.model.events import START, Entry, Position
from jackfield.domain.model.subjects import Organization


@frozen(kw_only=True)
class Anchor:
    """The chain's newest entry at a time: who keeps it can tell later whether the chain still holds it."""

    organization: Organization
    position: Position
    hash: str
    time: datetime


def anchored(entries: Iterable[Entry], anchors: Iterable[Anchor]) -> Iterator[Entry]:
    """Pass a whole chain on; raise `ChainBroken` at the first entry that is not what an anchor says.

    An anchor behind the last entry shows that the end was cut off.
    """
    wanted: dict[Position, set[str]] = {}
    for anchor in anchors:
        wanted.setdefault(anchor.position, set()).add(anchor.hash)
    for entry in entries:
        if not wanted.pop(entry.position, {entry.hash}) <= {entry.hash}:
            raise _broken("it is not the entry that was here when an anchor was taken", entry.position)
        yield entry
    if wanted:
        raise _broken("an anchor was taken of it, and it is not in the chain any more", min(wanted))


def headed(entries: Iterable[Entry], position: Position, hash_: str) -> Iterator[Entry]:
    """Pass entries on; raise `ChainBroken` unless what the ledger calls its newest entry is among them."""
    seen = position == START
    for entry in entries:
        if entry.position == position:
            seen = entry.hash == hash_
        yield entry
    if not seen:
        raise _broken("the ledger calls it the newest entry, and it is not in the chain any more", position)


def _broken(fault: str, position: Position) -> ChainBroken:
    return ChainBroken(
        fault,
        position=position,
        remedy="the log was cut or rewritten since: compare it with a backup",
    )
