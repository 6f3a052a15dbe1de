"""Why a session went as it did: every turn with its decision and its numbers, read off the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import define, evolve, field, frozen

from jackfield.domain.model.events import START as FIRST
from jackfield.domain.model.events import Entry
from jackfield.domain.model.sessions.happenings import HAND_BACK, HAND_OFF, TURN
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.model.sessions.replays import Compared, Step, what_if
from jackfield.domain.model.sessions.telling import decision_of, step_of
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords

_PAGE: Final = 500
_STEPS: Final = (TURN, HAND_OFF, HAND_BACK)


@frozen(kw_only=True)
class Explained:
    """One turn: what was decided, None if that was erased, and what other thresholds would have done.

    `would_be` is None without others, and from the first erased payload on: what was counted up to there
    nobody knows any more.
    """

    number: int
    time: datetime
    decision: Decision | None
    would_be: Decision | None = None

    @property
    def differs(self) -> bool:
        """Whether another thing would be done, or for another first reason."""
        if self.decision is None or self.would_be is None:
            return False
        return Compared(turn=self.number, was=self.decision, would_be=self.would_be).differs


@frozen(kw_only=True)
class Explanation:
    """A session's turns, with the thresholds that it has, and the others that were asked about.

    `erased` is how many payloads that moved the policy are gone.
    """

    session: str
    thresholds: Thresholds
    other: Thresholds | None = None
    turns: tuple[Explained, ...] = ()
    erased: int = 0

    @property
    def first(self) -> Explained | None:
        """The first turn that differs; what comes behind it is what would be decided of the same words."""
        return next((turn for turn in self.turns if turn.differs), None)


@define(eq=False)
class _Reading:
    """What was read of a session's entries so far; `steps` are those before anything that was erased."""

    turns: list[Explained] = field(factory=list[Explained])
    steps: list[Step] = field(factory=list[Step])
    erased: int = 0

    def hear(self, entry: Entry) -> None:
        event = entry.event
        if event.type not in _STEPS:
            return
        step = step_of(event.payload)
        self.erased += event.payload is None
        if step is not None and not self.erased:
            self.steps.append(step)
        if event.type == TURN:
            number, decision = len(self.turns) + 1, decision_of(event.payload)
            self.turns.append(Explained(number=number, time=event.time, decision=decision))


def explain(records: SessionRecords, loaded: Loaded, other: Thresholds | None) -> Explanation:
    """Return every turn of the session, and with *other* thresholds what they would have done."""
    reading, own = _Reading(), loaded.state.thresholds
    for entry in entries(records, loaded):
        reading.hear(entry)
    compared = () if other is None else what_if(own, other, reading.steps).turns
    with_others = [
        evolve(turn, would_be=pair.would_be) for turn, pair in zip(reading.turns, compared, strict=False)
    ]
    return Explanation(
        session=loaded.id,
        thresholds=own,
        other=other,
        turns=(*with_others, *reading.turns[len(with_others) :]),
        erased=reading.erased,
    )


def entries(records: SessionRecords, loaded: Loaded) -> Iterator[Entry]:
    """Give all that the log has of the session, oldest first."""
    after = FIRST
    while page := records.ledger.follow(records.organization, after, _PAGE, loaded.subject):
        yield from page
        after = page[-1].position
