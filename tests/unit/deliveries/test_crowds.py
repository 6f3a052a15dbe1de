"""Too many dead letters: nothing but these is tried, until there are fewer."""

from __future__ import annotations

from typing import Final

import pytest
from attrs import evolve

from jackfield.adapters.testing.changes import ORGANIZATION, change, change_again, prompt
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.states import MOST_DEAD, Waiting
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Rejected
from jackfield.domain.model.events import Entry
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.deliveries import Stand
from tests.unit.deliveries.conftest import House

DEAD: Final = MOST_DEAD + 50


class Refuses(KeepingDestination):
    """Takes nothing while it is not well."""

    well = False

    def deliver(self, entry: Entry) -> Delivery:
        self.heard.append(entry)
        return Delivered() if self.well else Rejected(reason="no")


@pytest.fixture
def refuses(house: House) -> Refuses:
    """A destination that 550 dead letters have disabled."""
    house.keeping = found = Refuses()
    for events in (50, MOST_DEAD):  # a batch takes 100: the last one may pass the limit
        change_again(house.ledger, change(prompt("a"), events=events))
        house.run()
    assert len(house.state.dead) == DEAD
    found.heard.clear()
    return found


def _stand(house: House) -> tuple[Stand, str | None]:
    (found,) = house.deliveries().status()
    return found.stand, found.disabled


def test_it_hears_nothing_new_and_says_why(house: House, refuses: Refuses) -> None:
    house.happen("b")
    house.run()
    said = f"{DEAD} dead letters wait to be retried or discarded"
    assert (refuses.heard, _stand(house)) == ([], (Stand.DISABLED, said))
    assert house.told.count("delivery.disable") == 1


def test_it_hears_again_when_they_are_discarded(house: House, refuses: Refuses) -> None:
    assert house.acting().discard("keeping") == DEAD
    refuses.well = True
    house.happen("b")
    house.run()
    assert [e.event.subject.name for e in refuses.heard] == ["b"]
    assert _stand(house)[1] is None


def test_it_hears_again_when_enough_of_them_are_discarded(house: House, refuses: Refuses) -> None:
    house.acting().discard("keeping", [each.position for each in house.state.dead[:51]])
    assert _stand(house)[1] is None


def test_a_retry_with_a_receiver_that_is_well_delivers_all_of_them(house: House, refuses: Refuses) -> None:
    refuses.well = True
    house.happen("b")
    assert house.acting().retry("keeping") == DEAD
    (passed,) = house.run()
    assert (passed.delivered, passed.died, house.state.dead) == (DEAD + 1, 0, ())
    assert house.told.count("delivery.disable") == 1


def test_while_they_are_retried_in_vain_there_are_no_more_of_them(house: House, refuses: Refuses) -> None:
    house.happen(*(f"p{n}" for n in range(200)))
    for _ in range(3):
        house.acting().retry("keeping")
        house.run()
    assert len(house.state.dead) == DEAD
    assert {e.event.subject.name for e in refuses.heard} == {"a"}
    assert _stand(house)[0] is Stand.DISABLED


def test_what_waits_is_not_tried_either_while_they_are(house: House, refuses: Refuses) -> None:
    kept = house.deliveries().records.load("keeping")
    house.happen("b")
    head = house.ledger.head(ORGANIZATION).position
    waits = Waiting(kind=Kind.PROMPT, name="b", position=head, due=house.clock.now())
    state = evolve(kept.state, cursor=waits.position, waiting=(waits,))
    house.deliveries().records.keep(kept, state)
    first = state.dead[0].position
    house.acting().retry("keeping", [first])
    house.run()
    assert [e.position for e in refuses.heard] == [first]
    refuses.well = True
    house.acting().retry("keeping")
    house.run()
    assert [e.position for e in refuses.heard if e.event.subject.name == "b"] == [waits.position]
