"""The example of a plugin, installed: listed, checked, allowed, and with a command of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.e2e import installing
from tests.e2e.command.conftest import House
from tests.lean import run_pytest

RULES: Final = """\
[plugins.house-rules]
forbidden = ["free of charge"]
required = ["customer"]
ticket = "CHG-[0-9]+"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed by pip."""
    return installing.installed("house-rules", tmp_path_factory.mktemp("installed"))


@pytest.fixture
def installed(built: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A user who has installed the example."""
    monkeypatch.setenv("PYTHONPATH", str(built / "site"))
    monkeypatch.syspath_prepend(str(built / "site"))
    return house


def test_an_installed_plugin_is_listed_with_its_version_and_hooks(installed: House) -> None:
    done = installed.apart("plugins", "--format", "json")
    found = next(p for p in json.loads(done.out)["plugins"] if p["name"] == "house-rules")
    assert (found["distribution"], found["version"], found["state"], found["hooks"]) == (
        "jackfield-house-rules",
        "1.0.0",
        "loaded",
        ["jackfield_commands", "jackfield_measure", "jackfield_review"],
    )


def test_an_installed_plugin_is_checked(installed: House) -> None:
    done = installed.apart("plugins", "check", "house-rules")
    assert (done.code, done.out.splitlines()[-1]) == (0, "5 check(s), 0 problem(s)")


def test_a_prompt_that_breaks_the_rules_is_not_promoted(installed: House) -> None:
    installed.settings(RULES)
    fine = installed("publish", installed.write("1.0.0", "kindly"), "--reason", "CHG-1")
    worse = installed("publish", installed.write("2.0.0", "FREE OF CHARGE"), "--reason", "CHG-2")
    done = installed("promote", "greeting", "2.0.0", "--reason", "CHG-3")
    assert (fine.code, worse.code, done.code) == (0, 0, 1)
    assert "2.0.0 may not go live: house-rules is against it" in done.err
    assert "no prompt of ours says 'free of charge' [forbidden-phrase]" in done.err
    assert installed("status", "greeting", "--format", "json").json["prompts"][0]["live"] == "1.0.0"


def test_a_warning_of_a_reviewer_is_shown(installed: House) -> None:
    done = installed("publish", installed.write("1.0.0", "kindly"))
    assert done.out.splitlines() == [
        "warning: plugin house-rules: metadata has no author: whom do we ask? [no-author]",
        "greeting 1.0.0 published, and is live",
    ]


def test_its_command_is_one_of_jackfields(installed: House) -> None:
    installed.settings(RULES)
    assert "house-rules  Show the rules of the house." in installed("--help").out
    assert installed("house-rules").out.splitlines() == [
        "forbidden: free of charge",
        "required:  {{customer}}",
        "ticket:    CHG-[0-9]+",
    ]


def test_a_wrong_key_of_its_settings_is_an_error_with_its_place(installed: House) -> None:
    installed.settings("[plugins.house-rules]\nforbiden = []\n")
    done = installed("status")
    assert done.code == 1
    assert "jackfield.toml, plugins.house-rules" in done.err
    assert "forbiden: there is no such field" in done.err


def test_a_plugin_that_is_not_allowed_reviews_nothing(installed: House) -> None:
    installed.settings("[plugins]\nallow = []\n")
    assert installed("publish", installed.write("1.0.0", "kindly")).out == (
        "greeting 1.0.0 published, and is live\n"
    )
    assert "not allowed" in installed("plugins").out


def test_the_environment_leaves_plugins_out_for_once(
    installed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.settings(RULES)
    monkeypatch.setenv("JACKFIELD_NO_PLUGINS", "1")
    assert installed("publish", installed.write("1.0.0", "FREE OF CHARGE")).code == 0


def test_the_examples_own_tests_pass(built: Path, installed: House) -> None:
    done = run_pytest(built / "source", "-q", "tests")
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "4 passed"), done.stdout


def test_a_check_asks_the_reviewers_if_it_is_told_to(installed: House) -> None:
    installed.settings(RULES)
    path = installed.write("1.0.0", "free of charge")
    assert installed("check", path).code == 0
    done = installed("check", path, "--review")
    assert done.code == 1
    assert f"{path}:1:1: no prompt of ours says 'free of charge' (plugin house-rules)" in done.out
    assert "warning: plugin house-rules: metadata has no author" in done.err
