"""What is kept of a destination: how far it is, what waits, what is dead; of bounded size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.deliveries.spans import Span, added, holds
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.events import Entry
from jackfield.domain.model.kept import State
from jackfield.domain.model.subjects import Kind

MOST_WAITING: Final = 100
"""How many subjects may wait; while so many do, nothing newer is looked at."""

MOST_DEAD: Final = 500
"""From so many dead letters on nothing but these is tried: nothing is dropped in silence."""


@frozen(kw_only=True)
class Waiting:
    """The oldest entry of a subject that is not delivered: the later ones of the subject wait behind it."""

    kind: Kind
    name: str
    position: int
    attempts: int = 0
    due: datetime
    trouble: str = ""

    @property
    def subject(self) -> tuple[Kind, str]:
        """What it is about."""
        return self.kind, self.name


@frozen(kw_only=True)
class DeadLetter:
    """An entry that is not tried again, unless somebody asked for it: then it has a `due`."""

    kind: Kind
    name: str
    position: int
    attempts: int
    time: datetime
    trouble: str = ""
    due: datetime | None = None


class Fate(StrEnum):
    """What became of one entry at one destination."""

    DELIVERED = "delivered"
    PENDING = "pending"
    RETRYING = "retrying"
    HELD = "held"
    DEAD = "dead"
    DISCARDED = "discarded"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class DestinationState(State):
    """How far a destination is.

    Up to `cursor` every entry that it wants is delivered, waits (`waiting`), is dead or was discarded. What
    it wanted up to `since` is not known any more: it wants `wants` from there on. It hears nothing before
    `rests_until`. `disabled` is what a receiver said that wants nothing more.
    """

    cursor: int = 0
    since: int = 0
    wants: tuple[str, ...] = ()
    delivered: int = 0
    waiting: tuple[Waiting, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    discarded: tuple[Span, ...] = ()
    rests_until: datetime | None = None
    disabled: str | None = None

    @property
    def undelivered(self) -> tuple[Waiting | DeadLetter, ...]:
        """Everything that waits or is dead."""
        found: list[Waiting | DeadLetter] = [*self.waiting, *self.dead]
        return tuple(found)

    @property
    def crowded(self) -> bool:
        """Whether so many letters are dead that nothing else is tried."""
        return len(self.dead) >= MOST_DEAD

    @property
    def halted(self) -> str | None:
        """Return why it hears nothing now, until somebody acts; None if it hears."""
        if self.disabled is None and self.crowded and all(each.due is None for each in self.dead):
            return f"{len(self.dead)} dead letters wait to be retried or discarded"
        return self.disabled

    def head(self, kind: Kind, name: str) -> Waiting | None:
        """Return what waits of a subject."""
        return next((each for each in self.waiting if each.subject == (kind, name)), None)

    def wanting(self, patterns: tuple[str, ...]) -> DestinationState:
        """Return the state of a destination that wants *patterns* from now on."""
        if patterns == self.wants:
            return self
        return evolve(self, wants=patterns, since=self.cursor)

    def without(self, positions: Iterable[int]) -> DestinationState:
        """Return the state in which the dead letters at *positions* are discarded."""
        gone = frozenset(positions)
        dead = tuple(each for each in self.dead if each.position not in gone)
        return evolve(self, dead=dead, discarded=added(self.discarded, gone))

    def fate(self, entry: Entry, *, by: str) -> Fate | None:
        """Return what became of *entry* at the destination named *by*; None if it does not want it."""
        if not wanted(self.wants, entry.event, by=by):
            return None
        if entry.position > self.cursor:
            return Fate.PENDING
        head = self.head(entry.event.subject.kind, entry.event.subject.name)
        if head is not None and entry.position >= head.position:
            return Fate.RETRYING if entry.position == head.position else Fate.HELD
        if any(each.position == entry.position for each in self.dead):
            return Fate.DEAD
        if holds(self.discarded, entry.position):
            return Fate.DISCARDED
        return Fate.UNKNOWN if entry.position <= self.since else Fate.DELIVERED
