"""`jackfield simulate --fault`: the command against a platform that fails."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.e2e.command.conftest import CLIENT, SECRET, House, simulated

CREATES = "POST /api/v2/ai/llm/prompts"


@pytest.fixture
def staged(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("GENESYS_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    return house


def at(house: House, url: str) -> None:
    house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{url}"\norganization = "acme"\n')


def control(url: str, method: str, document: object = None) -> Any:
    body = None if document is None else json.dumps(document).encode()
    with urlopen(Request(f"{url}/_simulator/faults", body, method=method), timeout=10) as answer:  # noqa: S310  # ours
        return json.load(answer)


def test_faults_of_the_command_line_are_played(staged: House) -> None:
    with simulated("--seed", "7", "--fault", f"drop-after:1@{CREATES}", "--fault", "slow:1:0.01@GET") as url:
        at(staged, url)
        staged("publish", staged.write("1.0.0", "kindly"))
        shown = control(url, "GET")

    assert [(f["kind"], f["seconds"], f["on"], f["rate"]) for f in shown["faults"]] == [
        ("drop-after", None, CREATES, 1.0),
        ("slow", 0.01, "GET **", 1.0),
    ]
    assert (shown["seed"], shown["injected"]["drop-after"]) == (7, 1)


def test_a_create_whose_answer_is_lost_is_taken_up(staged: House) -> None:
    with simulated() as url:
        at(staged, url)
        control(url, "POST", {"kind": "drop-after", "times": 1, "on": CREATES})
        ran = staged("publish", staged.write("1.0.0", "kindly"))
        shown = control(url, "GET")

    assert (ran.code, shown["injected"], shown["faults"]) == (0, {"drop-after": 1}, [])
    assert ran.out == "greeting 1.0.0 published, and is live\n"


@pytest.mark.parametrize("fault", ["flood:0.2", "429", "429:2", "500:1:3", "429:1@FETCH /"])
def test_a_fault_that_cannot_be_is_wrong_usage(house: House, fault: str) -> None:
    ran = house("simulate", "--port", "0", "--fault", fault)

    assert (ran.code, ran.out) == (2, "")
    assert "Invalid value for '--fault'" in ran.err


def test_an_unknown_kind_is_told_the_kinds(house: House) -> None:
    ran = house("simulate", "--fault", "flood:0.2")

    assert "'flood' is no kind of fault; choose of 429, 500, 503" in ran.err
