"""`jackfield doctor`: the ledger, the state folder and the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

import jackfield
from jackfield.adapters.clock import FrozenClock
from jackfield.entrypoints import doctor
from tests.e2e.command.conftest import House
from tests.e2e.command.doctor.conftest import examine, examined, states


def test_a_used_ledger_is_told(house: House) -> None:
    house.publish("1.0.0")

    found = examined(examine(house))

    assert "2 entries, a whole chain, head " in found["ledger"][0][1]
    assert found["pending"] == [("ok", "no change is left over")]


def test_a_folder_that_cannot_be_is_told_without_settings_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", "~nobody-of-that-name/state")

    ran = examine(house)

    assert (ran.code, states(ran, "settings", "folder")) == (1, ["failed", "failed"])


@pytest.fixture
def ledger(house: House) -> Path:
    house.publish("1.0.0", "1.1.0")
    return house.folder / "state" / "simulator" / "ledger.db"


def test_a_cut_ledger_is_told_beside_all_else(house: House, ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:9000])

    ran = examine(house)

    assert (ran.code, states(ran, "ledger", "token", "disk", "plugins")) == (5, ["failed", "ok", "ok", "ok"])


def test_a_ledger_that_was_changed_is_told(house: House, ledger: Path) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content.replace(b"jackfield publish", b"jackfield pub1ish"))

    ran = examine(house)

    assert (ran.code, states(ran, "ledger")) == (1, ["failed"])


def test_an_empty_file_is_no_ledger_and_none_is_made_of_it(house: House) -> None:
    path = house.folder / "state" / "simulator" / "ledger.db"
    path.parent.mkdir(mode=0o700, parents=True)
    (house.folder / "state").chmod(0o700)
    path.touch(mode=0o600)

    ran = examine(house)

    assert states(ran, "ledger", "pending") == ["skipped", "skipped"]
    assert [(each.name, each.stat().st_size) for each in path.parent.iterdir()] == [("ledger.db", 0)]


def test_a_ledger_that_is_gone_is_told(house: House, ledger: Path) -> None:
    ledger.unlink()

    ran = examine(house)

    assert (ran.code, states(ran, "ledger")) == (1, ["failed"])


def test_a_ledger_that_no_plugin_gives_is_told_without_its_address(house: House) -> None:
    house.settings('[targets.dev]\nledger = "elsewhere://me:canary@host"\n')

    ran = examine(house)

    assert (ran.code, states(ran, "ledger", "pending"), "canary" in ran.all) == (
        1,
        ["failed", "skipped"],
        False,
    )


@pytest.mark.parametrize("mode", [0o500, 0o777])
def test_a_folder_of_the_wrong_mode_is_told(house: House, ledger: Path, mode: int) -> None:
    ledger.parent.chmod(mode)
    ran = house("doctor")
    ledger.parent.chmod(0o700)

    assert (ran.code, "FAIL  folder" in ran.out) == (1, True)
    assert f"→ chmod 700 {ledger.parent}" in ran.out


@pytest.mark.parametrize("text", ["[targets.dev]\n", "this is not TOML"])
def test_a_folder_of_others_is_never_to_be_changed(
    house: House, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (house.folder / "shared").mkdir()
    (house.folder / "shared").chmod(0o1777)
    monkeypatch.setenv("JACKFIELD_STATE", str(house.folder / "shared"))
    house.settings(text)

    out = house("doctor").out

    assert ("chmod" in out, "choose another path for the state folder" in out) == (False, True)


def test_the_folder_above_the_state_folder_is_nobodys_business(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.folder / "shared").mkdir()
    (house.folder / "shared").chmod(0o1777)
    (house.folder / "shared" / "state").mkdir(mode=0o700)
    monkeypatch.setenv("JACKFIELD_STATE", str(house.folder / "shared" / "state"))
    house.settings("this is not TOML")

    assert f"ok    folder        {house.folder}/shared/state (0700) can be written" in house("doctor").out


def test_a_file_in_the_folders_place_is_told(house: House) -> None:
    (house.folder / "state").write_text("mine", encoding="utf-8")

    ran = examine(house)

    assert (ran.code, states(ran, "folder", "disk")) == (1, ["failed", "ok"])


@pytest.mark.parametrize("state", ["/proc/nowhere", "/dev/null/state"])
def test_a_place_where_nothing_can_be_made_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", state)

    assert states(examine(house), "folder") == ["failed"]


def test_a_clock_that_stepped_back_shows_in_the_ledger(house: House, ledger: Path) -> None:
    found = {each.name: each for each in doctor.examine("simulator", clock=FrozenClock()).findings}

    assert (found["ledger"].state, "after now" in found["ledger"].found) == ("warning", True)


@pytest.fixture
def cache(house: House) -> Path:
    house.publish("1.0.0")
    with jackfield.open() as core:
        core.prompts.live("greeting")
    return house.folder / "state" / "simulator" / "cache"


def test_a_cache_is_told(house: House, cache: Path) -> None:
    assert states(examine(house), "cache") == ["ok"]


def test_a_cache_that_is_not_trusted_is_a_warning(house: House, cache: Path) -> None:
    (cache / "more").write_text("of somebody else", encoding="utf-8")

    ran = examine(house)

    assert (ran.code, states(ran, "cache")) == (0, ["warning"])
