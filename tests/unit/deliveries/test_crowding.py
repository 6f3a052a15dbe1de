"""Deliveries by several at once, of too much, and of what was not recorded."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import change, change_again, prompt
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.states import MOST_DEAD, MOST_WAITING
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Rejected
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.events import Entry
from jackfield.domain.services.deliveries import Pause
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.deliveries.conftest import NO, House


def test_a_deadline_that_is_over_begins_nothing(house: House) -> None:
    house.happen("a")
    house.run(timedelta())
    assert house.keeping.heard == []


def test_a_receiver_that_hangs_is_left_alone_after_a_few(house: House) -> None:
    class Hangs(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            self.heard.append(entry)
            return NO

    house.keeping, house.pause = Hangs(), Pause(lanes=1)
    house.happen(*(f"p{n}" for n in range(50)))
    house.run()
    assert len(house.keeping.heard) == 8


def test_so_many_subjects_wait_and_no_more(house: House) -> None:
    house.keeping.script = [NO if n % 2 == 0 else Delivered() for n in range(1_000)]
    house.happen(*(f"p{n}" for n in range(400)))
    house.pause = Pause(lanes=1)
    house.run()
    assert len(house.state.waiting) == MOST_WAITING


def test_too_many_dead_letters_disable(house: House) -> None:
    house.keeping.script = [Rejected(reason="no")] * 2_000
    change_again(house.ledger, change(prompt("a"), events=MOST_DEAD + 300))
    house.run()
    assert MOST_DEAD <= len(house.state.dead) < MOST_DEAD + 300
    assert house.state.halted == f"{len(house.state.dead)} dead letters wait to be retried or discarded"


def test_only_one_at_a_time_serves_a_destination(house: House) -> None:
    found = list[bool]()

    class Meanwhile(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            found.extend(p.busy for p in house.deliveries(owner="b").run(timedelta(hours=1)))
            return Delivered()

    house.keeping = Meanwhile()
    house.happen("a")
    house.run()
    assert found == [True]


def test_several_threads_deliver_each_entry_once(house: House) -> None:
    house.happen(*(f"p{n % 7}" for n in range(60)))

    def run(owner: str) -> None:
        house.deliveries(owner=owner).run(timedelta(hours=1))

    threads = [threading.Thread(target=run, args=(owner,)) for owner in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.run()
    assert sorted(e.position for e in house.keeping.taken) == list(range(1, 61))


class Cut:
    """A ledger whose next commits fail, before or after they happened."""

    def __init__(self, inner: SqliteLedger, *, after: bool) -> None:
        self.inner, self.after = inner, after

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        if changes[0].state.cursor == 0:  # type: ignore[attr-defined]  # what it wants, recorded first
            return self.inner.commit(*changes)
        if self.after:
            self.inner.commit(*changes)
        raise Unavailable("cut")


@pytest.mark.parametrize("after", [False, True])
def test_what_was_not_recorded_is_repeated_by_the_same_id(house: House, *, after: bool) -> None:
    house.happen("a", "b")
    (passed,) = house.deliveries(Cut(house.ledger, after=after)).run(timedelta(hours=1))  # type: ignore[arg-type]
    house.run()
    assert passed.trouble == "cut"
    assert len(house.keeping.heard) == (2 if after else 4)
    assert len({e.position for e in house.keeping.heard}) == 2
