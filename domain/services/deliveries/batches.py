"""What is to be delivered next: new entries, what waited and is due, dead letters that are to be retried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, field, frozen

from jackfield.domain.model.deliveries.retries import is_due
from jackfield.domain.model.deliveries.states import MOST_WAITING, DeadLetter, DestinationState, Waiting
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.events import Entry
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.deliveries.records import DeliveryRecords

_PAGE: Final = 200
_MOST_READ: Final = 5_000
_MOST_LANES: Final = 40
_MOST_OF_ONE: Final = 10


@frozen(kw_only=True)
class Lane:
    """Entries of one subject, to be delivered one after the other.

    The first was tried `attempts` times. `begun` is where the subject waited; `beyond` is its next entry
    that did not fit in. With `letter` it is that dead letter, alone.
    """

    kind: Kind
    name: str
    entries: tuple[Entry, ...] = ()
    attempts: int = 0
    begun: int | None = None
    beyond: int | None = None
    letter: DeadLetter | None = None


@frozen(kw_only=True)
class Batch:
    """Lanes to be worked on at the same time, and how far the log was looked at for them."""

    cursor: int
    lanes: tuple[Lane, ...] = field(default=())


@frozen(kw_only=True)
class Batches:
    """Makes batches for the destination *name*."""

    name: str
    records: DeliveryRecords

    def next(self, state: DestinationState) -> Batch:
        """Return what is to be done now; a batch without lanes only moves the cursor, if it does.

        Where too many letters are dead, only they are tried: otherwise there would be more and more of them.
        """
        now = self.records.clock.now()
        room = 0 if state.crowded else MOST_WAITING - len(state.waiting)
        due = [each for each in state.waiting if is_due(each.due, now) and not state.crowded][:_MOST_LANES]
        letters = [each for each in state.dead if each.due is not None][:_MOST_LANES]
        cursor, new = self._new(state, room)
        ahead = evolve(state, cursor=cursor)
        lanes = (
            *(lane for each in due if (lane := self._waited(ahead, each)) is not None),
            *(self._letter(each) for each in letters),
            *_by_subject(new),
        )
        return Batch(cursor=cursor, lanes=lanes)

    def _new(self, state: DestinationState, room: int) -> tuple[int, list[Entry]]:
        """Look at entries behind the cursor until *room* of them are wanted; held ones are left to wait."""
        held = {each.subject for each in state.waiting}
        found, cursor, seen = list[Entry](), state.cursor, 0
        while room > len(found) and seen < _MOST_READ:
            page = self.records.follow(cursor, _PAGE)
            for entry in page:
                if len(found) == room:
                    return cursor, found
                cursor, seen = entry.position, seen + 1
                if self._wants(state, entry) and _subject(entry) not in held:
                    found.append(entry)
            if len(page) < _PAGE:
                break
        return cursor, found

    def _wants(self, state: DestinationState, entry: Entry) -> bool:
        return wanted(state.wants, entry.event, by=self.name)

    def _waited(self, state: DestinationState, head: Waiting) -> Lane | None:
        """The entries of a subject that waited, from its head on; also those that were held behind it."""
        entries = list(self._held(state, head))
        beyond = entries[_MOST_OF_ONE].position if len(entries) > _MOST_OF_ONE else None
        return Lane(
            kind=head.kind,
            name=head.name,
            entries=tuple(entries[:_MOST_OF_ONE]),
            attempts=head.attempts,
            begun=head.position,
            beyond=beyond,
        )

    def _held(self, state: DestinationState, head: Waiting) -> Iterator[Entry]:
        after, count = head.position - 1, 0
        while page := self.records.follow(after, _MOST_OF_ONE + 1, head.kind, head.name):
            for entry in page:
                if entry.position > state.cursor or count > _MOST_OF_ONE:
                    return
                if entry.position == head.position or self._wants(state, entry):
                    count += 1
                    yield entry
            after = page[-1].position

    def _letter(self, letter: DeadLetter) -> Lane:
        entries = tuple(self.records.follow(letter.position - 1, 1))
        return Lane(kind=letter.kind, name=letter.name, entries=entries, letter=letter)


def _subject(entry: Entry) -> tuple[Kind, str]:
    return entry.event.subject.kind, entry.event.subject.name


def _by_subject(entries: list[Entry]) -> Iterator[Lane]:
    lanes = dict[tuple[Kind, str], list[Entry]]()
    for entry in entries:
        lanes.setdefault(_subject(entry), []).append(entry)
    for (kind, name), found in lanes.items():
        yield Lane(kind=kind, name=name, entries=tuple(found))
