"""Writing into the log what happens with advice: many conversations in one commit, in order by each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from attrs import define, evolve, field

from jackfield.domain.model.advice.happenings import DELIVERED, LOST
from jackfield.domain.model.advice.records import advice_subject
from jackfield.domain.model.advice.states import AdviceState
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, Unavailable
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.domain.services.advice.hearing import spelling
from jackfield.domain.services.advice.hearing.weighing import load
from jackfield.domain.services.advice.measuring import Measures
from jackfield.domain.services.advice.told import Delivery, Display, Happening, Said, type_of
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.ports.clock import Clock
from jackfield.ports.conversations import Redact
from jackfield.ports.ledger import Change, Ledger, Repeat, Versioned

_TRIES: Final = 50
_CORE: Final = "jackfield"


def _rests() -> None:
    """There is nothing else to do."""


@define(eq=False)
class Recording:
    """Writes what the buffer hands on. With `redact` the texts of what was recommended are kept, redacted."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]
    redact: Redact | None = None
    _spelled_before: spelling.Spelled = field(init=False)
    _states: dict[Subject, Versioned] = field(factory=dict[Subject, Versioned], init=False)

    def __attrs_post_init__(self) -> None:
        self._spelled_before = spelling.Spelled(self.redact)

    def write(self, happenings: Sequence[Happening], lost: Mapping[str, int]) -> None:
        """Commit all of it, or nothing; then it raises, and is called again with it."""
        events, states = self._spelled(happenings, lost)
        for _ in range(_TRIES):
            changes = tuple(self._changes(self._kept(list(events)), events, states))
            self._states = {}  # what the ledger has is not known before it answers
            try:
                self.ledger.commit(*changes)
            except Conflict:
                continue
            self._states = {each.subject: Versioned(each.expected + 1, each.state) for each in changes}
            return
        raise Unavailable("other processes were always faster", place="advice", remedy="it is tried again")

    def write_once(self, happenings: Sequence[Happening], name: str) -> bool:
        """Commit all of it, of one conversation, under *name*; False if that was committed before."""
        events, states = self._spelled(happenings, {})
        for _ in range(_TRIES):
            (change,) = self._changes(self._read(list(events)), events, states)
            try:
                return not isinstance(self.ledger.commit(evolve(change, once=name)), Repeat)
            except Conflict:
                continue
        raise Unavailable("other processes were always faster", place="advice", remedy="try again")

    def _spelled(
        self, happenings: Sequence[Happening], lost: Mapping[str, int]
    ) -> tuple[Mapping[Subject, Sequence[Event]], Mapping[Subject, AdviceState]]:
        told = dict[str, list[Happening]]()
        for each in happenings:
            told.setdefault(each.conversation, []).append(each)
        events, states = dict[Subject, list[Event]](), dict[Subject, AdviceState]()
        for conversation, theirs in told.items():
            subject = advice_subject(self.organization, conversation)
            events.setdefault(subject, []).extend(self._events(subject, theirs))
            states[subject] = _counted(states.get(subject, AdviceState()), theirs)
        if lost:
            subject = advice_subject(self.organization, "")
            events.setdefault(subject, []).append(self._lost(subject, lost))
            states[subject] = evolve(states.get(subject, AdviceState()), lost=sum(lost.values()))
        return events, states

    def _changes(
        self,
        found: Iterable[tuple[Subject, Versioned]],
        events: Mapping[Subject, Sequence[Event]],
        more: Mapping[Subject, AdviceState],
    ) -> Iterator[Change]:
        for subject, kept in found:
            before = kept.state if isinstance(kept.state, AdviceState) else AdviceState()
            state = _sum(before, more[subject])
            yield Change(subject=subject, expected=kept.revision, state=state, events=tuple(events[subject]))

    def _kept(self, subjects: Sequence[Subject]) -> Iterable[tuple[Subject, Versioned]]:
        """Give each with its state: as the last commit left it, which a conflict tells if it is not so."""
        if all(subject in self._states for subject in subjects):
            return [(subject, self._states[subject]) for subject in subjects]
        return self._read(subjects)

    def _read(self, subjects: Sequence[Subject]) -> Iterable[tuple[Subject, Versioned]]:
        return zip(subjects, self.ledger.read_all(subjects), strict=True)

    def _events(self, subject: Subject, happenings: Sequence[Happening]) -> Iterator[Event]:
        """Give one event for answers that follow one another, and one each for all else."""
        for is_delivery, group in groupby(happenings, lambda each: isinstance(each, Delivery)):
            if is_delivery:
                yield self._delivered(subject, [each for each in group if isinstance(each, Delivery)])
            else:
                yield from (self._event(subject, each) for each in group if not isinstance(each, Delivery))

    def _delivered(self, subject: Subject, deliveries: Sequence[Delivery]) -> Event:
        first = deliveries[0]
        payload = spelling.delivered(deliveries, self._spelled_before)
        event = self._of(subject, DELIVERED, first.time, payload)
        return evolve(event, actor=_actor(first.advised.agent), correlation_id=first.id)

    def _event(self, subject: Subject, each: Display | Said) -> Event:
        agent, time, payload = _spelled(each)
        event = self._of(subject, type_of(each), time, payload)
        event = evolve(event, actor=_actor(agent), correlation_id=each.advice or event.id)
        if each.teller is None:
            return event
        return evolve(event, actor=each.teller.actor, reason=each.teller.reason or event.reason)

    def _lost(self, subject: Subject, lost: Mapping[str, int]) -> Event:
        return self._of(subject, LOST, self.clock.now(), dict(lost))

    def _of(self, subject: Subject, kind: str, time: datetime, payload: Mapping[str, JSON]) -> Event:
        identifier = self.new_id()
        return Event(
            id=identifier,
            time=time,
            subject=subject,
            type=kind,
            actor=_CORE,
            reason="advice",
            outcome=Outcome.SUCCEEDED,
            correlation_id=identifier,
            payload=payload,
        )


def _spelled(each: Display | Said) -> tuple[str, datetime, Mapping[str, JSON]]:
    if isinstance(each, Display):
        return each.agent, each.time, spelling.displayed(each)
    return each.feedback.agent, each.feedback.time, spelling.told(each)


def _actor(agent: str) -> str:
    return f"agent:{agent}"


def buffered(
    recording: Recording, measures: Measures, kind: type[Buffer[Happening, str]] = Buffer
) -> Buffer[Happening, str]:
    """Return a buffer before *recording*; what it loses is measured."""
    return kind(write=recording.write, idle=_rests, key=type_of, count=measures.lost, load=load())


def _counted(state: AdviceState, happenings: Sequence[Happening]) -> AdviceState:
    kinds = Counter(map(type, happenings))
    shown = sum(len(each.shown) for each in happenings if type(each) is Display) if kinds[Display] else 0
    return evolve(
        state,
        delivered=state.delivered + kinds[Delivery],
        displayed=state.displayed + shown,
        told=state.told + kinds[Said],
    )


def _sum(one: AdviceState, other: AdviceState) -> AdviceState:
    return AdviceState(
        delivered=one.delivered + other.delivered,
        displayed=one.displayed + other.displayed,
        told=one.told + other.told,
        lost=one.lost + other.lost,
    )
