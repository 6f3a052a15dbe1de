"""Questions in the log: found by their prompt, erased with it, and as the record that others know."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.domain.model.conversations.asks import ask_subject, asked_of
from jackfield.domain.model.conversations.events import Chunk, Failed
from jackfield.domain.model.errors import NotFound, OutcomeUnknown
from jackfield.domain.model.subjects import Kind, Subject, organization
from jackfield.entrypoints.cli.records import records_of
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk

ACME = organization("acme")


def records(desk: Desk) -> list[Any]:
    entries = desk.core.audit.last(100)
    return list(records_of(desk.core, entries, desk.core.deliveries.fates(entries)))


def end(desk: Desk) -> None:
    with desk.ask() as reply:
        list(reply)


@pytest.mark.parametrize("prompt", ["refund", "re.fund-2_x"])
def test_a_questions_subject_tells_its_prompt(prompt: str) -> None:
    assert asked_of(ask_subject(ACME, prompt, "7")) == prompt


def test_another_subject_is_of_no_question() -> None:
    assert asked_of(Subject(ACME, Kind.PROMPT, "refund/7")) is None


def test_a_prompts_entries_are_its_own_and_its_questions_in_order(desk: Desk) -> None:
    end(desk)
    desk.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
    end(desk)
    found = list(desk.core.audit.entries(prompt="refund"))
    assert [entry.position for entry in found] == [1, 2, 3, 4, 5, 6]


def test_a_prompt_whose_name_begins_alike_has_entries_of_its_own(desk: Desk) -> None:
    end(desk)
    with pytest.raises(NotFound):
        desk.core.audit.last(10, prompt="ref")


def test_entries_of_questions_are_erased_with_their_prompt_and_found_behind_it(desk: Desk) -> None:
    end(desk)
    acting = desk.core.auditing_as("mina", reason="request 118")
    assert (acting.erase(prompt="refund"), acting.erase(prompt="refund")) == (2, 0)
    assert [e.event.payload for e in desk.core.audit.entries(prompt="refund")] == [None, None]
    assert desk.core.audit.verify().detached == 2


def test_a_question_that_ended_has_one_record(desk: Desk) -> None:
    end(desk)
    (record,) = records(desk)
    assert record == {
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "eventType": "AI_PROMPT_INJECTION",
        "conversationId": "conv-1",
        "assistantId": ASSISTANT,
        "promptHash": desk.gateway.asked[0].digest,
        "userId": "mina",
        "complianceStatus": "AUDITED",
    }


def test_a_question_that_nobody_knows_the_end_of_is_incomplete(desk: Desk) -> None:
    desk.gateway.refusal = OutcomeUnknown("no answer came")
    with pytest.raises(OutcomeUnknown):
        desk.ask()
    (record,) = records(desk)
    assert (record["conversationId"], record["complianceStatus"]) == (None, "INCOMPLETE")


def test_a_question_that_was_refused_is_incomplete(desk: Desk) -> None:
    desk.gateway.refusal = NotFound("no such assistant")
    with pytest.raises(NotFound):
        desk.ask()
    assert [record["complianceStatus"] for record in records(desk)] == ["INCOMPLETE"]


def test_an_answer_that_broke_is_incomplete(desk: Desk) -> None:
    desk.gateway.events = (Chunk(0, "half"), Failed("closed"))
    end(desk)
    assert [record["complianceStatus"] for record in records(desk)] == ["INCOMPLETE"]


def test_a_record_of_an_erased_entry_says_who_and_when_alone(desk: Desk) -> None:
    end(desk)
    desk.core.auditing_as("mina", reason="request 118").erase(prompt="refund")
    (record,) = records(desk)
    assert {name for name, value in record.items() if value is not None} == {
        "timestamp",
        "eventType",
        "userId",
    }


def test_records_stand_beside_those_of_promotions(desk: Desk) -> None:
    desk.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
    end(desk)
    kinds = [record.get("action", record.get("eventType")) for record in records(desk)]
    assert kinds == ["VERSION_PROMOTION", "AI_PROMPT_INJECTION"]
