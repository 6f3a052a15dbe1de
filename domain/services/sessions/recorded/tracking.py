"""Which sessions are open, and the facts of those that are over: read off the log once, and kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from attrs import define, evolve, field, frozen

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import Entry, Outcome, Position
from jackfield.domain.model.sessions.batches import Batch, Filling
from jackfield.domain.model.sessions.happenings import END, START
from jackfield.domain.model.sessions.states import SessionsState
from jackfield.domain.model.sessions.told import outcome_of
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.ports.ledger import Change

FULL: Final = 10_000
"""So many sessions are a part, which is written once; the newest ones are written anew with every look."""
_PAGE: Final = 500
_KEPT_EVERY: Final = 20_000
"""Entries after which a long look keeps what it has, so that the next one goes on from there."""
_NEWEST: Final = "newest"


@define(eq=False)
class Seen:
    """What a look found: the ids of the open sessions, oldest first, and the batches of those over."""

    revision: int
    position: int
    parts: int
    open: dict[str, None]
    filling: Filling
    full: list[Batch] = field(factory=list[Batch])

    @classmethod
    def of(cls, revision: int, state: SessionsState) -> Seen:
        """Return what was seen before."""
        filling = Filling(Batch.read(state.ended))
        return cls(revision, state.position, state.parts, dict.fromkeys(state.open), filling)

    def hear(self, entry: Entry) -> None:
        """Take an entry up."""
        self.position = entry.position
        event = entry.event
        if event.subject.kind is not Kind.SESSION:
            return
        if event.type == START and event.outcome is Outcome.INTENDED:
            self.open[event.subject.name] = None
        elif event.type == START and event.outcome is Outcome.FAILED:
            self.open.pop(event.subject.name, None)
        elif event.type == END:
            self.open.pop(event.subject.name, None)
            self._over(entry)

    def _over(self, entry: Entry) -> None:
        outcome = outcome_of(entry.event.payload)
        if outcome is None:
            return
        self.filling.add(outcome)
        if len(self.filling.batch) >= FULL:
            self.full.append(self.filling.batch)
            self.filling = Filling()

    @property
    def state(self) -> SessionsState:
        """What is kept of it."""
        return SessionsState(
            position=self.position,
            open=tuple(self.open),
            parts=self.parts + len(self.full),
            ended=self.filling.batch.text if len(self.filling.batch) else "",
        )


@frozen(kw_only=True)
class Tracking:
    """Reads the log from where the last look ended, so that nothing needs a look at every session ever.

    It costs about 60 µs for each entry of the log since then, of whatever kind. What is kept is of the log
    alone and can be read off it again; of two that look at once, one keeps what it saw. A session whose END
    was erased before anybody looked is in no report.
    """

    records: SessionRecords

    def look(self, *, keep: bool = True) -> Seen:
        """Read what is new; without *keep* nothing is written."""
        seen, since = self._kept(), 0
        while page := self.records.ledger.follow(self.records.organization, Position(seen.position), _PAGE):
            for entry in page:
                seen.hear(entry)
            since += len(page)
            if keep and since >= _KEPT_EVERY:
                keep, since = self._keep(seen), 0
        if keep and since:
            self._keep(seen)
        return seen

    def batches(self, seen: Seen) -> Iterator[Batch]:
        """Give the facts of every session that was over when *seen* was, each once."""
        for number in range(1, seen.parts + 1):
            state = self.records.ledger.read(self._subject(_part(number))).state
            yield Batch.read(state.ended if isinstance(state, SessionsState) else "")
        yield from seen.full
        yield seen.filling.batch

    def _kept(self) -> Seen:
        versioned = self.records.ledger.read(self._subject(_NEWEST))
        state = versioned.state
        return Seen.of(versioned.revision, state if isinstance(state, SessionsState) else SessionsState())

    def _keep(self, seen: Seen) -> bool:
        """Keep it, with the parts that are full, and say whether to go on so: else somebody was quicker."""
        newest = Change(subject=self._subject(_NEWEST), expected=seen.revision, state=seen.state)
        with suppress(Conflict):
            self.records.ledger.commit(newest, *self._parts(seen))
            seen.revision, seen.parts, seen.full = seen.revision + 1, seen.parts + len(seen.full), []
            return True
        return False

    def _parts(self, seen: Seen) -> Iterable[Change]:
        for number, batch in enumerate(seen.full, seen.parts + 1):
            state = evolve(SessionsState(), ended=batch.text)
            yield Change(subject=self._subject(_part(number)), expected=0, state=state)

    def _subject(self, name: str) -> Subject:
        return Subject(self.records.organization, Kind.SESSIONS, name)


def _part(number: int) -> str:
    return f"part-{number:06d}"
