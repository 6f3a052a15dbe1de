"""Promise PG: a database that goes away in mid step is a clear error, and the rollout goes on afterwards."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.postgres import PostgresLeases, PostgresLedger
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown, Unavailable
from jackfield.domain.model.rollouts import Phase
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.prompts.operations import intents as operations
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.domain.services.rollouts.folding import buffered
from jackfield.entrypoints.core import Core
from tests.cables import Cable, Cut
from tests.proofs.mortals import OnTheSpot
from tests.proofs.sizes import sized
from tests.proofs.steppers import agrees, begin, go_well, opened
from tests.unit.services.conftest import NAME

OUTAGES = sized(6, full=40)
ROLLOUTS = sized(1, full=4)
PATIENCE = timedelta(milliseconds=200)
LATER = timedelta(minutes=10)


@define
class Outage:
    """The database goes away at a message that can be chosen, and stays away until it comes back."""

    cable: Cable
    at: int | None = None
    side: Cut = Cut.BEFORE
    messages: int = 0

    def __attrs_post_init__(self) -> None:
        self.cable.each = self.heard

    def heard(self) -> Cut | None:
        self.messages += 1
        return self.happens() if self.messages == self.at else None

    def happens(self) -> Cut:
        self.cable.away.set()
        return self.side

    def begins(self, at: int | None, side: Cut = Cut.BEFORE) -> None:
        self.messages, self.at, self.side = 0, at, side

    def begins_behind_the_intent(self) -> None:
        """The first commit takes the lease, the second says what is intended: it happens, unheard."""
        self.side, commits = Cut.AFTER, count(1)
        self.cable.plan = lambda: self.happens() if next(commits) == 2 else None

    def ends(self) -> None:
        self.at, self.cable.plan = None, lambda: None
        self.cable.away.clear()


@define
class Stepping:
    """A rollout, one who steps it over a cable, and one who is never cut off."""

    core: Core
    far: ActingRollouts
    outage: Outage
    clock: FrozenClock
    seen: Counter[str] = field(factory=Counter[str])

    def step(self) -> JackfieldError | None:
        try:
            self.far.step(NAME)
        except JackfieldError as error:
            return error
        return None

    def is_cut(self, at: int, side: Cut) -> None:
        """Step while the database goes away, and again when it is back."""
        self.outage.begins(at, side)
        self.goes_on()

    def goes_on(self) -> None:
        error = self.step()
        self.seen[self._said(error)] += 1
        self.outage.ends()
        self.clock.advance(LATER)
        assert self.step() is None

    def _said(self, error: JackfieldError | None) -> str:
        if error is not None:
            is_clear(error)
            return f"told as {type(error).__name__}"
        return "when all was done" if self.outage.cable.away.is_set() else "too late"


def is_clear(error: JackfieldError) -> None:
    """The database is named, or the prompt if it was moved; what to do is said in words of ours."""
    assert isinstance(error, Unavailable | OutcomeUnknown)
    moved = error.place == f"prompt {NAME}" and "mend the ledger" in error.remedy
    assert moved or ("postgresql://127.0.0.1:" in error.place and error.remedy)
    assert "server closed the connection" not in str(error)


@contextmanager
def stepping(url: str, folder: Path) -> Generator[Stepping]:
    clock = FrozenClock()
    with opened(url, folder, clock) as core, Cable(url) as cable:
        begin(core, OUTAGES + 1)
        with PostgresLedger(Secret(cable.through), patience=PATIENCE) as ledger:
            yield Stepping(core, over(ledger, core, clock), Outage(cable), clock)


def over(ledger: PostgresLedger, core: Core, clock: FrozenClock) -> ActingRollouts:
    """The rollouts of *core*, over another way to its ledger."""
    me = core.acting_as("cron", reason="hourly").rollouts
    mine = evolve(
        me.operations,
        records=evolve(me.operations.records, ledger=ledger),
        leases=PostgresLeases(ledger.database, clock),
    )
    folding = evolve(me.folding, ledger=ledger)
    return evolve(me, operations=mine, folding=folding, buffer=buffered(folding, OnTheSpot))


@pytest.mark.parametrize("seed", range(ROLLOUTS))
def test_a_step_in_which_the_database_goes_away_is_made_once_when_it_is_back(
    postgres: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with stepping(postgres, tmp_path) as story:
        go_well(story.core, 0)
        story.outage.begins(None)
        assert story.step() is None
        messages = story.outage.messages
        for number in range(1, OUTAGES + 1):
            go_well(story.core, number)
            story.is_cut(chance.randint(1, messages), chance.choice((Cut.BEFORE, Cut.AFTER)))
            status = story.core.rollouts.status(NAME)
            assert (status.rollout.step, status.rollout.phase is Phase.LIVE) == (
                number + 1,
                number == OUTAGES,
            )
            assert agrees(story.core)
        story.core.audit.verify()
    told = ", ".join(f"{count} {what}" for what, count in sorted(story.seen.items()))
    print(f"\nPG: {OUTAGES} steps in which the database went away, at any of {messages} messages ({told})")


@pytest.mark.parametrize("control", [False, True])
def test_a_move_that_was_intended_and_not_made_is_not_taken_for_made(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: bool
) -> None:
    """The control takes every move for made, without a look at the platform."""

    def yes(*_: object) -> tuple[bool, None]:
        return True, None

    if control:
        monkeypatch.setattr(operations, "happened", yes)
    with stepping(postgres, tmp_path) as story:
        go_well(story.core, 0)
        story.outage.begins_behind_the_intent()
        story.goes_on()
        assert story.core.rollouts.status(NAME).rollout.step == 1
        assert agrees(story.core) is not control
