"""The audit log on the command line: listed, verified, exported."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest

from tests.e2e.command.conftest import House

STORY = [
    ("prompt.publish", "intended"),
    ("prompt.publish", "succeeded"),
    ("prompt.publish", "intended"),
    ("prompt.publish", "succeeded"),
    ("prompt.promote", "intended"),
    ("prompt.promote", "succeeded"),
]


@pytest.fixture
def told(house: House) -> House:
    house.publish("1.0.0", "1.1.0")
    house("promote", "greeting", "1.1.0", "--reason", "CHG-4471")
    return house


def head(house: House) -> str:
    return str(house("audit", "verify", "--format", "json").json["head"])


def test_every_step_is_an_entry_before_and_after(told: House) -> None:
    assert told.audited() == STORY


def test_the_newest_entries_are_listed_oldest_first(told: House) -> None:
    entries = told("audit", "list", "--last", "3", "--format", "json").json["entries"]

    assert [entry["position"] for entry in entries] == [4, 5, 6]


def test_a_subject_is_named_with_its_kind(told: House) -> None:
    told("advice", "feedback", "rec-1", "--agent", "a-1", "--action", "copied", "--conversation", "c-1")
    heading, *lines = told("audit", "list", "--last", "2").out.splitlines()
    assert " about " in heading
    assert " prompt " not in heading
    assert [
        kind in line for kind, line in zip(("prompt greeting 1.1.0", "advice c-1"), lines[-2:], strict=True)
    ] == [
        True,
        True,
    ]


def test_the_entries_of_one_prompt_are_listed(told: House) -> None:
    told("publish", told.write("1.0.0", "sadly", name="goodbye"))

    entries = told("audit", "list", "--prompt", "goodbye", "--format", "json").json["entries"]

    assert [entry["position"] for entry in entries] == [7, 8]


def test_an_entry_tells_who_and_why(told: House) -> None:
    entry = told("audit", "list", "--last", "1", "--format", "json").json["entries"][0]

    assert (entry["actor"], entry["reason"], entry["name"]) == ("mina", "CHG-4471", "greeting")
    assert entry["payload"]["version"] == "1.1.0"


def test_verify_counts_the_entries_and_prints_the_head(told: House) -> None:
    ran = told("audit", "verify")

    assert (ran.code, ran.out) == (0, f"6 entries: no change found\nhead {head(told)}\n")


def test_a_head_that_was_kept_is_found_later(told: House) -> None:
    kept = head(told)
    told("rollback", "greeting")

    assert told("audit", "verify", "--head", kept.upper()).code == 0


def test_a_head_of_another_log_is_not_found(told: House) -> None:
    ran = told("audit", "verify", "--head", "1" * 64)

    assert (ran.code, ran.out) == (1, "")
    assert "that was kept elsewhere is not in the chain of 6 entries" in ran.err


@pytest.mark.parametrize("text", ["", "zz", "1" * 63, "g" * 64])
def test_what_is_no_head_is_a_usage_error(told: House, text: str) -> None:
    ran = told("audit", "verify", "--head", text)

    assert ran.code == 2
    assert "a head is 64 hexadecimal digits" in ran.err


def test_an_altered_entry_is_found_and_named(told: House) -> None:
    ledger = apsw.Connection(str(told.folder / "state" / "simulator" / "ledger.db"))
    ledger.execute("UPDATE entries SET head = replace(head, 'mina', 'nina') WHERE position = 5")
    ledger.close()

    ran = told("audit", "verify")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: audit entry 5: it was changed; compare the log with a backup")


def test_an_export_has_a_line_of_json_for_each_entry(told: House) -> None:
    lines = told("audit", "export").out.splitlines()

    assert [(e["type"], e["outcome"]) for e in map(json.loads, lines)] == STORY


def test_an_export_holds_the_chain(told: House) -> None:
    entries = [json.loads(line) for line in told("audit", "export").out.splitlines()]

    assert [e["previous"] for e in entries[1:]] == [e["hash"] for e in entries[:-1]]


def test_an_export_to_a_file_is_what_goes_to_the_terminal(told: House) -> None:
    ran = told("audit", "export", "--output", "audit.jsonl")

    assert (ran.code, ran.out, ran.err) == (0, "", "6 entries written to audit.jsonl\n")
    assert Path("audit.jsonl").read_text(encoding="utf-8") == told("audit", "export").out


def test_an_export_overwrites_nothing(told: House) -> None:
    Path("audit.jsonl").write_text("mine", encoding="utf-8")

    ran = told("audit", "export", "--output", "audit.jsonl")

    assert (ran.code, Path("audit.jsonl").read_text(encoding="utf-8")) == (1, "mine")
    assert ran.err.startswith("error: audit.jsonl: it cannot be written: File exists; name a new file")


def test_an_empty_log_verifies(house: House) -> None:
    assert house("audit", "verify").out.startswith("0 entries: no change found\nhead 000000")
