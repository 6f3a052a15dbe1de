"""The memory of checks: an unchanged file is not read again, and no entry makes a broken file pass."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, field

from jackfield.domain.model.budgets import Limit, Policy
from jackfield.entrypoints.files.checked import Checked, check_files
from jackfield.entrypoints.files.remembering import Memory, remembered
from jackfield.entrypoints.settings import Rules

GOOD = "---\nname: a\nversion: 1.0.0\nmodel: m\nmax_tokens: 99\n---\nHello.\n"
BAD = GOOD.replace("Hello", "{{")
STRICTER = Rules(policy=Policy(characters=Limit(3, "a test"), tokens=Limit(99, "a test")))


@define
class Shelf:
    """A cache that anybody may look at and change."""

    entries: dict[str, bytes] = field(factory=dict[str, bytes])
    asked: int = 0
    found: int = 0

    def get(self, key: str) -> bytes | None:
        value = self.entries.get(key)
        self.asked += 1
        self.found += value is not None
        return value

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.entries[key] = value

    def drop(self, key: str) -> None:
        self.entries.pop(key, None)

    def close(self) -> None:
        """There is nothing to let go of."""


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.prompt"
    path.write_text(GOOD, encoding="utf-8")
    return path


def memory(shelf: Shelf, key: bytes = b"k" * 32, rules: str = "r") -> Memory:
    return Memory(cache=shelf, key=key, rules=rules)


def checked(path: Path, memory: Memory | None, own: Rules | None = None) -> Checked:
    (file,) = check_files([path], own or Rules(), memory=memory)
    return file


def test_an_unchanged_file_is_recalled(shelf: Shelf, path: Path) -> None:
    first = checked(path, memory(shelf))

    second = checked(path, memory(shelf))

    assert (first.definition is None, second.definition is None) == (False, True)
    assert (second.name, second.version, second.measures) == (first.name, first.version, first.measures)


def test_a_changed_file_is_read(shelf: Shelf, path: Path) -> None:
    checked(path, memory(shelf))
    path.write_text(BAD, encoding="utf-8")

    assert [p.code for p in checked(path, memory(shelf)).problems] == ["placeholder-unclosed"]


def test_a_broken_file_is_not_remembered(shelf: Shelf, path: Path) -> None:
    path.write_text(BAD, encoding="utf-8")
    checked(path, memory(shelf))

    assert shelf.entries == {}


def test_one_content_in_two_files_is_still_told(shelf: Shelf, path: Path) -> None:
    path.with_name("b.prompt").write_text(GOOD, encoding="utf-8")
    for _ in range(2):
        files = check_files([path.parent], Rules(), memory=memory(shelf))

        assert [[p.code for p in f.problems] for f in files] == [["version-twice"]] * 2
        assert files[0].problems[0].line == 3


def test_other_rules_are_another_check(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    with remembered(Rules()) as mild:
        assert checked(path, mild).problems == ()
    with remembered(STRICTER) as strict:
        assert [p.code for p in checked(path, strict, STRICTER).problems] == ["over-characters"] * 2


def test_what_others_sealed_is_not_taken(shelf: Shelf, path: Path) -> None:
    checked(path, memory(shelf, key=b"x" * 32))

    assert checked(path, memory(shelf)).definition is not None


def test_an_entry_under_another_name_is_not_taken(shelf: Shelf, path: Path) -> None:
    checked(path, memory(shelf))
    (good,) = shelf.entries.values()
    path.write_text(BAD, encoding="utf-8")
    bad = memory(shelf)._name(BAD.encode())
    shelf.entries[bad] = good

    assert checked(path, memory(shelf)).problems


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_an_entry_that_was_changed_is_not_taken(shelf: Shelf, path: Path, at: int) -> None:
    checked(path, memory(shelf))
    for name, value in shelf.entries.items():
        changed = bytearray(value)
        changed[at] ^= 1
        shelf.entries[name] = bytes(changed)

    assert checked(path, memory(shelf)).definition is not None


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[" * 5000, b'{"name": 5}', b"\xff"])
def test_an_entry_that_is_sealed_and_no_result_is_not_taken(shelf: Shelf, path: Path, body: bytes) -> None:
    own = memory(shelf)
    name = own._name(GOOD.encode())
    shelf.entries[name] = own._seal(name, body) + body

    assert checked(path, own).definition is not None


def test_the_control_a_sealed_result_is_taken(shelf: Shelf, path: Path) -> None:
    checked(path, memory(shelf))
    checked(path, memory(shelf))

    assert (shelf.asked, shelf.found) == (2, 1)


def test_the_memory_is_on_disk_for_the_owner_alone(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    with remembered(Rules()) as first:
        checked(path, first)
    with remembered(Rules()) as second:
        assert checked(path, second).definition is None
    assert (tmp_path / "state" / ".checks" / "key").stat().st_mode & 0o077 == 0


def test_a_key_that_others_may_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    with remembered(Rules()) as first:
        assert first is not None
    (tmp_path / "state" / ".checks" / "key").chmod(0o644)

    with remembered(Rules()) as second:
        assert second is None


def test_where_no_folder_can_be_made_there_is_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "taken"))

    with remembered(Rules()) as found:
        assert found is None


def test_a_counter_of_a_plugin_is_not_remembered() -> None:
    with remembered(Rules(token_counter="theirs")) as found:
        assert found is None


def test_an_unreadable_file_is_a_problem(shelf: Shelf, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.prompt")

    assert [p.code for p in checked(tmp_path / "x.prompt", memory(shelf)).problems] == ["unreadable"]
