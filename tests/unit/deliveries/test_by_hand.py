"""Deliveries by hand: what is tried again, discarded or skipped."""

from __future__ import annotations

from datetime import timedelta

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.delivering import deliver_all
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected
from jackfield.domain.model.events import START, Entry
from jackfield.domain.services.deliveries import Pause
from tests.unit.deliveries.conftest import NO, House, names_of


def test_a_retry_by_hand_makes_it_hear_again(house: House) -> None:
    house.keeping.script = [Gone(reason="410")]
    house.happen("a", "b")
    house.run()
    house.acting().retry("keeping")
    deliver_all(house.deliveries(), house.clock)
    assert sorted(names_of(house.keeping.taken)) == ["a", "b"]


def test_whoever_acts_sees_how_it_stands(house: House) -> None:
    house.happen("a")
    assert house.acting().status() == house.deliveries().status()


def test_what_is_done_by_hand_in_the_middle_of_a_pass_is_kept(house: House) -> None:
    house.keeping.script = [Rejected(reason="no"), Delivered()]
    house.happen("a", "b")
    house.pause = Pause(lanes=1)
    house.run()

    class Meanwhile(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            house.acting().discard("keeping")
            return Delivered()

    house.keeping = Meanwhile()
    house.happen("c")
    house.run()
    assert (house.state.dead, house.state.cursor >= 3, house.state.delivered) == ((), True, 2)


def test_a_discarded_letter_is_never_shown_as_delivered(house: House) -> None:
    house.keeping.script = [Rejected(reason="no")]
    house.happen("a", "a")
    house.run()
    assert house.acting().discard("keeping") == 1
    entries = house.ledger.follow(ORGANIZATION, START, 2)
    found = house.deliveries().fates(entries)
    assert [house.state.fate(e, by="keeping") for e in entries] == [Fate.DISCARDED, Fate.DELIVERED]
    assert found


def test_what_waits_can_be_discarded_and_the_subject_goes_on(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a", "a")
    house.run()
    house.acting().discard("keeping", [1])
    house.run()
    assert [e.position for e in house.keeping.taken] == [2]


def test_everything_can_be_skipped(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a", "a", "b")
    house.run()
    house.happen("c")
    house.acting().skip("keeping")
    house.clock.advance(timedelta(days=1))
    house.run()
    entries = house.ledger.follow(ORGANIZATION, START, 4)
    fates = [house.state.fate(e, by="keeping") for e in entries]
    assert fates == [Fate.DISCARDED, Fate.DISCARDED, Fate.DELIVERED, Fate.DISCARDED]


def test_a_dead_letter_is_tried_again_alone(house: House) -> None:
    house.keeping.script = [Rejected(reason="no")]
    house.happen("a", "a")
    house.run()
    house.acting().retry("keeping", [1])
    house.run()
    assert ([e.position for e in house.keeping.taken], house.state.dead) == ([2, 1], ())


def test_a_dead_letter_that_fails_again_is_dead_again(house: House) -> None:
    house.keeping.script = [Rejected(reason="no"), NO]
    house.happen("a")
    house.run()
    house.acting().retry("keeping")
    house.run()
    assert [(d.attempts, d.due) for d in house.state.dead] == [(2, None)]
