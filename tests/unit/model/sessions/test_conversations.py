"""Real conversations of a service desk (ABCD) through the policy, with a stub that knows their intent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from jackfield.domain.model.sessions.handoff import MESSAGES, PREFIX, Context, Said, Speaker, hand_off
from jackfield.domain.model.sessions.life import Session, turned
from jackfield.domain.model.sessions.policy import Act, Decision, Reason
from jackfield.domain.model.sessions.replays import replay
from jackfield.domain.model.sessions.requests import Requests
from jackfield.domain.model.sessions.signals import Evaluation, Turn, hear, utterance
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.lives import START, active

ABCD: Final = Path(__file__).parents[5] / "shared" / "data" / "abcd" / "abcd_sample.json"
THANKS: Final = ("thank", "great", "perfect", "exactly", "take care", "no worries")
WANTS: Final = (
    "i need to return",
    "status of a refund",
    "promo code",
    "how much long",
    "order id",
    "username",
)


def conversations() -> list[dict[str, Any]]:
    if not ABCD.is_file():
        pytest.skip("the ABCD conversations are not beside the project")
    return json.loads(ABCD.read_text())  # type: ignore[no-any-return]  # a list of objects


def evaluate(conversation: dict[str, Any], text: str) -> Evaluation:
    """A stub: sure of the scenario's intent where its words are said, less sure of small talk."""
    said = text.casefold()
    confidence = 0.9 if any(word in said for word in WANTS) else 0.65
    sentiment = 0.6 if any(word in said for word in THANKS) else -0.1
    return Evaluation(intent=conversation["scenario"]["subflow"], confidence=confidence, sentiment=sentiment)


def turns(conversation: dict[str, Any]) -> list[Turn]:
    texts = [utterance(text) for speaker, text in conversation["original"] if speaker == "customer"]
    return [hear(evaluate(conversation, text), requests_person=Requests().ask(text)) for text in texts]


def lived(conversation: dict[str, Any], thresholds: Thresholds) -> tuple[Session, list[Decision]]:
    session, decisions = active(), list[Decision]()
    for turn in turns(conversation):
        session, decision = turned(session, thresholds, turn, handoff="h", now=START)
        decisions.append(decision)
        if not session.bot_may_speak:
            break
    return session, decisions


def test_a_bot_that_understands_keeps_them_all() -> None:
    acts = [decision.act for c in conversations() for decision in lived(c, Thresholds())[1]]
    assert (len(acts), set(acts)) == (31, {Act.PROCEED})


def test_a_bot_with_few_turns_hands_over_those_that_take_more() -> None:
    ends = [lived(c, Thresholds(max_turns=9))[0] for c in conversations()]
    assert [len(session.handoffs) for session in ends] == [1, 1, 0]


def test_a_customer_who_asks_for_a_person_gets_one_whatever_was_understood() -> None:
    for conversation in conversations():
        conversation["original"].insert(8, ["customer", "Could I talk to a person, please?"])
        session, decisions = lived(conversation, Thresholds())
        assert [d.reason for d in decisions] == [None] * (len(decisions) - 1) + [Reason.REQUEST]
        assert (len(session.handoffs), session.bot_may_speak) == (1, False)


def test_a_replay_of_them_is_what_was_decided() -> None:
    for conversation in conversations():
        _, decisions = lived(conversation, Thresholds(max_turns=100))
        assert list(replay(Thresholds(max_turns=100), turns(conversation))) == decisions


def test_people_get_the_last_turns_without_the_customers_name() -> None:
    for conversation in conversations():
        name = conversation["scenario"]["personal"]["customer_name"].title()
        session, _ = lived(conversation, Thresholds(max_turns=1))
        handoff = hand_off(
            session,
            Context(said=said(conversation)),
            id="h",
            at=START,
            queue="people",
            redact=partial(without, name),
        )
        assert len(handoff.attributes.values()[PREFIX + "turns"]) == 6
        assert name not in handoff.attributes.text
        assert handoff.customer_message == MESSAGES["en"]


def without(name: str, text: str) -> str:
    return text.replace(name, "[name]")


def said(conversation: dict[str, Any]) -> Sequence[Said]:
    speakers = {"customer": Speaker.CUSTOMER, "agent": Speaker.BOT}
    spoken = [pair for pair in conversation["original"] if pair[0] in speakers][:8]
    return [Said(speaker=speakers[speaker], text=text) for speaker, text in spoken]
