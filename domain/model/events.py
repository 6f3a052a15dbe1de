"""What happened, and the hash chain that makes a change of it visible.

An entry's hash covers its head: every field of the event but the payload, of which only the hash is
in the chain. So a payload can be erased and the chain still verifies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NewType

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.errors import ChainBroken, InvalidInput
from jackfield.domain.model.subjects import Subject

Position = NewType("Position", int)

START: Final = Position(0)
GENESIS: Final = "0" * 64


class Outcome(StrEnum):
    """How far it came: said before a call, and again after it."""

    INTENDED = "intended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def _in_a_zone(_event: object, _field: object, time: datetime) -> None:
    if time.utcoffset() is None:
        raise InvalidInput("a time without a zone means another instant on each machine", place="time")


@frozen(kw_only=True)
class Event:
    """One thing that somebody did, or tried: who, why, to what, and how it ended."""

    id: str
    time: datetime = field(validator=_in_a_zone)
    subject: Subject
    type: str
    actor: str
    reason: str
    outcome: Outcome
    correlation_id: str
    payload: Mapping[str, JSON] | None = field(factory=dict[str, JSON])


@frozen(kw_only=True)
class Entry:
    """An event at its place in the chain; `event.payload` is None once it has been detached."""

    position: Position
    previous: str
    hash: str
    payload_hash: str
    event: Event


@frozen(kw_only=True)
class Verified:
    """A chain without a fault: how many entries, its head, and how many payloads were detached."""

    entries: int
    head: str
    detached: int


def timestamp(time: datetime, timespec: str = "microseconds") -> str:
    """Return *time* as RFC 3339 in UTC, always 27 characters with microseconds."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    if timespec != "microseconds":
        return time.isoformat(timespec=timespec).removesuffix("+00:00") + "Z"
    second = _second(time.year, time.month, time.day, time.hour, time.minute, time.second)
    return f"{second}{time.microsecond:06}Z"


@lru_cache(maxsize=64)
def _second(*numbers: int) -> str:
    """Return what the times of a second begin with: there may be thousands of it in a batch."""
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.".format(*numbers)


def head(event: Event, *, payload_hash: str, position: Position, previous: str) -> str:
    """Return the canonical text that an entry's hash is taken of."""
    return canonical(
        {
            "actor": event.actor,
            "correlation_id": event.correlation_id,
            "id": event.id,
            "kind": event.subject.kind.value,
            "name": event.subject.name,
            "organization": event.subject.organization,
            "outcome": event.outcome.value,
            "payload_hash": payload_hash,
            "position": position,
            "previous": previous,
            "reason": event.reason,
            "time": timestamp(event.time),
            "type": event.type,
        }
    )


def verify(entries: Iterable[Entry], *, anchor: str | None = None) -> Verified:
    """Check a whole chain from its first entry; raise `ChainBroken` at the first entry that does not fit.

    *anchor* is a head that was kept elsewhere: the chain must still contain it, which shows a cut end or
    a chain that was rewritten as a whole. Without one, a full rewrite is not found.
    """
    previous, count, detached, anchored = GENESIS, 0, 0, anchor in {None, GENESIS}
    for entry in _checked(entries):
        previous, count = entry.hash, count + 1
        detached += entry.event.payload is None
        anchored = anchored or entry.hash == anchor
    if not anchored:
        raise ChainBroken(
            f"the head {anchor} that was kept elsewhere is not in the chain of {count} entries",
            position=count,
            remedy="the log was cut or rewritten since: compare it with a backup",
        )
    return Verified(entries=count, head=previous, detached=detached)


def _checked(entries: Iterable[Entry]) -> Iterator[Entry]:
    previous, position = GENESIS, START
    for entry in entries:
        position = Position(position + 1)
        fault = _fault(entry, position, previous)
        if fault:
            raise ChainBroken(fault, position=position, remedy="compare the log with a backup or an export")
        previous = entry.hash
        yield entry


def _fault(entry: Entry, position: Position, previous: str) -> str | None:
    if entry.position != position:
        return f"an entry is missing or doubled: position {entry.position} stands where {position} belongs"
    if entry.previous != previous:
        return "it does not follow the entry before it"
    payload = entry.event.payload
    if payload is not None and not _hashes_to(entry.payload_hash, lambda: canonical(payload)):
        return "its payload was changed"
    place = {"payload_hash": entry.payload_hash, "previous": previous}
    fits = _hashes_to(entry.hash, lambda: head(entry.event, position=position, **place))
    return None if fits else "it was changed"


def _hashes_to(expected: str, spell: Callable[[], str]) -> bool:
    """What cannot be spelled at all (NaN, half a surrogate pair, a date out of range) was never hashed."""
    try:
        return digest(spell()) == expected
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False
