"""`jackfield ask`: which version of which prompt it asks with, and with which examples."""

from __future__ import annotations

import pytest

from tests.e2e.command.asking.conftest import PROMPT, Asking, sent
from tests.e2e.command.conftest import House
from tests.e2e.command.speaking import Speaking


def test_a_published_prompt_is_asked_with_by_its_name(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ran = ask("--unit", "customer-7", prompt="refund")
    assert (ran.code, "refund 1.0.0 (default), conversation" in ran.err) == (0, True)


def test_a_pin_keeps_a_conversations_version(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    pin = ask("--format", "json", "--unit", "c", prompt="refund").json["choice"]["pin"]
    (house.folder / "refund.prompt").write_text(
        PROMPT.replace("1.0.0", "1.1.0") + "More.\n", encoding="utf-8"
    )
    house("publish", "refund.prompt", "--promote")
    found = ask("--format", "json", "--unit", "c", "--pin", pin, prompt="refund").json
    assert (found["version"], found["choice"]["reason"]) == ("1.0.0", "pinned")


def test_a_version_that_is_named_is_asked_with(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    found = ask("--format", "json", "--version", "1.0.0", prompt="refund").json
    assert found["choice"]["reason"] == "forced"
    assert ask("--version", "9.9.9", prompt="refund").code == 3


def test_a_file_has_one_version(ask: Asking) -> None:
    assert ask("--version", "1.0.0").code == 2


CATALOG = (
    '{"id": "e1", "input": "where is my refund", "output": "On its way.", "category": "refund"}\n'
    '{"id": "e2", "input": "cancel the order", "output": "Done.", "category": "order"}\n'
)


def test_the_catalog_beside_a_prompts_file_is_taken(ask: Asking, platform: Speaking) -> None:
    (ask.house.folder / "refund.examples.jsonl").write_text(CATALOG, encoding="utf-8")
    found = ask("--format", "json").json
    assert found["examples"] == ["e1"]
    assert "Reference Examples:\nExample Input: where is my refund" in sent(platform)[0][1]


@pytest.mark.parametrize(("select", "chosen"), [("rotation", ["e2"]), ("sample", ["e2"]), ("lexical", [])])
def test_a_catalog_that_is_named_is_chosen_from(ask: Asking, select: str, chosen: list[str]) -> None:
    (ask.house.folder / "my.jsonl").write_text(CATALOG, encoding="utf-8")
    options = ("--examples", "my.jsonl", "--category", "order", "--select", select, "--format", "json")
    assert ask(*options, user=("--user", "hello")).json["examples"] == chosen


def test_a_catalog_with_problems_is_told_by_its_lines(ask: Asking, platform: Speaking) -> None:
    (ask.house.folder / "refund.examples.jsonl").write_text('{"id": "e1"}\n{}\n', encoding="utf-8")
    ran = ask()
    assert (ran.code, platform.questions) == (1, [])
    assert "refund.examples.jsonl:2: id: it is missing" in ran.err


def test_a_category_needs_a_catalog(ask: Asking) -> None:
    assert ask("--category", "refund").code == 2


def test_a_pin_that_is_ignored_is_told(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ran = ask("--unit", "c", "--pin", "xxx", prompt="refund")
    assert ran.err.startswith("warning: the pin was ignored: unknown format; ")
    found = ask("--format", "json", "--unit", "c", "--pin", "xxx", prompt="refund").json
    assert found["choice"]["ignored"] == "unknown format"


def test_the_log_tells_a_file_from_what_was_published(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    (house.folder / "refund.prompt").write_text(PROMPT + "More.\n", encoding="utf-8")
    ask(prompt="refund")
    ask(prompt="refund.prompt")
    entries = house("audit", "list", "--format", "json").json["entries"]
    asked = [e["payload"] for e in entries if (e["type"], e["outcome"]) == ("assistant.ask", "intended")]
    assert [each["published"] for each in asked] == [True, False]
    assert len({each["content_hash"] for each in asked}) == 2


@pytest.mark.parametrize("option", [("--select", "rotation"), ("--count", "3")])
def test_how_examples_are_chosen_needs_a_catalog(ask: Asking, option: tuple[str, str]) -> None:
    ran = ask(*option)
    assert (ran.code, f"{option[0]} needs a catalog" in ran.err) == (2, True)
