"""`jackfield check`: its formats, its schema, and its memory."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import SystemClock
from tests.e2e.command.conftest import House

BROKEN = "---\nname: wrong\nversion: 1.0.0\nmodel: m\nmax_tokens: 512\n---\nHello {{.\n"


@pytest.fixture
def folder(house: House) -> House:
    """One file that is fine and one that is not."""
    house.write("1.0.0", "kindly")
    (house.folder / "wrong.prompt").write_text(BROKEN, encoding="utf-8")
    return house


def test_junit_is_what_a_ci_system_reads(folder: House) -> None:
    ran = folder("check", ".", "--format", "junit")

    cases = ET.fromstring(ran.out)[0]  # noqa: S314  # ours
    assert (ran.code, ran.err) == (1, "")
    assert [(case.attrib["name"], len(case)) for case in cases] == [
        ("greeting-1.0.0.prompt", 0),
        ("wrong.prompt", 1),
    ]


def test_sarif_names_the_line(folder: House) -> None:
    ran = folder("check", ".", "--format", "sarif")

    (result,) = ran.json["runs"][0]["results"]
    assert (ran.code, ran.err, result["ruleId"]) == (1, "", "placeholder-unclosed")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "wrong.prompt"},
        "region": {"startLine": 7, "startColumn": 7},
    }


def test_github_annotates_the_line(folder: House) -> None:
    ran = folder("check", ".", "--format", "github")

    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(
        "::error file=wrong.prompt,title=placeholder-unclosed,line=7,col=7::'{{' begins"
    )
    assert ran.out.endswith("\n2 file(s), 1 problem(s)\n")


@pytest.mark.parametrize("form", ["table", "json", "junit", "sarif", "github"])
def test_every_format_is_0_where_all_is_fine(house: House, form: str) -> None:
    assert house("check", house.write("1.0.0", "kindly"), "--format", form).code == 0


@pytest.mark.parametrize("form", ["junit", "sarif", "github"])
def test_a_format_of_check_is_none_of_another_subcommand(house: House, form: str) -> None:
    assert house("status", "--format", form).code == 2


def test_the_schema_is_printed_without_any_path(house: House) -> None:
    ran = house("check", "--print-schema")

    Draft202012Validator.check_schema(json.loads(ran.out))
    assert (ran.code, ran.json["required"]) == (0, ["name", "version", "model", "max_tokens"])


def test_a_check_again_says_the_same(folder: House) -> None:
    first = folder("check", ".", "--format", "json")

    assert folder("check", ".", "--format", "json").json == first.json
    assert folder("check", ".", "--format", "json", "--no-cache").json == first.json


def test_no_cache_leaves_nothing_behind(folder: House) -> None:
    folder("check", ".", "--no-cache")

    assert not (folder.folder / "state" / ".checks").exists()


def test_a_lowered_limit_counts_at_once(folder: House) -> None:
    folder("check", "greeting-1.0.0.prompt")
    folder.settings("[limits]\ncharacters = 10\n")

    assert "over-characters" in folder("check", "greeting-1.0.0.prompt").out


def poison(house: House) -> int:
    """Put the entry of the file that is fine under every name in the cache, and under that of the other."""
    checks = house.folder / "state" / ".checks"
    cache = DiskCache(checks / "cache", SystemClock())
    forged = json.dumps({"name": "wrong", "version": "1.0.0", "content_hash": "x", "measures": []}).encode()
    names = _names(house)
    for name in names:
        cache.put(name, hashlib.sha256(forged).digest() + forged, timedelta(days=1))
    cache.close()
    return len(names)


def _names(house: House) -> list[str]:
    """The names that the cache would have for the broken file: as the command itself makes them."""
    from jackfield.entrypoints.files.remembering import remembered
    from jackfield.entrypoints.settings import rules

    with remembered(rules()) as memory:
        assert memory is not None
        return [memory._name((house.folder / "wrong.prompt").read_bytes())]


def test_a_forged_entry_makes_no_broken_file_pass(folder: House) -> None:
    folder("check", ".")

    assert poison(folder) == 1
    assert folder("check", "wrong.prompt").code == 1


@pytest.mark.parametrize("damage", ["cache", "key"])
def test_a_damaged_memory_is_no_error(folder: House, damage: str) -> None:
    folder("check", ".")
    for path in _files(folder.folder / "state" / ".checks" / damage):
        path.write_bytes(b"\0damaged")

    ran = folder("check", ".")

    assert (ran.code, ran.err, ran.out.endswith("2 file(s), 1 problem(s)\n")) == (1, "", True)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]


def test_a_state_folder_that_cannot_be_used_is_no_error(
    folder: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", "/dev/null/state")

    assert folder("check", "greeting-1.0.0.prompt").code == 0


def test_a_quiet_check_shows_problems_and_their_number_alone(folder: House) -> None:
    loud, quiet = folder("check", ".").out.splitlines(), folder("check", ".", "--quiet").out.splitlines()

    assert quiet == [line for line in loud if line.startswith("wrong.prompt:")] + ["2 file(s), 1 problem(s)"]
    assert "greeting-1.0.0.prompt: greeting 1.0.0 is fine" in loud
