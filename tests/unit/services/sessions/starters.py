"""A house in which sessions are started: a ledger in a file, a platform in memory, a clock that stands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.sessions import FakeSessionGateway
from jackfield.domain.model.events import START, Event
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.routing import Routing, Rule
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.wanting import Wanted
from jackfield.domain.services.sessions.holding.admission import Admission
from jackfield.domain.services.sessions.holding.reconciling import Reconciling
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.domain.services.sessions.starting.making import Making
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Ledger
from jackfield.ports.sessions import SessionGateway

MINA: Final = Actor(name="mina", reason="CHG-1")
ROUTING: Final = Routing(default="front-desk", rules=(Rule(queue="deutsch", languages=("de",)),))
LIMIT: Final = 2
SECOND: Final = timedelta(seconds=1)
_HALF: Final = 0.5


def bot(name: str = "retail", *, limit: int | None = LIMIT, **more: Any) -> Bot:
    """Return a bot of that name and limit."""
    return Bot(name=name, id=f"{name}-id", limit=limit, routing=ROUTING, **more)


def wanted(**more: Any) -> Wanted:
    """Return a session that a customer wants with the bot."""
    usual: dict[str, Any] = {"bot": "retail", "customer": "customer-1", **more}
    return Wanted(**usual)


def starting(
    ledger: Ledger,
    leases: Leases,
    gateway: SessionGateway,
    clock: Clock,
    bots: Sequence[Bot] = (),
    **more: Any,
) -> Starting:
    """Return what starts sessions, put together as a core does."""
    numbers = count(1)
    more = {"new_id": lambda: f"id-{next(numbers)}", "owner": "me", "measure": None, **more}
    records = SessionRecords(organization=ORGANIZATION, ledger=ledger, clock=clock, new_id=more["new_id"])
    reconciling = Reconciling(records=records, leases=leases, gateway=gateway)
    admission = Admission(records=records, leases=leases, gateway=gateway, reconciling=reconciling)
    making = Making(records=records, gateway=gateway, admission=admission, owner=more["owner"])
    return Starting(
        records=records,
        bots={each.name: each for each in bots or (bot(),)},
        making=making,
        jitter=lambda: _HALF,
        measure=more["measure"] or (lambda _: None),
    )


@define(eq=False)
class House:
    """All that a test looks at."""

    ledger: SqliteLedger
    clock: FrozenClock
    gateway: FakeSessionGateway
    starting: Starting
    heard: list[Measurement] = field(factory=list[Measurement])

    @property
    def records(self) -> SessionRecords:
        return self.starting.records

    @property
    def admission(self) -> Admission:
        return self.starting.making.admission

    def start(self, **more: Any) -> Loaded:
        return self.starting.start(wanted(**more), MINA)

    def leases(self, what: str = "places") -> Sequence[Lease]:
        return self.admission.leases.held(ORGANIZATION, f"session {what} retail-id")

    def events(self, loaded: Loaded) -> list[Event]:
        entries = self.ledger.follow(ORGANIZATION, START, 1_000, loaded.subject)
        return [entry.event for entry in entries]

    def told(self, loaded: Loaded) -> list[str]:
        return [f"{event.type} {event.outcome}" for event in self.events(loaded)]

    def outcomes(self) -> list[str]:
        return [m.labels["outcome"] for m in self.heard if m.name == "jackfield.session.starts"]

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


@contextmanager
def opened(folder: Path, *bots: Bot) -> Generator[House]:
    """Open a house; of no bots it has one with a limit."""
    clock = FrozenClock()
    gateway = FakeSessionGateway(clock=clock)
    heard = list[Measurement]()
    with SqliteLedger(folder / "ledger.db") as ledger:
        leases = SqliteLeases(ledger.file, clock)
        begun = starting(ledger, leases, gateway, clock, bots, measure=heard.append)
        yield House(ledger, clock, gateway, begun, heard)
