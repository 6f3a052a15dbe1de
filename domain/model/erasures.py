"""What the audit log tells of payloads that were erased, so that nothing else can pass for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, Position

ERASE: Final = "audit.erase"
"""The type of the event that tells of an erasure; its own payload, nothing personal, is never erased."""


@frozen
class Erasure:
    """The entries whose payloads were erased together, and what must outlive them.

    `fingerprints` holds, by position, what an erased payload said of its prompt's state: where it was the
    newest of its prompt, `audit verify` goes on comparing the prompt with it.
    """

    positions: tuple[Position, ...]
    fingerprints: Mapping[Position, str] = field(factory=dict[Position, str])

    def payload(self) -> dict[str, JSON]:
        """Return it as an event's payload: positions as ranges, from and to."""
        return {
            "positions": [[first, last] for first, last in _ranges(self.positions)],
            "states": {str(position): text for position, text in sorted(self.fingerprints.items())},
        }


def told_by(entry: Entry) -> Erasure | None:
    """Return the erasure that *entry* tells of, or None; what does not read as one tells of nothing."""
    payload = entry.event.payload
    if entry.event.type != ERASE or payload is None:
        return None
    ranges, states = payload.get("positions"), payload.get("states")
    if not isinstance(ranges, list | tuple) or not isinstance(states, Mapping):
        return None
    return Erasure(tuple(_positions(ranges, below=entry.position)), dict(_fingerprints(states)))


def _ranges(positions: Collection[Position]) -> Iterator[tuple[Position, Position]]:
    first = last = None
    for position in sorted(positions):
        if first is None or last is None:
            first = position
        elif position != last + 1:
            yield first, last
            first = position
        last = position
    if first is not None and last is not None:
        yield first, last


def _positions(ranges: Collection[JSON], *, below: Position) -> Iterator[Position]:
    for each in ranges:
        match each:
            case [int(first), int(last)]:
                yield from map(Position, range(max(first, 1), min(last, below - 1) + 1))
            case _:
                continue


def _fingerprints(states: Mapping[str, JSON]) -> Iterator[tuple[Position, str]]:
    for position, text in states.items():
        if position.isdecimal() and isinstance(text, str):
            yield Position(int(position)), text
