from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.http import Request
from jackfield.adapters.simulator import Faults, Platform, SimulatorServer
from jackfield.adapters.simulator.control import Simulator, answer
from tests.unit.simulator.conftest import Ask
from tests.unit.simulator.test_server import call

EVALUATE: Final = "/api/v2/conversations/message/evaluate"
BOTS: Final = "/_simulator/bots"


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform) as running:
        yield running


def control(platform: Platform, method: str, document: object = None) -> tuple[int, Any]:
    body = None if document is None else orjson.dumps(document)
    response = answer(Simulator(platform, Faults()), Request(method=method, url=BOTS, body=body))
    assert response is not None
    return response.status, orjson.loads(response.body)


def test_the_bots_are_shown_without_a_text_of_theirs(platform: Platform) -> None:
    status, shown = control(platform, "GET")
    support = shown["bots"]["bot-id-123"]
    assert (status, support.pop("intents")["cancel_order"]) == (200, 11)
    assert support == {"title": "Support Bot", "limit": None, "closing": 0, "scripts": 0, "outage": "none"}


def test_a_bot_goes_down_and_comes_back(platform: Platform, ask: Ask) -> None:
    question = {"text": "cancel my order", "botId": "bot-id-123"}
    assert control(platform, "POST", {"bot": "bot-id-123", "outage": "evaluation"})[0] == 200
    assert ask("POST", EVALUATE, question).status == 503
    assert control(platform, "DELETE")[1]["bots"]["bot-id-123"]["outage"] == "none"
    assert orjson.loads(ask("POST", EVALUATE, question).body)["intentName"] == "cancel_order"


def test_a_change_that_cannot_be_changes_nothing(platform: Platform) -> None:
    before = control(platform, "GET")[1]
    status, refused = control(platform, "POST", {"bot": "bot-id-123", "limit": 3, "outage": "some"})
    assert (status, "outage" in refused["message"]) == (400, True)
    assert control(platform, "GET")[1] == before


def test_a_bot_is_taught_over_http(server: SimulatorServer, ask: Ask) -> None:
    lesson = {"bot": "ours", "intents": {"opening_hours": ["when do you open?", "are you open on Sundays?"]}}
    status, told = call(server, "POST", BOTS, body=orjson.dumps(lesson))
    assert (status, told["bots"]["ours"]["intents"]) == (200, {"opening_hours": 2})
    said = orjson.loads(ask("POST", EVALUATE, {"text": "when do you open?", "botId": "ours"}).body)
    assert (said["intentName"], said["intentConfidence"] >= 0.6) == ("opening_hours", True)
    assert "ours" not in call(server, "DELETE", BOTS)[1]["bots"]
