"""Sessions of several processes that are killed, on a line that is cut, by chance."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import define, field, frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.adapters.testing.sessions import FakeSessionGateway, ScriptedUnderstanding
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown
from jackfield.domain.model.sessions.signals import Evaluation
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.domain.services.sessions.ending.recovering import Recovered, Recovering
from jackfield.domain.services.sessions.handing.returning import is_returning
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from tests.proofs.mortals import Life, MortalLeases, MortalLedger
from tests.unit.services.sessions.actors import acting
from tests.unit.services.sessions.starters import bot

LIMIT: Final = 2
PROCESSES: Final = 2
CUTS: Final = (When.BEFORE, When.AFTER)
CHANGES: Final = ("start", "route", "close")
OTHERS: Final = ("look_up", "find", "count_active")


@frozen
class MortalGateway:
    """A platform as a process sees it that may be killed before and after each call."""

    inner: FakeSessionGateway
    life: Life

    def __getattr__(self, verb: str) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            self.life.step()
            answer = getattr(self.inner, verb)(*args, **more)
            self.life.step()
            return answer

        return call


@frozen(kw_only=True)
class Luck:
    """What chance does to one call: which process makes it, when that is killed, and which call is cut."""

    chance: Random
    which: int
    death: int | None
    cut: tuple[str, When, JackfieldError | None] | None


def lucky(chance: Random) -> Luck:
    """Most calls are survived, and heard."""
    which = chance.randrange(PROCESSES)
    death = chance.randint(0, 9) if chance.random() < 0.15 else None
    return Luck(chance=chance, which=which, death=death, cut=_cut(chance) if chance.random() < 0.5 else None)


def _cut(chance: Random) -> tuple[str, When, JackfieldError | None]:
    """A call that is lost on its way, or its answer; of what changes nothing that is all the same."""
    verb, when = chance.choice([*CHANGES, *["route"] * 5, *OTHERS]), chance.choice(CUTS)
    return verb, when, OutcomeUnknown("no answer") if verb in CHANGES and chance.random() < 0.5 else None


def numbers(chance: Random) -> Evaluation:
    """Mostly what a bot survives."""
    return Evaluation(
        intent=chance.choice(["refund", "refund", "refund", "order", "agent", None]),
        confidence=chance.choice([0.9, 0.9, 0.9, 0.9, 0.45, 0.1, 1.7]),
        sentiment=chance.choice([0.5, 0.5, 0.2, 0.0, -0.9]),
    )


@define(eq=False)
class Process:
    """One process of the program, and how long it lives."""

    sessions: ActingSessions
    life: Life


@define(eq=False)
class World:
    """One ledger, one platform, and the processes that share them."""

    folder: Path = field(factory=lambda: Path(tempfile.mkdtemp()))
    stack: ExitStack = field(factory=ExitStack)
    clock: FrozenClock = field(factory=FrozenClock)
    understanding: ScriptedUnderstanding = field(factory=ScriptedUnderstanding)
    gateway: FakeSessionGateway = field(init=False)
    ledger: SqliteLedger = field(init=False)
    processes: list[Process] = field(init=False)
    _numbers: count[int] = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.gateway = FakeSessionGateway(clock=self.clock)
        self.ledger = self.stack.enter_context(SqliteLedger(self.folder / "ledger.db"))
        self.processes = [self.open() for _ in range(PROCESSES)]

    def open(self) -> Process:
        life = Life()
        sessions = acting(
            MortalLedger(self.ledger, life),
            MortalLeases(SqliteLeases(self.ledger.file, self.clock), life),
            MortalGateway(self.gateway, life),  # type: ignore[arg-type]  # it passes every verb on
            self.understanding,
            self.clock,
            (bot(limit=LIMIT),),
            starting={"new_id": lambda: f"id-{next(self._numbers)}"},
        )
        return Process(sessions, life)

    def close(self) -> None:
        self.stack.close()
        shutil.rmtree(self.folder)


def recovered(sessions: ActingSessions) -> Recovered:
    """Settle all sessions as a core's `recover` does."""
    return Recovering(
        records=sessions.records,
        tracking=Tracking(records=sessions.records),
        start=sessions.starting.settle,
        handoff=lambda loaded: sessions.handing.resume(loaded.id, sessions.actor),
        close=sessions.closing.settle,
        expire=sessions.closing.expire,
        back=sessions.returning.settle,
    ).recover()


def settled(sessions: ActingSessions, loaded: Loaded) -> None:
    """Settle one session, whether or not it is time for that."""
    state, actor = loaded.state, sessions.actor
    if state.session.standing is Standing.RESERVED:
        sessions.starting.settle(loaded)
    elif is_returning(state):
        sessions.returning.settle(loaded)
    elif state.session.standing is Standing.HANDING_OVER:
        sessions.handing.resume(loaded.id, actor)
    else:
        sessions.closing.settle(loaded)
