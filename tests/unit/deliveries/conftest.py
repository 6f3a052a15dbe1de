"""Deliveries of a ledger in memory of one file, by a clock that tests move."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, change, prompt
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.retries import Retries
from jackfield.domain.model.deliveries.states import DestinationState
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.deliveries import ActingDeliveries, Deliveries, Passed, Pause
from jackfield.domain.services.deliveries.passing import Passing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.ports.destinations import Destination
from jackfield.ports.ledger import Change, Ledger

HOUR = timedelta(hours=1)


@define
class House:
    """A ledger, one destination that keeps what it hears, and who delivers."""

    ledger: SqliteLedger
    clock: FrozenClock = field(factory=FrozenClock)
    keeping: KeepingDestination = field(factory=KeepingDestination)
    measured: list[Measurement] = field(factory=list[Measurement])
    others: list[Destination] = field(factory=list[Destination])
    pause: Pause = field(factory=Pause)

    def deliveries(self, ledger: Ledger | None = None, owner: str = "a") -> Deliveries:
        ids = itertools.count(self.clock.now().microsecond)
        records = DeliveryRecords(
            organization=ORGANIZATION,
            ledger=ledger or self.ledger,
            clock=self.clock,
            new_id=lambda: f"{owner}{next(ids):031x}",
        )
        passing = Passing(
            records=records,
            leases=SqliteLeases(self.ledger.file, self.clock),
            owner=owner,
            retries=Retries(jitter=lambda: 0.0),
            pause=self.pause,
            measure=self.measured.append,
        )
        return Deliveries(passing=passing, destinations=lambda: (self.keeping, *self.others))

    def acting(self) -> ActingDeliveries:
        made = self.deliveries()
        return ActingDeliveries(
            passing=made.passing, destinations=made.destinations, actor=Actor(name="mina", reason="INC-1")
        )

    def happen(self, *names: str) -> None:
        """Let something happen to each prompt."""
        if len(set(names)) == len(names) > 1:
            self.ledger.commit(*(self._change(name) for name in names))
        else:
            for name in names:
                self.ledger.commit(self._change(name))

    def _change(self, name: str) -> Change:
        return change(prompt(name), self.ledger.read(prompt(name)).revision)

    def run(self, deadline: timedelta = HOUR) -> tuple[Passed, ...]:
        return self.deliveries().run(deadline)

    @property
    def state(self) -> DestinationState:
        return self.deliveries().records.load(self.keeping.name).state

    @property
    def told(self) -> list[str]:
        """The types of the log's entries about destinations."""
        entries = self.ledger.follow(ORGANIZATION, 0, 10_000)  # type: ignore[arg-type]  # a position
        return [e.event.type for e in entries if e.event.type.startswith("delivery.")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        yield House(ledger)


@pytest.fixture
def wait(house: House) -> Callable[[float], None]:
    """Move the clock on by seconds."""
    return lambda seconds: house.clock.advance(timedelta(seconds=seconds))
