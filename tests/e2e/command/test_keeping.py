"""What keeps and what goes: anchors, erasures, backups, and a ledger that was damaged."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.command.conftest import House


@pytest.fixture
def told(house: House) -> House:
    house.publish("1.0.0", "1.1.0")
    house("promote", "greeting", "1.1.0", "--reason", "CHG-4471")
    return house


@pytest.fixture
def ledger(told: House) -> Path:
    return told.folder / "state" / "simulator" / "ledger.db"


def test_an_anchor_is_a_line_of_json(told: House) -> None:
    anchor = told("audit", "anchor").json

    assert list(anchor) == ["organization", "position", "hash", "time"]
    assert (anchor["organization"], anchor["position"]) == ("simulator", 6)
    assert anchor["hash"] == told("audit", "verify", "--format", "json").json["head"]


def test_anchors_are_appended_and_all_of_them_verified(told: House) -> None:
    told("audit", "anchor", "--output", "anchors.jsonl")
    told("rollback", "greeting")
    ran = told("audit", "anchor", "--output", "anchors.jsonl")

    verified = told("audit", "verify", "--anchor", "anchors.jsonl")

    assert (ran.code, ran.out, ran.err) == (0, "", "entry 8 anchored in anchors.jsonl\n")
    assert [json.loads(line)["position"] for line in Path("anchors.jsonl").read_text().splitlines()] == [6, 8]
    assert (verified.code, verified.out.splitlines()[-1]) == (0, "anchors in the chain: 2")


def test_an_anchor_of_a_log_that_was_begun_anew_is_not_found(told: House) -> None:
    told("audit", "anchor", "--output", "anchors.jsonl")
    shutil.rmtree(told.folder / "state")
    told.publish("1.0.0", "1.1.0")

    ran = told("audit", "verify", "--anchor", "anchors.jsonl")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: audit entry 6: an anchor was taken of it")


def test_a_file_that_holds_no_anchor_is_named_with_its_line(told: House) -> None:
    Path("anchors.jsonl").write_text("mine\n", encoding="utf-8")

    ran = told("audit", "verify", "--anchor", "anchors.jsonl")

    assert ran.code == 1
    assert ran.err.startswith("error: anchors.jsonl, line 1: it is not what 'jackfield audit anchor' writes")


def test_payloads_are_erased_by_prompt_once(told: House) -> None:
    told("audit", "anchor", "--output", "anchors.jsonl")

    first = told("audit", "erase", "--prompt", "greeting", "--reason", "request 118")
    second = told("audit", "erase", "--prompt", "greeting", "--format", "json")

    assert (first.code, first.out) == (0, "6 payloads erased\n")
    assert (second.code, second.json) == (0, {"erased": 0})
    verified = told("audit", "verify", "--anchor", "anchors.jsonl")
    assert verified.out.startswith("7 entries, 6 without their payload: no change found\n")
    entries = told("audit", "list", "--format", "json").json["entries"]
    assert [e["payload"] is None for e in entries] == [True] * 6 + [False]
    assert (entries[-1]["type"], entries[-1]["reason"]) == ("audit.erase", "request 118")


def test_payloads_are_erased_by_entry_and_by_date(told: House) -> None:
    assert told("audit", "erase", "--entry", "1", "--entry", "3").out == "2 payloads erased\n"
    assert told("audit", "erase", "--before", "2001-01-01").out == "there was no payload to erase\n"
    assert told("audit", "erase", "--before", "2999-01-01T00:00Z").out == "4 payloads erased\n"


def test_payloads_are_erased_when_they_have_expired(told: House) -> None:
    told.settings('[audit]\nretention = "90d"\n')

    assert told("audit", "erase", "--expired").out == "there was no payload to erase\n"


def test_without_a_retention_nothing_expires(told: House) -> None:
    ran = told("audit", "erase", "--expired")

    assert (ran.code, ran.out) == (1, "")
    assert "set retention in [audit] of jackfield.toml, such as '90d'" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--expired", "--prompt", "greeting"),
        ("--entry", "1", "--before", "2026-01-01"),
        ("--before", "yesterday"),
        ("--before", "2026-01-01T12:00"),
    ],
)
def test_what_does_not_say_what_goes_is_a_usage_error(told: House, arguments: tuple[str, ...]) -> None:
    assert told("audit", "erase", *arguments).code == 2


def test_an_erasure_needs_no_credentials(house: House) -> None:
    house.settings(
        '[targets.prod]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\norganization = "acme"\n'
    )

    ran = house("audit", "erase", "--before", "2026-01-01")

    assert (ran.code, ran.out) == (0, "there was no payload to erase\n")


def test_a_backup_is_restored_and_goes_on(told: House, ledger: Path) -> None:
    told("audit", "anchor", "--output", "anchors.jsonl")
    ran = told("backup", "copy.db")
    ledger.write_bytes(b"")

    refused = told("log", "greeting")
    for file in ledger.parent.glob("ledger.db*"):
        file.unlink()
    shutil.copy2("copy.db", ledger)

    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "6 entries, and all that they tell of, copied to copy.db",
    )
    assert (refused.code, "restore a backup" in refused.err) == (1, True)
    assert told("audit", "verify", "--anchor", "anchors.jsonl").code == 0
    assert told("rollback", "greeting").out == "greeting 1.0.0 is live (before: 1.1.0)\n"
    assert told("status", "--format", "json").json["prompts"][0]["platform"]["drift"] is False


def test_a_backup_tells_programs_what_it_holds(told: House) -> None:
    answer = told("backup", "copy.db", "--format", "json").json

    assert answer == {
        "path": "copy.db",
        "entries": 6,
        "head": told("audit", "verify", "--format", "json").json["head"],
        "bytes": Path("copy.db").stat().st_size,
    }


def test_a_backup_overwrites_nothing(told: House) -> None:
    Path("copy.db").write_text("mine", encoding="utf-8")

    ran = told("backup", "copy.db")

    assert (ran.code, Path("copy.db").read_text(encoding="utf-8")) == (1, "mine")
    assert "copy.db: it exists already; name a new file" in ran.err


def cut(ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:5_000])


def zeroed(ledger: Path) -> None:
    ledger.write_bytes(bytes(ledger.stat().st_size))


def emptied(ledger: Path) -> None:
    ledger.write_bytes(b"")


def removed(ledger: Path) -> None:
    ledger.unlink()


def header_flipped(ledger: Path) -> None:
    data = bytearray(ledger.read_bytes())
    data[103] ^= 0xFF
    ledger.write_bytes(data)


@pytest.mark.parametrize("spoil", [cut, zeroed, emptied, removed, header_flipped])
@pytest.mark.parametrize("command", [("log", "greeting"), ("rollback", "greeting"), ("audit", "verify")])
def test_a_damaged_ledger_is_one_message_with_the_remedy(
    told: House, ledger: Path, spoil: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    spoil(ledger)
    before = ledger.read_bytes() if ledger.exists() else None

    ran = told(*command)

    assert (ran.code in {1, 5}, ran.out, len(ran.err.splitlines())) == (True, "", 1)
    assert ran.err.startswith(f"error: {ledger}: ")
    assert "restore a backup" in ran.err
    assert (ledger.read_bytes() if ledger.exists() else None) == before


def test_damage_where_no_entry_stands_is_found_by_verify(told: House, ledger: Path) -> None:
    """The page is that of `onces`, which reading the entries never meets."""
    with closing(sqlite3.connect(ledger)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'onces'").fetchone()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(random.Random(4).randbytes(4096))  # the same bytes each time, no secret

    ran = told("audit", "verify")

    assert (ran.code, ran.out) == (5, "")
    assert ran.err == f"error: {ledger}: the file is damaged; nothing was changed; restore a backup\n"
