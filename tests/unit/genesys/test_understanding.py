"""Evaluations on the wire: what is asked, and that nothing of the answer is checked."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Final

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.understanding import GenesysUnderstanding
from jackfield.adapters.http import Response
from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotFound, Unavailable
from jackfield.domain.model.sessions.signals import UNMEASURED, Evaluation, Failure, hear
from tests.proofs.sizes import sized
from tests.unit.genesys.answering import Answers, answers, client, lost, odd, refused

ENDS: Final = 60.0
ANSWER: Final = {"intentName": "cancel", "intentConfidence": 0.85, "sentimentScore": -0.4}
TEXT: Final = "canary: I want to cancel"


def asked_of(send: Answers, text: str = TEXT) -> Evaluation:
    understanding = GenesysUnderstanding(client(send))
    return understanding.evaluate(text, bot="bot-1", language="de", ends=ENDS)


def test_asks_what_the_contract_says_to_the_byte() -> None:
    send = answers(ANSWER)
    said = asked_of(send, "Grüße, I want to cancel")
    assert said == Evaluation(intent="cancel", confidence=0.85, sentiment=-0.4, second=UNMEASURED)
    assert send.asked == [("POST", "/api/v2/conversations/message/evaluate")]
    assert send.bodies == ['{"text":"Grüße, I want to cancel","botId":"bot-1"}'.encode()]


@pytest.mark.parametrize("trouble", [lost(), refused(503), refused(429)])
def test_asks_again_for_it_changes_nothing(trouble: object) -> None:
    send = answers(trouble, ANSWER)
    assert asked_of(send).intent == "cancel"
    assert len(send.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"intentName":null,"intentConfidence":null,"sentimentScore":null}',
        b'{"intentName":"cancel","intentConfidence":NaN,"sentimentScore":0}',
        b'{"intentName":"cancel","intentConfidence":0.5,"sentimentScore":-Infinity}',
        b'{"intentName":"cancel","intentConfidence":1.5,"sentimentScore":0}',
        b'{"intentName":"cancel","intentConfidence":"0.9","sentimentScore":0}',
        b'{"intentName":["cancel"],"intentConfidence":0.9,"sentimentScore":0}',
        b'{"intentName":"cancel","intentConfidence":true,"sentimentScore":0}',
        b'{"intentName":"cancel","intentConfidence":0.9}',
    ],
)
def test_what_is_missing_or_absurd_is_handed_on_and_fails_the_turn(body: bytes) -> None:
    assert hear(asked_of(answers(Response(status=200, body=body)))).failure is Failure.EVALUATION


@pytest.mark.parametrize(
    "body", [b"", b"canary", b"null", b"[]", b'"canary"', b"\xff", b'{"a"', b"[" * 99_999]
)
def test_an_answer_that_is_no_object_is_none(body: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        asked_of(answers(Response(status=200, body=body)))
    assert "canary" not in str(caught.value)


def test_an_unknown_bot_is_named() -> None:
    with pytest.raises(NotFound, match="there is no bot 'bot-1'"):
        asked_of(answers(refused(404, "not.found")))


@pytest.mark.parametrize("answer", [lost(), refused(500), refused(400, "field.length", "text")])
def test_no_error_repeats_the_text(answer: object) -> None:
    with pytest.raises(JackfieldError) as caught:
        asked_of(answers(answer))
    assert "canary" not in f"{caught.value}{caught.value.attempts}"


def test_a_text_that_utf8_cannot_carry_is_not_sent() -> None:
    send = answers(ANSWER)
    with pytest.raises(InvalidInput):
        asked_of(send, "\ud800")
    assert send.requests == []


def test_understanding_has_a_breaker_of_its_own() -> None:
    target = client(answers(ANSWER))
    GenesysUnderstanding(target).evaluate(TEXT, bot="bot-1", language=None, ends=ENDS)
    assert [each.operation for each in target.breakers()] == ["understanding.query"]


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice, clock = random.Random(20260602), FrozenClock()
    bodies: tuple[Any, ...] = (*[ANSWER] * 9, [], {"code": "x", "details": [{"errorCode": "y"}]})
    understanding = GenesysUnderstanding(client(lambda _: odd(dice, *bodies), clock, CallRules(retries=0)))
    count, errors = sized(1_500, full=10_000), 0
    for _ in range(count):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            said = understanding.evaluate(TEXT, bot="b", language=None, ends=clock.monotonic() + ENDS)
            hear(said)
        except JackfieldError:
            errors += 1
    with capsys.disabled():
        print(f"\n{count} odd answers: {errors} refused, none escaped")
    assert 0 < errors < count
