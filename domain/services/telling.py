"""What a walk along the chain tells: of each prompt's state, and of payloads that were erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.erasures import told_by
from jackfield.domain.model.errors import ChainBroken
from jackfield.domain.model.events import START, Entry, Outcome, Position
from jackfield.domain.model.states import PromptState, fingerprint
from jackfield.domain.model.subjects import Kind, Subject


@frozen
class Begun:
    """A change that was intended and is not settled: its operation's id, and when it was intended."""

    id: str
    time: datetime


@frozen
class Settled:
    """What the log says of a prompt: up to the entry at `position`, and of the state that was settled last.

    There is no `fingerprint` to compare with if the settling event's payload was erased and the erasure
    kept none. `begun` is what is under way.
    """

    position: Position
    settled_at: Position
    fingerprint: str | None
    begun: Begun | None = None


_UNWRITTEN: Final = Settled(START, START, fingerprint(PromptState()))


class Told:
    """What the entries that were heard so far tell."""

    def __init__(self, before: Mapping[Subject, Settled] | None = None) -> None:
        self._states = dict(before or {})
        self._fingerprints: dict[Position, str] = {}
        self._bare: set[Position] = set()

    @property
    def states(self) -> Iterable[Subject]:
        """The prompts that were told of."""
        return tuple(self._states)

    def listen(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass the entries on, and keep what each tells."""
        for entry in entries:
            self._hear(entry)
            yield entry

    def hear(self, entries: Iterable[Entry]) -> None:
        """Keep what each of the entries tells."""
        for entry in entries:
            self._hear(entry)

    def settled(self, prompt: Subject) -> Settled | None:
        """Return what the newest settling event of *prompt* says, or an erasure in its place."""
        said = self._states.get(prompt)
        if said is None or said.fingerprint is not None:
            return said
        return evolve(said, fingerprint=self._fingerprints.get(said.settled_at))

    def newest(self, positions: Iterable[Position]) -> dict[Position, str]:
        """Return the fingerprints at *positions* that are the newest of their prompts."""
        wanted = frozenset(positions)
        said = (self.settled(prompt) for prompt in self._states)
        return {
            s.settled_at: s.fingerprint
            for s in said
            if s is not None and s.settled_at in wanted and s.fingerprint is not None
        }

    def refuse_unexplained(self) -> None:
        """Raise `ChainBroken` for a payload that is gone and that no erasure tells of."""
        if self._bare:
            raise ChainBroken(
                "its payload is gone, and no entry tells of its erasure",
                position=min(self._bare),
                remedy="somebody changed the ledger: compare it with a backup or an export",
            )

    def _hear(self, entry: Entry) -> None:
        if entry.event.payload is None:
            self._bare.add(entry.position)
        erasure = told_by(entry)
        if erasure is not None:
            self._bare.difference_update(erasure.positions)
            self._fingerprints.update(erasure.fingerprints)
        if entry.event.subject.kind is Kind.PROMPT:
            before = self._states.get(entry.event.subject, _UNWRITTEN)
            self._states[entry.event.subject] = _then(before, entry)


def _then(before: Settled, entry: Entry) -> Settled:
    event = entry.event
    if event.outcome is Outcome.INTENDED:
        return evolve(before, position=entry.position, begun=Begun(event.correlation_id, event.time))
    state = (event.payload or {}).get("state")
    return Settled(entry.position, entry.position, state if isinstance(state, str) else None)
