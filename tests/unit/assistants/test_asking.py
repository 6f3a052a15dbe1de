"""Asking an assistant: its answer is its pieces, within its budget and its time, or says why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from jackfield.domain.model.conversations.answers import End, Spent
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted
from jackfield.domain.model.conversations.messages import Budget
from jackfield.domain.model.errors import (
    InvalidInput,
    InvalidPrompt,
    OutcomeUnknown,
    Unavailable,
)
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk, chunks
from tests.unit.model.conversations.counters import small_vocabulary


def test_an_answer_is_its_pieces_in_order(desk: Desk) -> None:
    with desk.ask() as reply:
        assert list(reply) == ["Hel", "lo"]
    assert (reply.answer.text, reply.answer.end) == ("Hello", End.COMPLETE)


def test_a_whole_answer_is_what_it_is_required_to_be(desk: Desk) -> None:
    with desk.ask() as reply:
        assert reply.answer.require() == "Hello"


def test_an_answer_that_was_lost_is_unknown_and_never_asked_for_twice(desk: Desk) -> None:
    desk.gateway.refusal = OutcomeUnknown("no answer came")
    with pytest.raises(OutcomeUnknown):
        desk.ask()
    assert (len(desk.gateway.asked), desk.outcomes) == (1, ["intended"])


def test_without_a_line_nothing_is_recorded_or_sent(desk: Desk) -> None:
    desk.gateway.unready = Unavailable("the platform is away")
    with pytest.raises(Unavailable):
        desk.ask()
    assert (desk.gateway.asked, desk.entries) == ([], [])


def test_what_does_not_fit_is_neither_recorded_nor_sent(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.ask(values={"stranger": 1})
    assert (desk.gateway.asked, desk.entries) == ([], [])


def test_a_prompt_with_problems_is_not_sent(desk: Desk) -> None:
    with pytest.raises(InvalidPrompt):
        desk.ask(choice=evolve(PROMPT, name="a/b"))
    assert desk.entries == []


def test_a_question_that_was_taken_and_cannot_be_heard_has_a_broken_answer(desk: Desk) -> None:
    desk.gateway.deaf = Unavailable("the line is gone")
    with desk.ask() as reply:
        assert list(reply) == []
    assert (reply.answer.end, reply.answer.detail) == (End.BROKEN, "line: the line is gone")
    assert desk.outcomes == ["intended", "succeeded"]


def test_who_interrupts_before_anything_is_heard_cancels(desk: Desk) -> None:
    desk.gateway.deaf = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        desk.ask()
    assert (desk.payload["end"], desk.payload["compliance"]) == ("canceled", "INCOMPLETE")


ENDS: list[tuple[tuple[Any, ...], End, str]] = [
    (chunks("a", "b"), End.COMPLETE, "AUDITED"),
    (chunks("a", "b", tokens=10), End.LENGTH, "INCOMPLETE"),
    (chunks("a" * 400), End.BUDGET, "INCOMPLETE"),
    ((Chunk(0, "a"), Completed(1, None, safety=True)), End.SAFETY, "INCOMPLETE"),
    ((Chunk(0, "a"), Failed("closed", "gone")), End.BROKEN, "INCOMPLETE"),
    ((Chunk(0, "a"), Interrupted(False), Failed("line", "x")), End.BROKEN, "INCOMPLETE"),
]


@pytest.mark.parametrize(("events", "end", "compliance"), ENDS, ids=[str(end) for _, end, _ in ENDS])
def test_every_end_is_told_and_recorded(desk: Desk, events: Any, end: End, compliance: str) -> None:
    desk.gateway.events = events
    with desk.ask(budget=Budget(output=10)) as reply:
        list(reply)
    assert (reply.answer.end, desk.payload["end"], desk.payload["compliance"]) == (end, end.value, compliance)


def test_an_answer_that_ends_with_a_piece_is_told_at_once(desk: Desk) -> None:
    """No other event comes behind the one that fills the budget."""
    desk.gateway.at_once, desk.gateway.events = False, chunks("word " * 100)
    with desk.ask(budget=Budget(output=10)) as reply:
        desk.gateway.lines[0].play(1)
        assert list(reply) == [("word " * 100)[:60]]
    assert (reply.answer.end, reply.answer.took) == (End.BUDGET, timedelta())


def test_only_a_whole_answer_can_be_required(desk: Desk) -> None:
    desk.gateway.events = (Chunk(0, "half"), Failed("closed", "gone"))
    with desk.ask() as reply:
        list(reply)
    with pytest.raises(Unavailable, match=r"conv-1: the answer is not whole: broken \(closed: gone\)"):
        reply.answer.require()


def test_an_answer_over_the_budget_is_cut_at_it_and_its_line_closed(desk: Desk) -> None:
    desk.gateway.events = chunks(*(["word "] * 100))
    with desk.ask(budget=Budget(output=10)) as reply:
        text = "".join(reply)
    assert (text, reply.answer.text) == (("word " * 100)[:60], text)
    assert desk.gateway.lines[0].closed


def test_tokens_are_the_platforms_where_it_counted(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)
    assert reply.answer.spent == Spent(prompt_tokens=9, completion_tokens=2, exact=True)


def test_tokens_are_estimated_where_it_did_not(desk: Desk) -> None:
    desk.gateway.events = (Chunk(0, "Hello"), Completed(1, None))
    with desk.ask() as reply:
        list(reply)
    assert reply.answer.spent == Spent(prompt_tokens=18, completion_tokens=2, exact=False)


def test_times_are_of_the_clock(desk: Desk) -> None:
    desk.gateway.at_once = False
    desk.gateway.events = chunks("a", "b", tokens=6)
    reply = desk.ask()
    for seconds in (2, 1):
        desk.clock.advance(timedelta(seconds=seconds))
        desk.gateway.lines[0].play(1)
    desk.gateway.lines[0].play()
    answer = reply.answer
    assert (answer.first_piece, answer.took) == (timedelta(seconds=2), timedelta(seconds=3))
    assert (answer.injection, answer.tokens_per_second) == (timedelta(), 2.0)


def test_an_answer_is_measured_once_with_what_it_was_of(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)
    _ = reply.answer
    (measured,) = desk.measured
    assert (measured.prompt, measured.version, measured.end) == ("refund", "1.2.0", "complete")
    assert (measured.prompt_tokens, measured.completion_tokens, measured.conversation) == (9, 2, "conv-1")


@pytest.mark.parametrize("deadline", [timedelta(), timedelta(seconds=-1), timedelta(hours=2), 20])
def test_a_deadline_is_a_duration_within_the_hour(desk: Desk, deadline: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.ask(deadline=deadline)
    assert caught.value.place == "deadline"


def test_the_settings_deadline_bounds_who_names_none(desk: Desk) -> None:
    desk.gateway.at_once = False
    desk.ask()
    desk.ask(deadline=timedelta(seconds=5))
    assert [line.ends for line in desk.gateway.lines] == [60.0, 5.0]


def test_what_was_chosen_is_asked_and_told(desk: Desk) -> None:
    me = desk.core.acting_as("mina", reason="CHG-1")
    me.prompts.publish(PROMPT)
    choice = desk.core.prompts.choose("refund", unit="customer-7")
    with desk.ask(choice=choice) as reply:
        list(reply)
    assert (reply.answer.choice, desk.payload["version"]) == (choice, "1.2.0")


def test_a_choice_without_its_content_is_read_from_the_ledger(desk: Desk) -> None:
    desk.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
    choice = evolve(desk.core.prompts.choose("refund", unit="customer-7"), definition=None)
    with desk.ask(choice=choice) as reply:
        assert reply.answer.end is End.COMPLETE


def test_what_is_neither_choice_nor_definition_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="choice: it is a Choice, not a value of type str"):
        desk.ask(choice="refund")


def test_who_only_looks_is_told_where_to_ask(desk: Desk) -> None:
    with pytest.raises(AttributeError, match=r"core\.acting_as\(ACTOR, reason=WHY\)\.assistants has ask"):
        _ = desk.core.assistants.ask  # type: ignore[attr-defined]  # it is not there


def test_only_the_platforms_tokens_are_exact_whoever_else_counts_exactly(desk: Desk) -> None:
    desk.gateway.events = (Chunk(0, "half"), Failed("closed", "gone"))
    assistants = desk.assistants
    exact = evolve(assistants, composer=evolve(assistants.composer, counter=small_vocabulary()))
    with exact.ask(ASSISTANT, PROMPT, values={}, user="hi") as reply:
        list(reply)
    assert (reply.answer.spent.exact, desk.payload["exact"]) == (False, False)
