"""One call gives an answer's outcome to the rollout that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from jackfield.domain.model.conversations.answers import Answer
from jackfield.domain.model.conversations.events import Chunk, Failed
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.tallies import Tally
from jackfield.domain.services.rollouts import Heard
from tests.unit.assistants.conftest import PROMPT, Desk

NEW = evolve(PROMPT, version="1.3.0", template="You help {{tier}} customers well.")


@pytest.fixture
def rolling(desk: Desk) -> Desk:
    """1.3.0 is tried on everybody."""
    me = desk.core.acting_as("mina", reason="CHG-1")
    me.prompts.publish(PROMPT)
    me.prompts.publish(NEW)
    me.rollouts.start("refund", "1.3.0", shares=("99%", "100%"))
    return desk


def answered(desk: Desk, unit: str = "customer-1") -> Answer:
    choice = desk.core.prompts.choose("refund", unit=unit)
    with desk.ask(choice=choice) as reply:
        desk.clock.advance(timedelta(seconds=2))
        list(reply)
    return reply.answer


def tally(desk: Desk) -> Tally:
    """What is known of the version that is tried."""
    desk.core.rollouts.flush()
    return desk.core.rollouts.status("refund").evidence.steps[0].treatment


def test_an_answers_version_time_and_tokens_are_observed(rolling: Desk) -> None:
    answer = answered(rolling)
    assert rolling.core.assistants.observe(answer, success=True) is Heard.BUFFERED
    found = tally(rolling)
    assert (found.outcomes, found.failures, found.tokens.total) == (1, 0, 11)


def test_who_acts_observes_as_well(rolling: Desk) -> None:
    assert rolling.assistants.observe(answered(rolling), success=False) is Heard.BUFFERED
    assert tally(rolling).failures == 1


def test_tokens_that_are_estimated_are_not_observed(rolling: Desk) -> None:
    rolling.gateway.events = (Chunk(0, "half"), Failed("closed"))
    rolling.core.assistants.observe(answered(rolling), success=False)
    assert (tally(rolling).failures, tally(rolling).tokens.count) == (1, 0)


def test_a_turn_that_others_follow_is_not_counted_yet(rolling: Desk) -> None:
    rolling.core.assistants.observe(answered(rolling), success=True, ended=False)
    assert tally(rolling).outcomes == 0


def test_an_answer_without_a_choice_is_of_none(rolling: Desk) -> None:
    with rolling.ask() as reply:
        list(reply)
    assert rolling.core.assistants.observe(reply.answer, success=True) is Heard.NOT_COMPARED
    assert rolling.core.rollouts.counts["not compared"] == 1


def test_an_answer_of_no_rollout_is_of_none(desk: Desk) -> None:
    desk.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
    assert desk.core.assistants.observe(answered(desk), success=True) is Heard.NOT_COMPARED


@pytest.mark.parametrize("thing", [None, "answer", True])
def test_what_is_no_answer_is_refused(desk: Desk, thing: Any) -> None:
    with pytest.raises(InvalidInput, match="answer: it is an Answer"):
        desk.core.assistants.observe(thing)
