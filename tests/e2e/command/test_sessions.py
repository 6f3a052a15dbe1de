"""`jackfield sessions` on sessions that a program led on the embedded simulator."""

from __future__ import annotations

import csv
import io

import pytest

from jackfield.domain.services.sessions.asked.values import Escalated
from jackfield.entrypoints.bootstrap import open_core
from tests.e2e.command.conftest import House, keys, simulated

SAID = ("where is my order?", "I want to talk to a human")
SETTINGS = """\
[targets.here]
platform = "genesys"
base_url = "{url}"

[sessions]
queue = "human-support-queue"

[sessions.notices]
url = "http://127.0.0.1:9/sessions"
secret_env = "OUR_SECRET"
"""


@pytest.fixture
def led(house: House) -> tuple[str, str]:
    """One session that people took over, and one that goes on."""
    del house  # its state folder is used
    with open_core() as core:
        sessions = core.acting_as("mina", reason="CHG-1").sessions
        first = sessions.start(bot="bot-id-123", customer="customer-1")
        first.turn(SAID[0])
        assert isinstance(first.turn(SAID[1]), Escalated)
        first.close("escalated")
        second = sessions.start(bot="bot-id-123", customer="customer-2")
    return first.id, second.id


def test_sessions_are_listed_and_shown(house: House, led: tuple[str, str]) -> None:
    over, going = led
    found = house("sessions", "list", "--format", "json").json["sessions"]
    assert [each["id"] for each in found] == [going, over]
    assert keys(found[0])[:5] == ["id", "bot", "customer", "conversation", "type"]
    assert [
        each["id"]
        for each in house("sessions", "list", "--standing", "active", "--format", "json").json["sessions"]
    ] == [going]
    shown = house("sessions", "show", over, "--format", "json").json
    assert (shown["standing"], shown["turns"], shown["end"]["resolution"]) == ("closed", 2, "escalated")
    assert house("sessions", "show", over).out.count("customer-1") == 1


def test_turns_are_explained_also_against_other_thresholds(house: House, led: tuple[str, str]) -> None:
    found = house("sessions", "explain", led[0], "--format", "json").json
    assert [turn["decision"]["act"] for turn in found["turns"]][1:] == ["escalate"]
    assert found["turns"][1]["decision"]["reason"] == "request"
    other = house("sessions", "explain", led[0], "--max-turns", "1", "--format", "json").json
    reasons = [each["reason"] for each in other["turns"][1]["would_be"]["findings"]]
    assert reasons[0] == "request"
    assert reasons[-1] == "max turns"


def test_what_the_customer_said_is_nowhere(house: House, led: tuple[str, str]) -> None:
    shown = [house("sessions", *words).all for words in (("list",), ("show", led[0]), ("explain", led[0]))]
    assert [text for text in shown for said in SAID if said in text] == []


def test_a_report_sums_up_what_is_over(house: House, led: tuple[str, str]) -> None:
    assert len(led) == 2
    found = house("sessions", "report", "--by", "bot", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(found.out)))
    assert [(row["group"], row["sessions"], row["escalation_rate"]) for row in rows] == [
        ("bot-id-123", "1", "1.0"),
        ("all", "1", "1.0"),
    ]
    assert "handed off for: request 1" in house("sessions", "report").out


def test_cron_has_nothing_to_do_where_all_is_well(house: House, led: tuple[str, str]) -> None:
    assert len(led) == 2
    recovered = house("sessions", "recover", "--format", "json")
    assert (recovered.code, recovered.json["open"], recovered.json["expired"]) == (0, 1, 0)
    assert house("sessions", "catch-up", "--format", "json").json["ended"] == 0


def test_an_unknown_session_is_said_so(house: House) -> None:
    for verb in ("show", "explain"):
        ran = house("sessions", verb, "nobody")
        assert (ran.code, ran.out) == (3, "")
        assert "sessions list" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--limit", "0"),
        ("list", "--standing", "gone"),
        ("report", "--by", "moon"),
        ("report", "--since", "yesterday"),
        ("recover", "--limit", "x"),
    ],
)
def test_bad_words_are_refused_before_anything_is_opened(house: House, words: tuple[str, ...]) -> None:
    assert house("sessions", *words).code == 2
    assert not (house.folder / "state").exists()


def test_thresholds_that_contradict_one_another_are_named(house: House, led: tuple[str, str]) -> None:
    ran = house("sessions", "explain", led[0], "--confidence-min", "0.1")
    assert ran.code == 1
    assert "confidence_reject" in ran.err


def test_notices_are_registered_once_shown_and_removed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    with simulated("--client", "a-client:canary", "--no-limits") as url:
        house.settings(SETTINGS.format(url=url))
        monkeypatch.setenv("GENESYS_CLIENT_ID", "a-client")
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary")
        first = house("sessions", "notices", "register", "--format", "json")
        assert first.code == 0, first.err
        assert house("sessions", "notices", "register", "--format", "json").json == first.json
        shown = house("sessions", "notices", "show", "--format", "json").json["notices"]
        assert shown == [first.json]
        assert house("sessions", "notices", "remove", "--format", "json").json == {"removed": 1}
        assert house("sessions", "notices", "remove", "--format", "json").json == {"removed": 0}
        assert "none is registered" in house("sessions", "notices", "show").out
