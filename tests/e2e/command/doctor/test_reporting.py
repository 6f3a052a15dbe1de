"""`jackfield doctor`: settings and plugins, and how all is told."""

from __future__ import annotations

import pytest

from jackfield.adapters.simulator import SimulatorServer
from tests.e2e.command.conftest import CLIENT, House
from tests.e2e.command.doctor.conftest import examine, examined, states, target
from tests.e2e.command.terminals import drawn_on_a_terminal

CHECKS = {
    "target",
    "region",
    "host",
    "token",
    "scopes",
    "endpoints",
    "clock",
    "folder",
    "disk",
    "ledger",
    "pending",
    "rollouts",
    "sessions",
    "destinations",
    "cache",
    "plugins",
}


def test_without_anything_all_is_well(house: House) -> None:
    ran = examine(house)

    assert (ran.code, ran.json["target"], "failed" in str(ran.json)) == (0, "simulator", False)
    assert {*examined(ran)} == CHECKS


def test_looking_makes_nothing(house: House) -> None:
    house("doctor")

    assert list(house.folder.iterdir()) == []


def test_the_worst_failure_gives_the_exit_code(house: House, url: str) -> None:
    house.settings('[targets.prod]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n')

    ran = examine(house)

    assert (ran.code, states(ran, "host", "token")) == (5, ["failed", "failed"])


def test_an_environment_over_the_file_is_a_warning(
    client: House, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    target(client, "http://127.0.0.1:9")
    monkeypatch.setenv("GENESYS_BASE_URL", server.url)

    ran = examine(client)

    assert (ran.code, states(ran, "region", "host")) == (0, ["warning", "ok"])
    assert "and the file's base_url http://127.0.0.1:9 is not used" in examined(ran)["region"][0][1]


@pytest.mark.parametrize("text", ["[", "[targets.prod]\nregoin = 1\n", 'default = "nowhere"\n'])
def test_settings_that_cannot_be_read_are_the_finding(house: House, text: str) -> None:
    house.settings(text)

    ran = examine(house)

    assert (ran.code, states(ran, "settings", "folder", "ledger")) == (1, ["failed", "ok", "skipped"])


def plugin(house: House, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Install a plugin of one module."""
    installed = house.folder / "installed"
    about = installed / "house_rules-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        "[jackfield]\nhouse-rules = house_rules_of_a_test\n", encoding="utf-8"
    )
    (installed / "house_rules_of_a_test.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(installed)


def test_a_plugin_that_fails_is_a_warning(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(house, monkeypatch, "raise ZeroDivisionError")

    ran = examine(house)

    assert (ran.code, states(ran, "plugins")) == (0, ["ok", "warning"])
    assert "house-rules (house-rules 1.0) failed: " in examined(ran)["plugins"][1][1]


def test_a_plugin_that_is_not_allowed_is_left_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(house, monkeypatch, "raise ZeroDivisionError")
    house.settings("[plugins]\nallow = []\n")

    assert states(examine(house), "plugins") == ["ok", "skipped"]


def test_where_each_setting_came_from_is_told(client: House, server: SimulatorServer) -> None:
    told = {each["name"]: each for each in examine(client).json["settings"]}

    assert told["credentials"] == {
        "name": "credentials",
        "value": f"client {CLIENT}, secret (not shown)",
        "source": "GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET",
    }
    assert told["base_url"]["source"] == str(client.folder / "jackfield.toml")
    assert told["state"]["source"] == "JACKFIELD_STATE"


def test_a_narrow_terminal_has_no_longer_lines(house: House) -> None:
    drawn = drawn_on_a_terminal(house, "doctor")

    assert (max(map(len, drawn.splitlines())) <= 40, "endpoints" in drawn) == (True, True)
