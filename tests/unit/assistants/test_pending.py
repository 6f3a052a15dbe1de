"""What callers leave behind: no question stays without its end in the log while the core can write there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.conversations.answers import Answer, End
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.assistants.replies import Reply
from jackfield.entrypoints.bootstrap import Parts, build
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk

_LONG_S = 10.0
HOUR = timedelta(hours=1)


@pytest.fixture
def by_hand(desk: Desk) -> Desk:
    """A desk whose pieces come when the test says so."""
    desk.gateway.at_once = False
    return desk


def reopened(desk: Desk) -> list[tuple[str, object]]:
    """Each entry's outcome and end, as another process finds them."""
    with build(desk.core.settings, Parts(clock=desk.clock)) as core:
        events = [entry.event for entry in core.audit.entries() if entry.event.type == "assistant.ask"]
    return [(event.outcome.value, dict(event.payload or {}).get("end")) for event in events]


def waits_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + _LONG_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    return condition()


def test_closing_the_core_cancels_and_records_what_is_under_way(by_hand: Desk) -> None:
    reply = by_hand.ask()
    by_hand.gateway.lines[0].play(1)
    by_hand.core.close()
    assert (reply.answer.end, reply.answer.detail) == (End.CANCELED, "the core was closed")
    assert (reply.answer.text, list(reply)) == ("Hel", ["Hel"])
    assert reopened(by_hand) == [("intended", None), ("succeeded", "canceled")]


def test_closing_the_core_records_an_answer_that_nobody_took(desk: Desk) -> None:
    desk.ask()
    desk.core.close()
    assert reopened(desk) == [("intended", None), ("succeeded", "complete")]


def test_what_was_recorded_is_let_go_of(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)
    assert desk.assistants.pending._replies == {}


def away(_: Answer) -> None:
    raise Unavailable("the ledger is away")


def test_a_ledger_that_is_away_keeps_nobody_from_closing(by_hand: Desk) -> None:
    reply = by_hand.ask()
    reply.settle = away
    by_hand.core.close()
    assert reply.outcome.end is End.CANCELED
    assert reopened(by_hand) == [("intended", None)]


def test_closing_does_not_go_on_for_ever(by_hand: Desk) -> None:
    tried = list[Answer]()

    def slow(answer: Answer) -> None:
        tried.append(answer)
        by_hand.clock.advance(timedelta(seconds=2))
        away(answer)

    for _ in range(10):
        by_hand.ask().settle = slow
    by_hand.core.close()
    assert len(tried) == 3


def test_a_question_on_its_way_is_waited_for_and_its_end_is_recorded(by_hand: Desk) -> None:
    ours = by_hand.assistants
    ledger = ShakyLedger(ours.records.ledger)
    ours, replies = evolve(ours, records=evolve(ours.records, ledger=ledger)), list[Reply]()
    ledger.hold()

    def ask() -> None:
        replies.append(ours.ask(ASSISTANT, PROMPT, values={}, user="Where is it?"))

    asking, closing = threading.Thread(target=ask), threading.Thread(target=by_hand.core.close)
    asking.start()
    assert waits_for(lambda: ledger.reads == 1)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()  # it cannot be over while the question is held up
    ledger.let_go()
    asking.join(_LONG_S)
    closing.join(_LONG_S)
    assert replies[0].answer.end is End.CANCELED
    assert reopened(by_hand) == [("intended", None), ("succeeded", "canceled")]


def test_a_question_settles_what_earlier_ones_left_behind_their_deadline(by_hand: Desk) -> None:
    left = [by_hand.ask(deadline=timedelta(seconds=5)) for _ in range(3)]
    by_hand.clock.advance(timedelta(seconds=7))
    by_hand.ask(deadline=HOUR)
    by_hand.ask(deadline=HOUR)
    assert by_hand.outcomes.count("succeeded") == 3
    assert {(reply.answer.end, reply.answer.detail) for reply in left} == {
        (End.BROKEN, "deadline: nothing ended it in time")
    }


def test_a_question_leaves_alone_what_is_under_way(by_hand: Desk) -> None:
    reply = by_hand.ask(deadline=HOUR)
    by_hand.clock.advance(timedelta(minutes=59))
    by_hand.ask()
    by_hand.gateway.lines[0].play()
    assert (list(reply), reply.answer.end) == (["Hel", "lo"], End.COMPLETE)


def test_who_takes_pieces_slowly_gets_them_all_the_same(desk: Desk) -> None:
    slow = desk.ask(deadline=timedelta(seconds=5))
    assert slow.take() == "Hel"
    desk.clock.advance(timedelta(seconds=7))
    desk.ask()
    assert (list(slow), slow.answer.end, desk.outcomes) == (
        ["lo"],
        End.COMPLETE,
        ["intended", "succeeded", "intended"],
    )


def test_one_that_cannot_be_recorded_waits_behind_the_others(desk: Desk) -> None:
    first, second, third = (desk.ask(deadline=timedelta(seconds=5)) for _ in range(3))
    settles: list[Any] = [first.settle, second.settle]
    first.settle = second.settle = away
    desk.clock.advance(timedelta(seconds=7))
    desk.ask(deadline=HOUR)
    desk.ask(deadline=HOUR)
    assert desk.outcomes.count("succeeded") == 1  # the third
    first.settle, second.settle = settles
    desk.core.close()
    assert [outcome for outcome, _ in reopened(desk)].count("succeeded") == 5
    assert third.answer.end is End.COMPLETE
