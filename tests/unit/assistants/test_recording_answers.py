"""What the audit log has of an answer: its hash, its end, what was left out, and what was captured."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from attrs import define, evolve

from jackfield.adapters.testing.assistants import ScriptedAssistants
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.model.conversations.messages import Budget, Message
from jackfield.domain.model.conversations.states import AskState
from jackfield.domain.model.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from jackfield.domain.services.assistants.values import Examples
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk, chunks


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


def test_a_process_that_ends_leaves_what_it_intended(desk: Desk) -> None:
    desk.gateway.refusal = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        desk.ask()
    state = desk.core.audit.ledger.read(desk.entries[0].event.subject).state
    assert isinstance(state, AskState)
    assert (desk.outcomes, state.end) == (["intended"], None)


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
