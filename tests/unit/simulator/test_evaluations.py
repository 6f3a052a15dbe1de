from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Outage, Platform, ScriptedEvaluation, SimulatedBot
from tests.unit.simulator.conftest import Ask, connected

PATH: Final = "/api/v2/conversations/message/evaluate"
BOT: Final = "bot-id-123"
CANCEL: Final = "I want to cancel my recent order"

ABSURD: Final[tuple[Any, ...]] = (1.7, -0.5, "high", None, True, [], {"value": 0.9})


def scripted(script: ScriptedEvaluation) -> Ask:
    bot = SimulatedBot(intents={"cancel": [CANCEL]}, scripts=[script])
    return connected(Platform(clock=FrozenClock(), bots={"ours": bot}))


def told(response: Response) -> Any:
    assert response.status == 200
    return orjson.loads(response.body)


def test_the_tutorials_text_is_a_confident_cancellation(ask: Ask) -> None:
    response = ask("POST", PATH, body=b'{"text":"I want to cancel my recent order","botId":"bot-id-123"}')
    evaluation = told(response)
    assert list(evaluation) == ["intentName", "intentConfidence", "sentimentScore"]
    assert (evaluation["intentName"], evaluation["sentimentScore"]) == ("cancel_order", 0)
    assert evaluation["intentConfidence"] >= 0.9


def test_a_mood_is_told(ask: Ask) -> None:
    said = "This is terrible, I am very angry!"
    assert told(ask("POST", PATH, {"text": said, "botId": BOT}))["sentimentScore"] < -0.6


@pytest.mark.parametrize("bot", ["bot-id-123", "bot-id-456", "bot-id-789"])
def test_a_fresh_platform_has_some_bots(bot: str, ask: Ask) -> None:
    assert told(ask("POST", PATH, {"text": "hello", "botId": bot}))["intentName"] == "greeting"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("field.required", "text"), ("field.required", "botId")]),
        ({"text": "", "botId": ""}, [("field.required", "text"), ("field.required", "botId")]),
        ({"text": " \n\t", "botId": " "}, [("field.required", "text"), ("field.required", "botId")]),
        ({"text": None, "botId": BOT}, [("field.required", "text")]),
        ({"text": 7, "botId": BOT}, [("field.type", "text")]),
        ({"text": [CANCEL], "botId": {}}, [("field.type", "text"), ("field.type", "botId")]),
        ({"text": "x" * 10_001, "botId": BOT}, [("field.length", "text")]),
        ({"text": "x" * 100_000, "botId": BOT}, [("field.length", "text")]),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_every_problem(
    body: dict[str, Any], expected: list[tuple[str, str]], ask: Ask
) -> None:
    response = ask("POST", PATH, body)
    document = orjson.loads(response.body)
    assert (response.status, document["code"]) == (400, "constraint.validation")
    assert [(each["errorCode"], each["fieldName"]) for each in document["details"]] == expected


@pytest.mark.parametrize("text", ["x", "é" * 10_000, "\U0001f600" * 10_000, "a " * 5_000])
def test_texts_at_their_limits_are_taken(text: str, ask: Ask) -> None:
    assert ask("POST", PATH, {"text": text, "botId": BOT}).status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b'{"text": NaN}'])
def test_a_body_that_is_no_object_is_refused(body: bytes, ask: Ask) -> None:
    response = ask("POST", PATH, body=body)
    assert (response.status, orjson.loads(response.body)["code"]) == (400, "bad.request")


def test_an_unknown_bot_is_not_found(ask: Ask, platform: Platform) -> None:
    assert ask("POST", PATH, {"text": CANCEL, "botId": "ours"}).status == 404
    platform.bot("ours", SimulatedBot())
    assert told(ask("POST", PATH, {"text": CANCEL, "botId": "ours"})) == {
        "intentName": "none",
        "intentConfidence": 0,
        "sentimentScore": 0,
    }


@pytest.mark.parametrize(
    ("outage", "status"),
    [
        (Outage.NONE, 200),
        (Outage.CONVERSATIONS, 200),
        (Outage.EVALUATION, 503),
        (Outage.ALL, 503),
    ],
)
def test_a_bot_that_is_down_says_so_and_others_are_not(outage: Outage, status: int) -> None:
    ask = connected(Platform(clock=FrozenClock(), bots={"ours": SimulatedBot(outage=outage)}))
    response = ask("POST", PATH, {"text": CANCEL, "botId": "ours"})
    code = orjson.loads(response.body).get("code")
    assert (response.status, code) == (status, None if status == 200 else "service.unavailable")
    assert ask("POST", PATH, {"text": CANCEL, "botId": BOT}).status == 200


def test_what_cannot_be_asked_is_refused_even_while_the_bot_is_down(platform: Platform, ask: Ask) -> None:
    platform.bot("ours", SimulatedBot(outage=Outage.ALL))
    assert ask("POST", PATH, {"text": " ", "botId": "ours"}).status == 400


@pytest.mark.parametrize("answer", ABSURD)
def test_a_script_makes_absurd_numbers(answer: Any) -> None:
    ask = scripted(ScriptedEvaluation(asked="*cancel*", answer={"intentConfidence": answer}))
    evaluation = told(ask("POST", PATH, {"text": CANCEL, "botId": "ours"}))
    assert (evaluation["intentName"], evaluation["intentConfidence"]) == ("cancel", answer)
    assert told(ask("POST", PATH, {"text": "hello", "botId": "ours"}))["intentConfidence"] == 0


def test_a_script_that_says_nan_says_null() -> None:
    ask = scripted(ScriptedEvaluation(answer={"sentimentScore": float("nan")}))
    assert told(ask("POST", PATH, {"text": CANCEL, "botId": "ours"}))["sentimentScore"] is None


def test_a_script_leaves_fields_out() -> None:
    script = ScriptedEvaluation(answer={"more": 1}, lacks=["intentConfidence", "sentimentScore"])
    evaluation = told(scripted(script)("POST", PATH, {"text": CANCEL, "botId": "ours"}))
    assert evaluation == {"intentName": "cancel", "more": 1}


def test_an_evaluation_needs_its_scope(connect: Callable[..., Ask], platform: Platform) -> None:
    body = {"text": CANCEL, "botId": BOT}
    refused = connect(platform, scope="ai:assistant:write")("POST", PATH, body)
    expected = (403, {"scope": "conversations:write"})
    assert (refused.status, orjson.loads(refused.body)["messageParams"]) == expected
    for scope in ("conversations:write", "conversation:write"):
        assert connect(platform, scope=scope)("POST", PATH, body).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_evaluations_are_posted(method: str, ask: Ask) -> None:
    assert ask(method, PATH, {"text": CANCEL, "botId": BOT}).status == 405


def test_nothing_that_was_said_is_kept(ask: Ask, platform: Platform) -> None:
    before = platform.snapshot()
    ask("POST", PATH, {"text": "my secret word is xyzzy", "botId": BOT})
    after = platform.snapshot()
    assert (after, b"xyzzy" in orjson.dumps(after)) == (before, False)


ASK: Final = connected(Platform(clock=FrozenClock()))


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_numbers_are_within_their_ranges_and_the_same_again(text: str) -> None:
    first, second = (told(ASK("POST", PATH, {"text": text, "botId": BOT})) for _ in range(2))
    assert 0 <= first["intentConfidence"] <= 1
    assert -1 <= first["sentimentScore"] <= 1
    assert first == second
