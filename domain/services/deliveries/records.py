"""Reading and writing the states of destinations in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.deliveries.folding import Folded, Worked, folded
from jackfield.domain.model.deliveries.states import DeadLetter, DestinationState, Waiting
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.event_types import DEAD_LETTER, DISABLE
from jackfield.domain.model.events import Entry, Event, Outcome, Position
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.deliveries.values import BY
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Change, Ledger

_TRIES: Final = 20
_PAGE: Final = 200


@frozen(kw_only=True)
class Kept:
    """A destination's state at a revision."""

    subject: Subject
    revision: int
    state: DestinationState


@frozen(kw_only=True)
class DeliveryRecords:
    """The destinations of one organization, as the ledger has them."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]

    def names(self) -> tuple[str, ...]:
        """Every destination that ever got so far as to have a state."""
        return tuple(s.name for s in self.ledger.subjects(self.organization, Kind.DESTINATION))

    def load(self, name: str) -> Kept:
        """Return a destination's state; an empty one at revision 0 if there is none yet."""
        subject = Subject(self.organization, Kind.DESTINATION, name)
        found = self.ledger.read(subject)
        state = found.state if isinstance(found.state, DestinationState) else DestinationState()
        return Kept(subject=subject, revision=found.revision, state=state)

    def follow(self, after: int, limit: int, kind: Kind | None = None, name: str = "") -> Sequence[Entry]:
        """Return entries behind *after*; those of one subject if its kind is given."""
        subject = None if kind is None else Subject(self.organization, kind, name)
        return self.ledger.follow(self.organization, Position(after), limit, subject)

    def held(self, state: DestinationState, head: Waiting, *, by: str, after: int) -> Iterator[Entry]:
        """Yield the entries of the subject of *head* behind *after* that were looked at and are wanted."""
        while page := self.follow(after, _PAGE, head.kind, head.name):
            for entry in page:
                if entry.position > state.cursor:
                    return
                if wanted(state.wants, entry.event, by=by):
                    yield entry
            after = page[-1].position

    def keep(self, kept: Kept, state: DestinationState, *events: Event) -> Kept:
        """Commit the state; raise `Conflict` if somebody moved it meanwhile."""
        change = Change(subject=kept.subject, expected=kept.revision, state=state, events=events)
        self.ledger.commit(change)
        return Kept(subject=kept.subject, revision=kept.revision + 1, state=state)

    def settle(self, kept: Kept, worked: Worked) -> tuple[Kept, Folded]:
        """Commit what came of a batch, and what it must tell; raise `Conflict` if another is at work.

        What somebody did by hand meanwhile is kept: only a moved cursor tells of another worker.
        """
        begun = kept.state
        for _ in range(_TRIES):
            fold = folded(kept.state, worked)
            try:
                return self.keep(kept, fold.state, *self._events(kept.subject, fold)), fold
            except Conflict:
                kept = self.load(kept.subject.name)
                if (kept.state.cursor, kept.state.wants) != (begun.cursor, begun.wants):
                    raise
                kept = self._freed(begun, kept, worked.cursor)
        raise Conflict(
            "it is changed again and again",
            place=f"destination {kept.subject.name}",
            remedy="try again when others are done",
        )

    def _freed(self, begun: DestinationState, kept: Kept, cursor: int) -> Kept:
        """Let those subjects wait on that waited when the batch began, and whose head was discarded since.

        The batch left their entries up to *cursor* alone, and whoever discarded did not look beyond the old
        cursor: else nobody would ever deliver them.
        """
        seen = evolve(kept.state, cursor=cursor)
        heads = tuple(
            evolve(each, position=first.position, attempts=0, due=self.clock.now(), trouble="")
            for each in begun.waiting
            if kept.state.head(each.kind, each.name) is None
            and (first := next(self.held(seen, each, by=kept.subject.name, after=begun.cursor), None))
        )
        return evolve(kept, state=evolve(kept.state, waiting=(*kept.state.waiting, *heads)))

    def _events(self, subject: Subject, fold: Folded) -> tuple[Event, ...]:
        """A letter about deliveries that dies is not told of: two sinks would tell each other for ever."""
        died = [self._died(subject, each) for each in fold.died if each.kind is not Kind.DESTINATION]
        if fold.disabled is not None:
            died.append(self.event(subject, DISABLE, BY, fold.disabled, {"reason": fold.disabled}))
        return tuple(died)

    def _died(self, subject: Subject, letter: DeadLetter) -> Event:
        payload: dict[str, JSON] = {
            "position": letter.position,
            "attempts": letter.attempts,
            "reason": letter.trouble,
        }
        return self.event(subject, DEAD_LETTER, BY, "it could not be delivered", payload)

    def event(
        self, subject: Subject, type_: str, actor: str, reason: str, payload: Mapping[str, JSON]
    ) -> Event:
        """Return an event about a destination, which happens now."""
        identifier = self.new_id()
        return Event(
            id=identifier,
            time=self.clock.now(),
            subject=subject,
            type=type_,
            actor=actor,
            reason=reason,
            outcome=Outcome.SUCCEEDED,
            correlation_id=identifier,
            payload=dict(payload),
        )
