"""A pass of deliveries: in order by subject, tried again by the table, dead at last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, change, change_again, event, prompt
from jackfield.adapters.testing.delivering import deliver_all
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.events import START, Entry
from jackfield.domain.services.deliveries import Stand
from tests.unit.deliveries.conftest import NO, House, names_of


def test_everything_is_delivered_in_the_order_of_its_subject(house: House) -> None:
    house.happen("a", "b", "a", "c", "a", "b")
    house.run()
    taken = {n: [e.position for e in house.keeping.taken if e.event.subject.name == n] for n in "abc"}
    assert taken == {"a": [1, 3, 5], "b": [2, 6], "c": [4]}


def test_a_second_pass_delivers_nothing_again(house: House) -> None:
    house.happen("a", "b")
    house.run()
    house.run()
    assert len(house.keeping.heard) == 2


def test_plain_progress_is_no_event(house: House) -> None:
    house.happen("a")
    house.run()
    assert (house.state.cursor, house.told) == (1, [])


def test_what_fails_holds_its_own_subject_alone(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a")
    house.run()
    house.happen("a", "b")
    house.run()
    assert names_of(house.keeping.taken) == ["b"]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3_600), (6, 21_600)]
)
def test_the_waits_are_those_of_the_table(
    house: House, wait: Callable[[float], None], failures: int, seconds: int
) -> None:
    house.keeping.script = [NO] * failures
    house.happen("a")
    house.run()
    for _ in range(failures - 1):
        wait((house.state.waiting[0].due - house.clock.now()).total_seconds())
        house.run()
    wait(seconds - 0.001)
    house.run()
    before = len(house.keeping.taken)
    wait(0.001)
    house.run()
    assert (before, len(house.keeping.taken)) == (0, 1)


def test_behind_the_last_wait_it_is_dead_and_the_subject_goes_on(house: House) -> None:
    house.keeping.script = [NO] * 7
    house.happen("a", "a")
    deliver_all(house.deliveries(), house.clock)
    assert [e.position for e in house.keeping.taken] == [2]
    assert [(d.position, d.attempts, d.trouble) for d in house.state.dead] == [(1, 7, "not now")]
    assert house.told == ["delivery.dead_letter"]


def test_what_is_rejected_is_dead_at_once(house: House) -> None:
    house.keeping.script = [Rejected(reason="no")]
    house.happen("a", "a")
    house.run()
    assert ([d.position for d in house.state.dead], len(house.keeping.taken)) == ([1], 1)


def test_what_the_receiver_asks_for_wins(house: House, wait: Callable[[float], None]) -> None:
    house.keeping.script = [Retry(reason="busy", after=timedelta(seconds=90))]
    house.happen("a")
    house.run()
    house.happen("b")
    wait(89)
    house.run()
    before = len(house.keeping.heard)
    wait(1)
    house.run()
    assert (before, sorted(names_of(house.keeping.taken))) == (1, ["a", "b"])


def test_a_receiver_that_is_gone_hears_nothing_more(house: House) -> None:
    house.keeping.script = [Gone(reason="410")]
    house.happen("a")
    house.run()
    house.happen("b")
    house.run()
    assert (len(house.keeping.heard), house.state.disabled, house.told) == (1, "410", ["delivery.disable"])


def test_what_a_receiver_that_is_gone_was_asked_counts_as_tried_and_has_no_next_try(house: House) -> None:
    house.keeping.script = [Gone(reason="410")]
    house.happen("a")
    house.run()
    (found,) = house.deliveries().status()
    assert [(each.attempts, each.trouble) for each in found.waiting] == [(1, "410")]
    assert (found.disabled, found.next_try) == ("410", None)


def test_dead_letters_are_told_in_the_run_in_which_they_died(house: House) -> None:
    other = KeepingDestination(name="other", wants=("*", "delivery.*"))
    house.keeping.script = [Rejected(reason="no")] * 3
    house.others.append(other)
    house.happen("a", "b", "c")
    _, passed = house.run()
    types = [each.event.type for each in other.taken]
    assert (passed.delivered, types.count("delivery.dead_letter")) == (len(types), 3)
    assert [each.behind for each in house.deliveries().status()] == [0, 0]


def test_a_destination_that_raises_is_tried_again(house: House) -> None:
    class Raises(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            raise ValueError("canary")

    house.keeping = Raises()
    house.happen("a")
    house.run()
    assert [w.trouble for w in house.state.waiting] == ["it raised ValueError"]


def test_an_error_of_ours_says_why(house: House) -> None:
    class Raises(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            raise Unavailable("the host cannot be reached")

    house.keeping = Raises()
    house.happen("a")
    house.run()
    assert [w.trouble for w in house.state.waiting] == ["the host cannot be reached"]


def test_events_that_nobody_wants_are_passed_over(house: House) -> None:
    house.keeping.wants = ("prompt.publish",)
    house.happen(*"abc")
    house.run()
    assert house.keeping.heard == []


def test_deliveries_are_told_to_those_that_ask_for_them_and_not_of_themselves(house: House) -> None:
    sink = KeepingDestination("sink", wants=("delivery.*",))
    house.others, house.keeping.wants = [sink], ("*", "delivery.*")
    house.keeping.script = [Rejected(reason="no")]
    house.happen("a")
    house.run()
    house.run()
    assert [e.event.type for e in sink.taken] == ["delivery.dead_letter"]
    assert [e.event.type for e in house.keeping.heard] == ["prompt.promote"]


def test_two_sinks_that_take_nothing_do_not_tell_each_other_for_ever(house: House) -> None:
    class Never(KeepingDestination):
        def deliver(self, entry: Entry) -> Delivery:
            return Rejected(reason="no")

    both = ("*", "delivery.*")
    house.keeping, house.others = Never("one", wants=both), [Never("two", wants=both)]
    house.happen("a")
    for _ in range(5):
        house.run()
    assert house.told == ["delivery.dead_letter"] * 2


def test_what_it_wants_from_now_on_says_nothing_of_what_was(house: House) -> None:
    house.keeping.wants = ("prompt.publish",)
    house.happen("a")
    house.deliveries().run(timedelta(hours=1))
    change_again(house.ledger, change(prompt("z"), events=600))
    house.run()
    house.keeping.wants = ("*",)
    house.happen("b")
    house.run()
    first = house.ledger.follow(ORGANIZATION, START, 1)[0]
    assert house.state.fate(first, by="keeping") is Fate.UNKNOWN


@pytest.mark.parametrize(
    ("script", "stand"),
    [([], Stand.CURRENT), ([NO], Stand.WAITING), ([Gone()], Stand.CURRENT), ([Rejected()], Stand.CURRENT)],
)
def test_its_status_says_how_it_stands(house: House, script: list[Delivery], stand: Stand) -> None:
    house.keeping.script = [
        evolve(each, reason="why") if not isinstance(each, Delivered) else each for each in script
    ]
    house.happen("a")
    house.run()
    (found,) = house.deliveries().status()
    assert found.stand is (Stand.DISABLED if found.disabled else Stand.BEHIND if found.behind else stand)


def test_a_clock_that_steps_back_for_long_does_not_stop_deliveries(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a")
    house.run()
    house.clock.step(-timedelta(days=400))
    house.run()
    assert len(house.keeping.taken) == 1


def test_each_delivery_is_measured(house: House) -> None:
    house.keeping.script = [NO]
    house.happen("a", "b")
    house.run()
    outcomes = sorted(m.labels["outcome"] for m in house.measured)
    assert outcomes == ["delivered", "retry"]


_VERDICTS = st.sampled_from(
    [Delivered(), Delivered(), NO, Rejected(reason="no"), Retry(after=timedelta(seconds=7))]
)


@settings(max_examples=25, deadline=None)
@given(names=st.lists(st.sampled_from("abcd"), max_size=30), script=st.lists(_VERDICTS, max_size=60))
def test_each_entry_is_delivered_in_order_or_dead(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], script: list[Delivery]
) -> None:
    with SqliteLedger(tmp_path_factory.mktemp("any") / "ledger.db") as ledger:
        house = House(ledger, FrozenClock(), KeepingDestination(script=list(script)))
        house.happen(*names)
        deliver_all(house.deliveries(), house.clock)
        taken = [e.position for e in house.keeping.taken]
        dead = [d.position for d in house.state.dead]
        assert sorted([*taken, *dead]) == list(range(1, len(names) + 1))
        for name in "abcd":
            of_one = [e.position for e in house.keeping.taken if e.event.subject.name == name]
            assert of_one == sorted(of_one)


def test_another_event_of_an_unknown_type_is_delivered_too(house: House) -> None:
    own = evolve(event(prompt("a")), type="rollout.start")
    change_again(house.ledger, evolve(change(prompt("a")), events=(own,)))
    house.run()
    assert len(house.keeping.taken) == 1
