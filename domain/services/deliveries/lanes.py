"""Working on one subject's entries: one after the other, until one must be tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import define, field

from jackfield.domain.model.deliveries.folding import Ended
from jackfield.domain.model.deliveries.retries import Retries
from jackfield.domain.model.deliveries.states import DeadLetter, Waiting
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry, Untried
from jackfield.domain.model.events import Entry
from jackfield.domain.services.deliveries.batches import Lane
from jackfield.ports.clock import Clock

Deliver: TypeAlias = Callable[[Entry], Delivery]


@define(kw_only=True)
class Worker:
    """Delivers a lane; `stop` is asked before each entry. Never raises for what a destination does."""

    lane: Lane
    deliver: Deliver
    retries: Retries
    clock: Clock
    stop: Callable[[], bool]
    _ended: Ended = field(init=False)
    _delivered: int = field(default=0, init=False)
    _dead: list[DeadLetter] = field(factory=list[DeadLetter], init=False)

    def work(self) -> Ended:
        """Return what came of it."""
        return self._again(self.lane.letter) if self.lane.letter is not None else self._in_order()

    def _in_order(self) -> Ended:
        for number, entry in enumerate(self.lane.entries):
            attempts = self.lane.attempts if number == 0 else 0
            if self.stop():
                return self._end(self._head(entry.position, attempts))
            match self.deliver(entry):
                case Delivered():
                    self._delivered += 1
                case Rejected(reason=reason):
                    self._bury(entry, attempts + 1, reason)
                case Gone() | Untried() as no:
                    return self._end(self._left(entry, attempts, no))
                case Retry() as retry:
                    head = self._later(entry, attempts + 1, retry)
                    if head is not None:
                        return self._end(head)
        return self._end(None if self.lane.beyond is None else self._head(self.lane.beyond))

    def _again(self, letter: DeadLetter) -> Ended:
        """A dead letter that somebody wants to be tried again: once, then it is dead again."""
        if self.stop() or not self.lane.entries:
            return self._buried_again(letter, letter)
        attempts = letter.attempts + 1
        match self.deliver(self.lane.entries[0]):
            case Delivered():
                return Ended(kind=letter.kind, name=letter.name, again=letter.position, delivered=1)
            case Untried():
                return self._buried_again(letter, letter)
            case Retry() | Rejected() | Gone() as no:
                now = self.clock.now()
                dead = DeadLetter(
                    kind=letter.kind,
                    name=letter.name,
                    position=letter.position,
                    attempts=attempts,
                    time=now,
                    trouble=no.reason,
                )
                return self._buried_again(letter, dead)

    def _buried_again(self, letter: DeadLetter, dead: DeadLetter) -> Ended:
        return Ended(kind=letter.kind, name=letter.name, again=letter.position, dead=(dead,))

    def _end(self, head: Waiting | None) -> Ended:
        return Ended(
            kind=self.lane.kind,
            name=self.lane.name,
            begun=self.lane.begun,
            delivered=self._delivered,
            head=head,
            dead=tuple(self._dead),
        )

    def _left(self, entry: Entry, attempts: int, no: Gone | Untried) -> Waiting:
        """What is not tried again by itself; a receiver that wants nothing more was asked all the same."""
        if isinstance(no, Gone):
            return self._head(entry.position, attempts + 1, no.reason)
        return self._head(entry.position, attempts)

    def _later(self, entry: Entry, attempts: int, retry: Retry) -> Waiting | None:
        wait = self.retries.after(attempts, retry.after)
        if wait is None:
            self._bury(entry, attempts, retry.reason)
            return None
        head = self._head(entry.position, attempts)
        return Waiting(
            kind=head.kind,
            name=head.name,
            position=head.position,
            attempts=attempts,
            due=head.due + wait,
            trouble=retry.reason,
        )

    def _head(self, position: int, attempts: int = 0, trouble: str = "") -> Waiting:
        return Waiting(
            kind=self.lane.kind,
            name=self.lane.name,
            position=position,
            attempts=attempts,
            due=self.clock.now(),
            trouble=trouble,
        )

    def _bury(self, entry: Entry, attempts: int, reason: str) -> None:
        self._dead.append(
            DeadLetter(
                kind=self.lane.kind,
                name=self.lane.name,
                position=entry.position,
                attempts=attempts,
                time=self.clock.now(),
                trouble=reason,
            )
        )
