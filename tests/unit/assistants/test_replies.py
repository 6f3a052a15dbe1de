"""Pieces go from the gateway's thread to the caller's: bounded, cancelable, and never lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from jackfield.adapters.testing.assistants import ScriptedLine
from jackfield.domain.model.conversations.answers import Answer, End
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.services.assistants.replies import MOST_WAITING, Reply
from tests.unit.assistants.conftest import Desk, chunks

MANY = [f"{n} " for n in range(MOST_WAITING * 3)]
_LONG_S = 10.0


@pytest.fixture
def by_hand(desk: Desk) -> Desk:
    """A desk whose pieces come when the test says so."""
    desk.gateway.at_once = False
    desk.gateway.events = chunks(*MANY)
    return desk


def line_of(desk: Desk) -> ScriptedLine:
    return desk.gateway.lines[-1]


def test_a_caller_who_takes_nothing_pauses_the_line(by_hand: Desk) -> None:
    by_hand.ask()
    assert line_of(by_hand).play() == MOST_WAITING
    assert line_of(by_hand).paused


def test_it_goes_on_when_half_was_taken(by_hand: Desk) -> None:
    reply = by_hand.ask()
    line_of(by_hand).play()
    taken = [reply.take() for _ in range(MOST_WAITING // 2 - 1)]
    assert line_of(by_hand).paused
    taken.append(reply.take())
    assert (taken, line_of(by_hand).paused) == (MANY[: MOST_WAITING // 2], False)


def test_nothing_is_lost_over_pauses(desk: Desk) -> None:
    desk.gateway.events = chunks(*MANY)
    with desk.begin() as reply:
        assert list(reply) == MANY
    assert reply.answer.end is End.COMPLETE


def test_more_pieces_than_wait_may_come_before_the_line_is_there(desk: Desk) -> None:
    desk.gateway.events = chunks(*MANY)
    with desk.ask() as reply:
        assert list(reply) == MANY


def test_pieces_that_come_again_behind_a_pause_are_dropped(by_hand: Desk) -> None:
    reply = by_hand.ask()
    line_of(by_hand).play()
    line_of(by_hand)._at = 0  # as a server does that sends from the start
    line_of(by_hand).paused = False
    line_of(by_hand).play(5)
    assert [reply.take() for _ in range(3)] == MANY[:3]


def test_who_wants_the_answer_alone_needs_no_pieces(desk: Desk) -> None:
    desk.gateway.events = chunks(*MANY)
    with desk.begin() as reply:
        assert reply.answer.text == "".join(MANY)


def test_behind_the_answer_no_part_of_the_pieces_is_given(desk: Desk) -> None:
    desk.gateway.events = chunks(*MANY)
    with desk.begin() as reply:
        _ = reply.answer
        assert "".join(reply) in ("", "".join(MANY))


def test_an_answer_that_had_ended_keeps_its_pieces(desk: Desk) -> None:
    with desk.ask() as reply:
        _ = reply.answer
        assert list(reply) == ["Hel", "lo"]


def test_leaving_early_cancels(by_hand: Desk) -> None:
    with by_hand.ask() as reply:
        line_of(by_hand).play(2)
    assert (reply.answer.end, reply.answer.text) == (End.CANCELED, "0 1 ")
    assert (line_of(by_hand).closed, by_hand.payload["end"]) == (True, "canceled")


def test_an_error_in_the_block_cancels_and_goes_on(by_hand: Desk) -> None:
    with pytest.raises(ZeroDivisionError), by_hand.ask():
        _ = 1 // 0
    assert by_hand.payload["end"] == "canceled"


def test_another_thread_cancels_who_waits(by_hand: Desk) -> None:
    with by_hand.ask() as reply:
        line_of(by_hand).play(1)
        assert reply.take() == "0 "
        threading.Timer(0.02, reply.cancel).start()
        assert list(reply) == []
    assert reply.answer.end is End.CANCELED


def test_canceling_behind_the_end_changes_nothing(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)
        reply.cancel()
    assert reply.answer.end is End.COMPLETE


def test_what_comes_behind_a_cancel_is_not_taken(by_hand: Desk) -> None:
    with by_hand.ask() as reply:
        reply.cancel()
        reply.hear(Chunk(0, "late"))
        assert list(reply) == []


def test_the_gateway_ends_it_at_the_deadline(by_hand: Desk) -> None:
    with by_hand.ask(deadline=timedelta(seconds=5)) as reply:
        line_of(by_hand).play(1)
        reply.hear(Failed("deadline", "it took too long"))
        assert list(reply) == ["0 "]
    assert (reply.answer.end, reply.answer.detail) == (End.BROKEN, "deadline: it took too long")


def test_who_waits_is_let_go_where_nobody_ends_it_at_the_deadline(by_hand: Desk) -> None:
    with by_hand.ask(deadline=timedelta(seconds=5)) as reply:
        by_hand.clock.advance(timedelta(seconds=7))
        assert list(reply) == []
    assert (reply.answer.end, reply.answer.detail) == (End.BROKEN, "deadline: nothing ended it in time")


def test_a_listener_is_woken_for_pieces_and_for_the_end(by_hand: Desk) -> None:
    by_hand.gateway.events = chunks("a", "b")
    reply, woken = by_hand.ask(), list[tuple[str | None, bool]]()
    reply.subscribe(lambda: woken.append((reply.take(), reply.done)))
    line_of(by_hand).play()
    assert woken == [(None, False), ("a", False), ("b", False), (None, True)]


def test_a_listener_who_comes_late_is_woken_at_once(desk: Desk) -> None:
    reply, woken = desk.ask(), threading.Event()
    reply.subscribe(woken.set)
    assert woken.is_set()


def test_a_cancel_wakes_the_listener(by_hand: Desk) -> None:
    reply, woken = by_hand.ask(), list[bool]()
    reply.subscribe(lambda: woken.append(reply.done))
    reply.cancel()
    assert woken == [False, True]


def test_missing_pieces_are_asked_for_once_behind_the_last_in_order(by_hand: Desk) -> None:
    by_hand.gateway.events = (Chunk(0, "a"), Chunk(2, "c"), Completed(3, None))
    with by_hand.ask() as reply:
        line_of(by_hand).play(3)
        assert (line_of(by_hand).resumes, reply.take(), reply.done) == (1, "a", False)
        reply.hear(Chunk(1, "b"))
        assert list(reply) == ["bc"]
    assert reply.answer.end is End.COMPLETE


def test_pieces_that_stay_missing_break_the_answer_and_are_named(by_hand: Desk) -> None:
    by_hand.gateway.events = (Chunk(0, "a"), Chunk(3, "d"), Completed(4, None))
    with by_hand.ask() as reply:
        line_of(by_hand).play()
        assert list(reply) == ["a"]
    assert (reply.answer.end, reply.answer.gaps) == (End.BROKEN, (1, 2))


def test_missing_pieces_are_asked_for_also_where_the_line_is_paused(by_hand: Desk) -> None:
    reply = by_hand.ask()
    line_of(by_hand).play()
    reply.hear(Chunk(MOST_WAITING + 1, "late"))  # it was on its way when the line was paused
    reply.hear(Completed(MOST_WAITING + 2, None))
    taken = [reply.take() for _ in range(MOST_WAITING)]
    reply.hear(Chunk(MOST_WAITING, "gap"))
    assert (line_of(by_hand).resumes, taken[-1], list(reply)) == (1, "255 ", ["gaplate"])


def test_many_threads_cancel_one_reply_and_it_is_recorded_once(by_hand: Desk) -> None:
    reply = by_hand.ask()
    answers = list[object]()

    def end(replied: Reply) -> None:
        replied.cancel()
        answers.append(replied.answer)

    threads = [threading.Thread(target=end, args=(reply,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_LONG_S)
    assert (len(answers), len({id(a) for a in answers}), by_hand.outcomes) == (
        8,
        1,
        ["intended", "succeeded"],
    )


def test_closing_the_gateway_breaks_what_is_under_way(by_hand: Desk) -> None:
    with by_hand.ask() as reply:
        by_hand.gateway.close()
        assert list(reply) == []
    assert reply.answer.end is End.BROKEN


def test_a_listener_that_fails_disturbs_nobody_and_loses_nothing(by_hand: Desk) -> None:
    reply, woken = by_hand.ask(), list[int]()

    def wake() -> None:
        woken.append(1)
        if len(woken) > 1:
            raise ValueError("mine")

    reply.subscribe(wake)
    line_of(by_hand).play(2)
    reply.cancel()
    assert ([reply.take(), reply.take()], len(woken)) == (["0 ", "1 "], 4)


def test_whatever_goes_wrong_with_a_piece_is_the_answers_end(by_hand: Desk) -> None:
    def fail(_: int) -> int:
        raise ValueError("customer text")

    with by_hand.ask() as reply:
        line_of(by_hand).play(1)
        reply.assembler.meter.worst = fail
        reply.hear(Chunk(1, "piece"))
        assert list(reply) == ["0 "]
    assert (reply.answer.end, reply.answer.detail) == (End.BROKEN, "listener: ValueError")
    assert line_of(by_hand).closed


def test_what_is_shown_of_a_reply_holds_no_text_of_the_customers(by_hand: Desk) -> None:
    by_hand.gateway.events = (Chunk(0, "canary one"), Chunk(2, "canary two"))
    reply = by_hand.ask(user="canary three", values={"tier": "canary four"})
    line_of(by_hand).play()
    shown = [repr(reply)]
    reply.cancel()
    _ = reply.answer
    assert "canary" not in "".join([*shown, repr(reply)])


def test_the_outcome_needs_no_ledger(desk: Desk) -> None:
    reply = desk.ask()

    def away(_: Answer) -> None:
        raise Unavailable("the ledger is away")

    settle, reply.settle = reply.settle, away
    with pytest.raises(Unavailable):
        list(reply)
    assert (reply.outcome.text, reply.outcome.end, desk.outcomes) == ("Hello", End.COMPLETE, ["intended"])
    reply.settle = settle
    assert (reply.answer is reply.outcome, desk.outcomes) == (True, ["intended", "succeeded"])


def test_the_outcome_waits_for_the_end_and_drops_pieces(desk: Desk) -> None:
    desk.gateway.events = chunks(*MANY)
    with desk.begin() as reply:
        assert reply.outcome.text == "".join(MANY)


def test_a_second_reader_is_refused_while_one_takes_the_pieces(by_hand: Desk) -> None:
    reply = by_hand.ask()
    line_of(by_hand).play(2)
    one = iter(reply)
    assert next(one) == "0 "
    with pytest.raises(InvalidInput, match=r"somebody takes its pieces already.*aio\.pieces\(reply\)"):
        next(iter(reply))
    assert next(one) == "1 "


def test_who_left_off_may_go_on(by_hand: Desk) -> None:
    reply = by_hand.ask()
    line_of(by_hand).play(2)
    with reply:
        assert [next(iter(reply)), next(iter(reply))] == ["0 ", "1 "]


def test_behind_the_end_there_is_nothing_more(desk: Desk) -> None:
    reply = desk.ask()
    assert (list(reply), list(reply)) == (["Hel", "lo"], [])
