"""A state folder that cannot be used: one message with its path and a remedy, and it stays as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from jackfield.adapters.sqlite.files import APPLICATION_ID
from tests.e2e.command.conftest import House

Spoil = Callable[[Path], object]


def folder(state: Path) -> Path:
    target = state / "simulator"
    target.mkdir(mode=0o700, parents=True)
    return target


def database(path: Path, *statements: str) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        for statement in statements:
            connection.execute(statement)
    path.chmod(0o600)


def a_file(state: Path) -> None:
    state.write_text("mine", encoding="utf-8")


def a_file_for_the_target(state: Path) -> None:
    state.mkdir()
    (state / "simulator").write_text("mine", encoding="utf-8")


def a_dangling_link(state: Path) -> None:
    state.symlink_to("nowhere/at/all")


def a_folder_of_everybody(state: Path) -> None:
    folder(state).chmod(0o777)


def a_folder_for_the_ledger(state: Path) -> None:
    (folder(state) / "ledger.db").mkdir()


def a_link_for_the_ledger(state: Path) -> None:
    other = state.parent / "other.db"
    database(other, "CREATE TABLE t (a)")
    (folder(state) / "ledger.db").symlink_to(other)


def a_text_for_the_ledger(state: Path) -> None:
    path = folder(state) / "ledger.db"
    path.write_text("mine " * 100, encoding="utf-8")
    path.chmod(0o600)


def a_foreign_ledger(state: Path) -> None:
    database(folder(state) / "ledger.db", "CREATE TABLE t (a)")


def a_newer_ledger(state: Path) -> None:
    path = folder(state) / "ledger.db"
    database(
        path, f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 99", "CREATE TABLE t (a)"
    )


def a_ledger_of_everybody(state: Path) -> None:
    path = folder(state) / "ledger.db"
    database(path, "CREATE TABLE t (a)")
    path.chmod(0o666)


def a_foreign_platform(state: Path) -> None:
    database(folder(state) / "simulator.db", "CREATE TABLE t (a)")


def a_link(state: Path) -> None:
    (state.parent / "elsewhere").mkdir()
    state.symlink_to("elsewhere")


def a_link_for_the_target(state: Path) -> None:
    state.mkdir(mode=0o700)
    (state.parent / "elsewhere").mkdir()
    (state / "simulator").symlink_to("../elsewhere")


def a_folder_for_the_platform(state: Path) -> None:
    (folder(state) / "simulator.db").mkdir()


SPOILT: tuple[tuple[Spoil, str, str], ...] = (
    (a_file, "state", "choose another path for the state folder"),
    (a_file_for_the_target, "state/simulator", "choose another path for the state folder"),
    (a_link, "state", "name the folder that it points to"),
    (a_dangling_link, "state", "name the folder that it points to"),
    (a_link_for_the_target, "state/simulator", "name the folder that it points to"),
    (a_folder_of_everybody, "state/simulator", "chmod 700"),
    (a_folder_for_the_ledger, "state/simulator/ledger.db", "move it away, or choose another path"),
    (a_link_for_the_ledger, "state/simulator/ledger.db", "put the file that it points to in its place"),
    (a_text_for_the_ledger, "state/simulator/ledger.db", "move it away, or choose another path"),
    (a_foreign_ledger, "state/simulator/ledger.db", "choose another path"),
    (a_newer_ledger, "state/simulator/ledger.db", "upgrade Jackfield"),
    (a_ledger_of_everybody, "state/simulator/ledger.db", "chmod 600"),
    (a_folder_for_the_platform, "state/simulator/simulator.db", "move it away"),
    (a_foreign_platform, "state/simulator/simulator.db", "move this one away"),
)


@pytest.fixture
def state(house: House) -> Path:
    return house.folder / "state"


def contents(top: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(top.rglob("*")):
        if path.is_file() and path.name != "ledger.db-lock":
            yield str(path), path.read_bytes()


@pytest.mark.parametrize(("spoil", "place", "remedy"), SPOILT, ids=[s[0].__name__ for s in SPOILT])
@pytest.mark.parametrize("command", [("publish", "greeting-1.0.0.prompt"), ("status",), ("audit", "verify")])
def test_a_spoilt_state_folder_is_named_with_a_remedy(
    house: House, spoil: Spoil, place: str, remedy: str, command: tuple[str, ...]
) -> None:
    house.write("1.0.0", "kindly")
    spoil(house.folder / "state")

    ran = house(*command)

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert ran.err.startswith(f"error: {house.folder}/{place}: ")
    assert remedy in ran.err


@pytest.mark.parametrize(
    "spoil", [a_text_for_the_ledger, a_foreign_ledger, a_newer_ledger, a_link_for_the_ledger]
)
def test_what_is_not_ours_is_left_as_it_was(house: House, state: Path, spoil: Spoil) -> None:
    spoil(state)
    before = dict(contents(house.folder))

    house("status")

    assert {path: text for path, text in contents(house.folder) if path in before} == before


@pytest.mark.parametrize("text", ["~nobody-of-that-name/state", os.fsdecode(b"/tmp/\xff"), "/proc/nowhere"])
def test_a_path_that_cannot_be_one_is_told(house: House, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", text)

    ran = house("status")

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)


def test_a_new_state_folder_is_its_owners_alone(house: House, state: Path) -> None:
    house("publish", house.write("1.0.0", "kindly"))

    assert [
        oct(p.stat().st_mode & 0o777) for p in (state / "simulator", *(state / "simulator").glob("*.db"))
    ] == [
        "0o700",
        "0o600",
        "0o600",
    ]


def test_check_needs_no_state_folder(house: House, state: Path) -> None:
    a_file(state)

    assert house("check", house.write("1.0.0", "kindly")).code == 0
