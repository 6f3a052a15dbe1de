"""`jackfield ask`: what the audit log has of an answer, and what when it cannot be written."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing

import pytest

from jackfield.domain.model.canonical import canonical
from tests.e2e.command.asking.conftest import Asking
from tests.e2e.command.conftest import House, keys
from tests.e2e.command.speaking import ANSWER, ASSISTANT, Speaking


@pytest.fixture
def full(house: House, platform: Speaking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger takes a question, and nothing more while it is on its way."""

    def fill() -> None:
        (path,) = house.folder.rglob("ledger.db")
        with closing(sqlite3.connect(path)) as ledger:
            ledger.execute(
                "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
            )

    monkeypatch.setattr(platform.platform, "meanwhile", fill)


def test_an_answer_that_cannot_be_recorded_is_written_all_the_same(ask: Asking, full: None) -> None:
    ran = ask()
    assert (ran.code, ran.out) == (5, ANSWER)
    assert "complete: " in ran.err
    assert "the answer that was shown could not be recorded: " in ran.err.splitlines()[-1]
    assert ask.house.audited() == [("assistant.ask", "intended")]


def test_json_is_written_too_and_standard_error_tells_that_it_is_not_recorded(
    ask: Asking, full: None
) -> None:
    ran = ask("--format", "json")
    assert (ran.code, ran.json["text"], json.loads(ran.err)["error"]["type"]) == (5, ANSWER, "OutcomeUnknown")


def test_the_hash_in_the_log_is_of_the_messages_that_the_platform_got(
    ask: Asking, platform: Speaking
) -> None:
    ask("--set", "tier=gö\nld", user=("--user", 'a "quoted" — text'))
    (record,) = ask.house("audit", "list", "--records").json["records"]
    messages = platform.questions[0]["messages"]
    assert record["promptHash"] == hashlib.sha256(canonical(messages).encode()).hexdigest()


def test_the_log_has_the_record_that_others_know(ask: Asking, platform: Speaking) -> None:
    ask()
    (record,) = ask.house("audit", "list", "--records").json["records"]
    assert {name: record[name] for name in ("eventType", "assistantId", "userId", "complianceStatus")} == {
        "eventType": "AI_PROMPT_INJECTION",
        "assistantId": ASSISTANT,
        "userId": "mina",
        "complianceStatus": "AUDITED",
    }
    assert keys(record)[0] == "timestamp"
    assert record["conversationId"].startswith("conv-")


def test_questions_with_a_prompt_are_listed_and_erased_with_it(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ask(prompt="refund")
    ask(prompt="own.prompt", user=())
    listed = house("audit", "list", "--prompt", "refund", "--format", "json").json["entries"]
    assert [e["type"] for e in listed] == ["prompt.publish"] * 2 + ["assistant.ask"] * 2
    assert house("audit", "erase", "--prompt", "refund", "--format", "json").json == {"erased": 4}
    left = house("audit", "list", "--format", "json").json["entries"]
    assert [e["payload"] is None for e in left if e["type"] == "assistant.ask"] == [True, True, False, False]
    assert house("audit", "verify").code == 0


def test_questions_of_a_prompt_that_was_never_published_are_found_by_its_name(
    house: House, ask: Asking
) -> None:
    ask()
    assert len(house("audit", "list", "--prompt", "refund", "--format", "json").json["entries"]) == 2


def test_texts_that_no_redactor_could_have_are_told_and_not_kept(
    house: House, platform: Speaking, ask: Asking
) -> None:
    settings = (house.folder / "jackfield.toml").read_text(encoding="utf-8")
    house.settings(f'{settings}[conversations]\ncapture_content = true\n[plugins]\nallow = ["ghost"]\n')
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)
    last = ran.err.splitlines()[-1]
    assert last.startswith(
        "plugins: ghost (1 failed, 3 lost: [plugins] allow names it, and it is not installed"
    )
    assert "3 text(s) not kept in the audit log" in last
    told = json.loads(ask("--format", "json").err.splitlines()[-1])
    assert (told["not_kept"], [each["name"] for each in told["plugins"]]) == (3, ["ghost"])
    records = house("audit", "list", "--records").json["records"]
    assert [each["complianceStatus"] for each in records[-1:]] == ["INCOMPLETE"]


def test_what_an_endpoint_of_telemetry_refused_is_told_when_the_command_ends(
    house: House, platform: Speaking, ask: Asking
) -> None:
    assert "plugins: " not in ask().err
    settings = (house.folder / "jackfield.toml").read_text(encoding="utf-8")
    endpoint = (
        f'[deliveries]\nallow = ["127.0.0.1"]\n[plugins.telemetry]\nendpoint = "{platform.url}/nowhere"\n'
    )
    house.settings(f"{settings}{endpoint}")
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)
    assert ran.err.splitlines()[-1].startswith("plugins: telemetry (1 failed: jackfield_measure: ")


def test_the_list_of_the_log_says_how_each_answer_ended(house: House, ask: Asking) -> None:
    ask()
    ask("--output", "3")
    listed = house("audit", "list").out
    assert "assistant.ask succeeded: complete" in listed
    assert "assistant.ask succeeded: length" in listed or "assistant.ask succeeded: budget" in listed
