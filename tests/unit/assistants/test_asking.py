"""A question is recorded, sent once, and answered; how it ended is recorded whatever happens."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, evolve

from jackfield.adapters.testing.assistants import ScriptedAssistants
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.conversations.answers import End, Spent
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted
from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.model.conversations.messages import Budget, Message
from jackfield.domain.model.conversations.states import AskState
from jackfield.domain.model.errors import (
    Conflict,
    InvalidInput,
    InvalidPrompt,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from jackfield.domain.services.assistants.values import Examples
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk, chunks
from tests.unit.model.conversations.counters import small_vocabulary


def test_an_answer_is_its_pieces_in_order(desk: Desk) -> None:
    with desk.ask() as reply:
        assert list(reply) == ["Hel", "lo"]
    assert (reply.answer.text, reply.answer.end) == ("Hello", End.COMPLETE)


def test_a_whole_answer_is_what_it_is_required_to_be(desk: Desk) -> None:
    with desk.ask() as reply:
        assert reply.answer.require() == "Hello"


def test_it_is_recorded_before_it_is_sent_and_when_it_ended(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)
    assert desk.outcomes == ["intended", "succeeded"]


def test_the_hash_in_the_log_is_of_the_messages_as_they_were_sent(desk: Desk) -> None:
    desk.ask(values={"tier": "göld"}, history=[Message("user", "hi"), Message("assistant", "yes?")]).cancel()
    sent = [{"role": m.role.value, "content": m.content} for m in desk.gateway.asked[0].messages]
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert desk.payload["prompt_hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_the_log_holds_no_text(desk: Desk) -> None:
    desk.gateway.events = chunks("the secret answer")
    with desk.ask(values={"tier": "hidden-tier"}, user="my secret question") as reply:
        list(reply)
    kept = json.dumps(desk.payloads)
    assert not any(word in kept for word in ("secret", "hidden-tier", "You help"))


def without_secrets(text: str) -> str:
    return text.replace("secret", "[gone]")


def test_what_was_captured_is_redacted(desk: Desk) -> None:
    assistants = desk.assistants
    records = evolve(assistants.records, redact=without_secrets)
    desk.gateway.events = chunks("the secret answer")
    with evolve(assistants, records=records).ask(ASSISTANT, PROMPT, values={}, user="my secret") as reply:
        list(reply)
    first, last = desk.payloads
    assert [m["content"] for m in first["content"]] == ["You help all customers.", "my [gone]"]
    assert (last["text"], last["compliance"]) == ("the [gone] answer", "REDACTED")


def test_what_cannot_be_redacted_is_not_sent(desk: Desk) -> None:
    def refuse(_: str) -> str:
        raise Unavailable("no redactor")

    assistants = desk.assistants
    records = evolve(assistants.records, redact=refuse)
    with pytest.raises(Unavailable, match="no redactor"):
        evolve(assistants, records=records).ask(ASSISTANT, PROMPT, values={}, user="x")
    assert (desk.gateway.asked, desk.entries) == ([], [])


def test_settings_without_a_redactor_capture_nothing_and_send_nothing(desk: Desk) -> None:
    from jackfield.entrypoints.parts.asking import Hooks

    with pytest.raises(Unavailable, match=r"conversations\.capture_content"):
        Hooks().redact("text")


def test_an_unknown_assistant_is_said_and_recorded(desk: Desk) -> None:
    desk.gateway.refusal = NotFound("no such assistant")
    with pytest.raises(NotFound):
        desk.ask()
    assert (desk.outcomes, desk.payload["error"]) == (["intended", "failed"], "NotFound")
    assert desk.payload["compliance"] == "INCOMPLETE"


@pytest.mark.parametrize("refusal", [RateLimited("later"), Unavailable("not there")])
def test_what_was_not_asked_is_recorded_as_failed(desk: Desk, refusal: Exception) -> None:
    desk.gateway.refusal = refusal
    with pytest.raises(type(refusal)):
        desk.ask()
    assert desk.outcomes == ["intended", "failed"]


def test_an_answer_that_was_lost_is_unknown_and_never_asked_for_twice(desk: Desk) -> None:
    desk.gateway.refusal = OutcomeUnknown("no answer came")
    with pytest.raises(OutcomeUnknown):
        desk.ask()
    assert (len(desk.gateway.asked), desk.outcomes) == (1, ["intended"])


def test_a_process_that_ends_leaves_what_it_intended(desk: Desk) -> None:
    desk.gateway.refusal = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        desk.ask()
    state = desk.core.audit.ledger.read(desk.entries[0].event.subject).state
    assert isinstance(state, AskState)
    assert (desk.outcomes, state.end) == (["intended"], None)


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


def test_examples_that_were_shown_are_in_the_log_by_their_ids(desk: Desk) -> None:
    catalog = Catalog([Example(id="e1", input="where is it", output="there")])
    desk.ask(examples=Examples(catalog=catalog)).cancel()
    assert list(desk.payload["examples"]) == ["e1"]


def test_what_was_left_out_is_in_the_log_and_the_answer(desk: Desk) -> None:
    history = [Message("user", "x" * 300), Message("assistant", "y" * 300)]
    with desk.ask(history=history, budget=Budget(input=50)) as reply:
        list(reply)
    (dropped,) = reply.answer.dropped
    first = desk.payloads[0]
    assert (first["dropped_in_all"], first["dropped"][0]["tokens"]) == (1, dropped.tokens)


def test_a_log_of_hundreds_of_groups_left_out_lists_fifty_and_counts_all(desk: Desk) -> None:
    history = [Message("user", "x" * 90)] * 200
    desk.ask(history=history, budget=Budget(input=40)).cancel()
    assert (len(desk.payload["dropped"]), desk.payload["dropped_in_all"]) == (50, 200)


def test_a_ledger_that_is_away_at_the_end_is_said_and_asked_again(desk: Desk) -> None:
    reply = desk.ask()
    settle, tries = reply.settle, list[int]()

    def shaky(asked: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable("the ledger is away")
        return settle(asked)

    reply.settle = shaky
    with pytest.raises(Unavailable):
        _ = reply.answer
    assert (reply.answer.text, desk.outcomes) == ("Hello", ["intended", "succeeded"])


def test_an_end_that_was_recorded_is_not_recorded_again(desk: Desk) -> None:
    reply = desk.ask()
    reply.settle(reply.outcome)
    assert (reply.answer.text, desk.outcomes) == ("Hello", ["intended", "succeeded"])


def test_a_ledger_that_is_away_does_not_hide_what_went_wrong_in_the_block(desk: Desk) -> None:
    reply = desk.ask()

    def away(_: Any) -> Any:
        raise Conflict("the ledger is away")

    reply.settle = away
    with pytest.raises(ZeroDivisionError) as caught, reply:
        _ = 1 // 0
    assert caught.value.__notes__ == ["its answer could not be recorded: the ledger is away"]


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


@pytest.mark.parametrize("trouble", [OutcomeUnknown, Unavailable, Conflict])
def test_a_refusal_is_told_as_one_whatever_keeps_it_from_being_recorded(desk: Desk, trouble: Any) -> None:
    """That nobody knows whether it was recorded does not make it unknown whether it was asked."""
    assistants = desk.assistants
    ledger = ShakyLedger(assistants.records.ledger)

    @define
    class Refusing(ScriptedAssistants):
        def ask(self, question: Any, ends: float) -> Any:
            ledger.failure = trouble("the ledger is away")
            raise NotFound("no such assistant", remedy="look")

    ours = evolve(assistants, gateway=Refusing(), records=evolve(assistants.records, ledger=ledger))
    with pytest.raises(NotFound, match="it could not be recorded: the ledger is away"):
        ours.ask(ASSISTANT, PROMPT, values={}, user="hi")


def test_a_live_version_is_asked_with_and_logged_as_published(desk: Desk) -> None:
    desk.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
    for choice in (desk.core.prompts.live("refund"), PROMPT):
        with desk.ask(choice=choice) as reply:
            assert reply.answer.end is End.COMPLETE
    intended = [p for p in desk.payloads if "published" in p]
    assert [(p["published"], p["content_hash"]) for p in intended] == [
        (True, PROMPT.content_hash),
        (False, PROMPT.content_hash),
    ]


def test_that_a_summary_was_sent_is_in_the_answer_and_the_log(desk: Desk) -> None:
    def summarize(_messages: tuple[Message, ...], _tokens: int) -> str:
        return "They met."

    composer = evolve(desk.assistants.composer, summarize=summarize)
    history = [Message("user", "x" * 2000), Message("assistant", "y")]
    for wanted, turns in ((True, history), (False, [])):
        asking = evolve(desk.assistants, composer=composer)
        budget = Budget(input=600)
        with asking.ask(ASSISTANT, PROMPT, values={}, user="?", history=turns, budget=budget) as reply:
            assert reply.answer.summarized is wanted
        assert desk.payloads[-2]["summarized"] is wanted
