"""What somebody does by hand while a pass is under way: nothing is lost, and nothing called delivered."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from attrs import define, field

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.delivering import deliver_all
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START, Entry
from jackfield.domain.services.deliveries import Pause
from tests.unit.deliveries.conftest import HOUR, House

NO: Final = Retry(reason="not now")
SEEDS: Final = 12
ROUNDS: Final = 8


@define
class Does(KeepingDestination):
    """Answers as it is told to, after something has happened."""

    act: Callable[[Entry], Delivery] = lambda _: Delivered()

    def deliver(self, entry: Entry) -> Delivery:
        verdict = self.act(entry)
        if isinstance(verdict, Delivered):
            self.taken.append(entry)
        return verdict


def _fates(house: House) -> dict[int, Fate | None]:
    entries = house.ledger.follow(ORGANIZATION, START, 1_000)
    return {each.position: house.state.fate(each, by=house.keeping.name) for each in entries}


def test_what_waits_behind_a_head_that_is_discarded_during_a_pass_is_delivered(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a")
    house.run()
    house.happen("a")
    house.happen("other")
    house.happen("a")

    def discards(entry: Entry) -> Delivery:
        if entry.event.subject.name == "other":
            house.acting().discard("keeping", [1])
        return Delivered()

    house.keeping = Does(act=discards)
    (passed,) = house.run()
    house.run()
    assert passed.trouble == ""
    assert [e.position for e in house.keeping.taken] == [3, 2, 4]
    assert {n: fate for n, fate in _fates(house).items() if n <= 4} == {
        1: Fate.DISCARDED,
        2: Fate.DELIVERED,
        3: Fate.DELIVERED,
        4: Fate.DELIVERED,
    }


def test_until_it_is_delivered_it_is_shown_as_left(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a")
    house.run()
    house.happen("a")
    house.happen("a")

    def discards(entry: Entry) -> Delivery:
        if not house.state.discarded:
            house.acting().discard("keeping", [1])
        return NO

    house.happen("other")
    house.keeping = Does(act=discards)
    house.run(timedelta(seconds=1))
    assert [_fates(house)[n] for n in (1, 2, 3)] == [Fate.DISCARDED, Fate.RETRYING, Fate.HELD]


@define
class Chance:
    """Random verdicts, and hands and other workers in the middle of deliveries."""

    house: House
    chance: random.Random
    well: bool = False
    taken: set[int] = field(factory=set[int])
    done: list[object] = field(factory=list[object])
    _within: bool = False

    def __call__(self, entry: Entry) -> Delivery:
        if not (self.well or self._within):
            self._meanwhile(self.chance.random())
        verdict = self._verdict(self.chance.random())
        self.done.append((entry.position, entry.event.subject.name, type(verdict).__name__))
        if isinstance(verdict, Delivered):
            self.taken.add(entry.position)
        return verdict

    def _verdict(self, chance: float) -> Delivery:
        if self.well or chance < 0.5:
            return Delivered()
        if chance < 0.8:
            return NO
        return Rejected(reason="no") if chance < 0.97 else Gone(reason="gone")

    def _meanwhile(self, chance: float) -> None:
        if chance < 0.4:
            self.hand()
        elif chance > 0.9:
            self.house.happen(self.chance.choice("abc"))
        elif chance > 0.85:
            self._another_works()

    def _another_works(self) -> None:
        self._within = True
        self.house.clock.advance(timedelta(seconds=61))  # the lease is over: its holder was stopped
        self.house.deliveries(owner="b").run(HOUR)
        self._within = False
        self.done.append("another worked")

    def hand(self) -> None:
        acting, left = self.house.acting(), [each.position for each in self.house.state.undelivered]
        verb = self.chance.choices(("retry", "discard", "skip", "one"), (3, 3, 1, 13))[0]
        with suppress(JackfieldError):
            if verb != "one":
                getattr(acting, verb)("keeping")
            elif left:
                self._one(acting.discard if self.chance.random() < 0.7 else acting.retry, left)
        self.done.append(verb)

    def _one(self, verb: Callable[[str, list[int]], int], left: list[int]) -> None:
        verb("keeping", [self.chance.choice(left)])


def _lived(ledger: SqliteLedger, seed: int) -> tuple[Chance, dict[int, Fate | None]]:
    """Let things happen at random, then let the receiver be well until everything is settled."""
    house = House(ledger, pause=Pause(lanes=1))
    chance = Chance(house, random.Random(seed))
    house.keeping = Does(act=chance, wants=("prompt.*",))
    for _ in range(ROUNDS):
        house.happen(*chance.chance.choices("abc", k=3))
        house.run()
        if chance.chance.random() < 0.3:
            house.clock.advance(timedelta(hours=8))
    chance.well = True
    house.acting().retry("keeping")
    deliver_all(house.deliveries(), house.clock)
    return chance, _fates(house)


def test_whatever_is_done_in_the_middle_nothing_is_lost_or_called_delivered_that_was_not(
    tmp_path: Path,
) -> None:
    """The seed of what goes wrong is in the message; the numbers of what was seen are printed."""
    delivered = 0
    for seed in range(SEEDS):
        with SqliteLedger(tmp_path / f"{seed}.db") as ledger:
            chance, fates = _lived(ledger, seed)
        told = {n for n, fate in fates.items() if fate is Fate.DELIVERED}
        left = {n for n, fate in fates.items() if fate in (Fate.PENDING, Fate.RETRYING, Fate.HELD)}
        assert not told - chance.taken, f"seed {seed}: {told - chance.taken} were not: {chance.done}"
        assert not left, f"seed {seed}: {left} are left for ever: {chance.done}"
        delivered += len(told)
    print(f"{SEEDS} seeds: {delivered} entries are shown as delivered, and all of them were")
    assert delivered > SEEDS
