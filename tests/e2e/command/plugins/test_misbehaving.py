"""Plugins that misbehave, and what the command makes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.command.conftest import House
from tests.e2e.command.plugins.conftest import write_plugin

COMMAND: Final = """\
import click
class Plugin:
    @hookimpl
    def jackfield_commands(self):
        @click.command("{name}")
        def command():
            {body}
        return [command]
"""


def test_a_plugin_that_allow_names_and_that_is_not_installed_is_shown(house: House) -> None:
    house.settings('[plugins]\nallow = ["ghost"]\n')
    listed = house("plugins", "--format", "json").json["plugins"]
    assert [each["state"] for each in listed if each["name"] == "ghost"] == ["failed"]
    assert "ghost failed: [plugins] allow names it, and it is not installed" in house("doctor").out


def test_without_plugins_the_help_imports_none_of_their_machinery(house: House) -> None:
    script = (
        "import sys; from jackfield.entrypoints.cli.run import run; run(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('pluggy', 'loguru', 'cattrs', 'jackfield.plugins.host')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_an_error_of_a_plugins_command_is_said_as_ours(house: House, site: Path) -> None:
    write_plugin(site, "odd", COMMAND.format(name="odd", body="raise ValueError('canary')"))
    done = house("odd")
    assert done.code == 5
    assert done.err.startswith(
        "error: plugin odd: its command 'odd' broke off (raised ValueError at odd.py:8)"
    )
    assert "canary" not in done.all


@pytest.mark.parametrize(("body", "code"), [("exit(3)", 3), ("exit()", 0), ("exit('over')", 1), ("pass", 0)])
def test_a_plugins_command_ends_as_it_says(house: House, site: Path, body: str, code: int) -> None:
    write_plugin(site, "odd", COMMAND.format(name="odd", body=body))
    assert house("odd").code == code


def test_a_broken_pipe_of_a_plugins_own_is_not_taken_for_a_reader_that_left(house: House, site: Path) -> None:
    write_plugin(site, "odd", COMMAND.format(name="odd", body="raise BrokenPipeError"))

    ran = house.apart("odd")

    assert (ran.code, "its command 'odd' broke off (raised BrokenPipeError" in ran.err) == (5, True)


def test_a_command_named_like_ours_is_refused_and_ours_stays(house: House, site: Path) -> None:
    write_plugin(site, "odd", COMMAND.format(name="status", body="raise SystemExit(9)"))
    assert house("status").code == 0
    assert "jackfield_commands: 'status' is Jackfield's own" in house("plugins", "--format", "json").out


def test_a_command_that_two_plugins_give_is_neithers_and_both_are_named(house: House, site: Path) -> None:
    for name in ("odd", "even"):
        write_plugin(site, name, COMMAND.format(name="twin", body="pass"))
    assert house("twin").code == 2
    trouble = "'twin' is given by even (even 1.0) and odd (odd 1.0); allow one of them"
    assert house("plugins", "--format", "json").out.count(trouble) == 2


@pytest.mark.parametrize(
    "body", ["raise ValueError('canary')", "import sys; sys.exit(7)", "raise GeneratorExit"]
)
def test_a_plugin_that_breaks_at_import_harms_no_command(house: House, site: Path, body: str) -> None:
    write_plugin(site, "odd", f"{body}\n")
    house.publish("1.0.0")
    assert house("promote", "greeting", "1.0.0").code == 0
    assert house("--help").code == 0
    found = next(p for p in house("plugins", "--format", "json").json["plugins"] if p["name"] == "odd")
    assert (found["state"], found["errors"]) == ("failed", 1)
    assert "canary" not in house("plugins").all


def test_a_failing_plugin_is_told_of_by_verbose(house: House, site: Path) -> None:
    write_plugin(site, "odd", "raise ValueError('canary')\n")
    assert house("plugins").err == ""
    assert "'plugin': 'odd', 'what': 'loading', 'error': 'ValueError'" in house("plugins", "-v").err


TALKER = """\
import os
print("loading")
class Plugin:
    @hookimpl
    def jackfield_review(self, version):
        print("reviewing")
    @hookimpl
    def jackfield_measure(self, measurement):
        print("measuring")
    def close(self):
        print("closing")
"""


def test_what_a_plugin_prints_is_kept_out_of_the_answer(house: House, site: Path) -> None:
    write_plugin(site, "odd", TALKER)

    ran = house.apart("publish", house.write("1.0.0", "kindly"), "--format", "json")

    assert (ran.code, list(ran.json)) == (0, ["published"])
    assert {"loading", "reviewing", "measuring", "closing"} <= set(ran.err.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[plugins]\nallow = 3\n", "plugins.allow: it is not a list of names"),
        ("[plugins]\nallow = [3]\n", "plugins.allow: it is not a list of names"),
        ("[plugins]\nalow = []\n", "plugins.alow: it is neither 'allow' nor a plugin's table"),
        ("[plugins.nobody]\n", "plugins.nobody: there are settings of a plugin that is not installed"),
        (
            'token_counter = "abacus"\n',
            "token_counter: 'abacus' is none of upper-estimate, quarter, tiktoken",
        ),
    ],
)
def test_settings_of_plugins_that_do_not_fit_are_an_error(house: House, text: str, said: str) -> None:
    house.settings(text)
    done = house("status")
    assert done.code == 1
    assert said in done.err
