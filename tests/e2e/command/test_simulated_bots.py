"""`jackfield simulate --bots`: a platform that has bots of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.e2e.command.conftest import CLIENT, SECRET, House, simulated
from tests.unit.simulator.utterances import questions, taught


def call(url: str, path: str, document: object = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = None if document is None else json.dumps(document).encode()
    with urlopen(Request(f"{url}{path}", body, headers), timeout=30) as answer:  # noqa: S310  # ours
        return json.load(answer)


def login(url: str) -> str:
    form = f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}".encode()
    with urlopen(Request(f"{url}/oauth/token", form), timeout=10) as answer:  # noqa: S310  # ours
        return str(json.load(answer)["access_token"])


def test_bots_of_a_file_are_there_beside_the_fresh_ones(tmp_path: Path) -> None:
    bots = [{"bot": "bot-id-123", "limit": 2}, {"bot": "ours", "intents": {"opening_hours": ["when open?"]}}]
    (tmp_path / "bots.json").write_text(json.dumps(bots), encoding="utf-8")
    with simulated("--bots", str(tmp_path / "bots.json")) as url:
        shown = call(url, "/_simulator/bots")["bots"]
    assert (shown["bot-id-123"]["limit"], shown["bot-id-123"]["title"]) == (2, "Support Bot")
    assert (shown["ours"]["intents"], "bot-id-456" in shown) == ({"opening_hours": 1}, True)


def test_a_bot_is_taught_ten_thousand_questions(tmp_path: Path) -> None:
    bots = [{"bot": "bank", "intents": taught(questions())}]
    (tmp_path / "bots.json").write_text(json.dumps(bots), encoding="utf-8")
    with simulated("--bots", str(tmp_path / "bots.json")) as url:
        asked = {"text": "I am still waiting for my card to come", "botId": "bank"}
        said = call(url, "/api/v2/conversations/message/evaluate", asked, login(url))
    assert (said["intentName"], said["intentConfidence"] >= 0.6) == ("card_arrival", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "a JSON list"), ("{}", "a JSON list"), ('[{"bot": "a"}, {"id": "b"}]', "bots[1]")],
)
def test_a_file_that_holds_no_bots_is_refused(content: str, told: str, house: House) -> None:
    (house.folder / "bots.json").write_text(content, encoding="utf-8")
    ran = house("simulate", "--port", "0", "--bots", "bots.json")
    assert (ran.code, told in ran.err) == (1, True)


def test_a_file_that_is_not_there_is_named(house: House) -> None:
    ran = house("simulate", "--port", "0", "--bots", "missing.json")
    assert (ran.code, "missing.json" in ran.err) == (2, True)
