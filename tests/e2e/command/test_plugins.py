"""Plugins as users of the command meet them: installed, listed, checked, allowed, and misbehaving."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.command.conftest import House
from tests.lean import run_pytest

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "house-rules"
RULES: Final = """\
[plugins.house-rules]
forbidden = ["free of charge"]
required = ["customer"]
ticket = "CHG-[0-9]+"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed into a folder by pip, without the network."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(EXAMPLE, folder / "source")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*command, "--quiet", "--target", str(folder / "site"), str(folder / "source")],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def installed(built: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A user who has installed the example."""
    monkeypatch.setenv("PYTHONPATH", str(built / "site"))
    monkeypatch.syspath_prepend(str(built / "site"))
    return house


def _write_plugin(folder: Path, name: str, source: str) -> None:
    """Install a plugin as pip leaves it: a module, and its entry point."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(f"from jackfield.plugin import hookimpl\n{source}", encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[jackfield]\n{name} = {module}:Plugin\n", encoding="utf-8")


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


@pytest.fixture
def site(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which plugins are found."""
    site = house.folder / "site"
    site.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in ("odd", "even"):
        sys.modules.pop(name, None)


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


def test_a_plugin_that_allow_names_and_that_is_not_installed_is_shown(house: House) -> None:
    house.settings('[plugins]\nallow = ["ghost"]\n')
    listed = house("plugins", "--format", "json").json["plugins"]
    assert [each["state"] for each in listed if each["name"] == "ghost"] == ["failed"]
    assert "ghost failed: [plugins] allow names it, and it is not installed" in house("doctor").out


def test_the_environment_leaves_plugins_out_for_once(
    installed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.settings(RULES)
    monkeypatch.setenv("JACKFIELD_NO_PLUGINS", "1")
    assert installed("publish", installed.write("1.0.0", "FREE OF CHARGE")).code == 0


def test_the_examples_own_tests_pass(built: Path, installed: House) -> None:
    done = run_pytest(built / "source", "-q", "tests")
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "4 passed"), done.stdout


def test_without_plugins_the_help_imports_none_of_their_machinery(house: House) -> None:
    script = (
        "import sys; from jackfield.entrypoints.cli.run import run; run(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('pluggy', 'loguru', 'cattrs', 'jackfield.plugins.host')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0


def test_an_error_of_a_plugins_command_is_said_as_ours(house: House, site: Path) -> None:
    _write_plugin(site, "odd", COMMAND.format(name="odd", body="raise ValueError('canary')"))
    done = house("odd")
    assert done.code == 5
    assert done.err.startswith(
        "error: plugin odd: its command 'odd' broke off (raised ValueError at odd.py:8)"
    )
    assert "canary" not in done.all


@pytest.mark.parametrize(("body", "code"), [("exit(3)", 3), ("exit()", 0), ("exit('over')", 1), ("pass", 0)])
def test_a_plugins_command_ends_as_it_says(house: House, site: Path, body: str, code: int) -> None:
    _write_plugin(site, "odd", COMMAND.format(name="odd", body=body))
    assert house("odd").code == code


def test_a_broken_pipe_of_a_plugins_own_is_not_taken_for_a_reader_that_left(house: House, site: Path) -> None:
    _write_plugin(site, "odd", COMMAND.format(name="odd", body="raise BrokenPipeError"))

    ran = house.apart("odd")

    assert (ran.code, "its command 'odd' broke off (raised BrokenPipeError" in ran.err) == (5, True)


def test_a_command_named_like_ours_is_refused_and_ours_stays(house: House, site: Path) -> None:
    _write_plugin(site, "odd", COMMAND.format(name="status", body="raise SystemExit(9)"))
    assert house("status").code == 0
    assert "jackfield_commands: 'status' is Jackfield's own" in house("plugins", "--format", "json").out


def test_a_command_that_two_plugins_give_is_neithers_and_both_are_named(house: House, site: Path) -> None:
    for name in ("odd", "even"):
        _write_plugin(site, name, COMMAND.format(name="twin", body="pass"))
    assert house("twin").code == 2
    trouble = "'twin' is given by even (even 1.0) and odd (odd 1.0); allow one of them"
    assert house("plugins", "--format", "json").out.count(trouble) == 2


@pytest.mark.parametrize(
    "body", ["raise ValueError('canary')", "import sys; sys.exit(7)", "raise GeneratorExit"]
)
def test_a_plugin_that_breaks_at_import_harms_no_command(house: House, site: Path, body: str) -> None:
    _write_plugin(site, "odd", f"{body}\n")
    house.publish("1.0.0")
    assert house("promote", "greeting", "1.0.0").code == 0
    assert house("--help").code == 0
    found = next(p for p in house("plugins", "--format", "json").json["plugins"] if p["name"] == "odd")
    assert (found["state"], found["errors"]) == ("failed", 1)
    assert "canary" not in house("plugins").all


def test_a_failing_plugin_is_told_of_by_verbose(house: House, site: Path) -> None:
    _write_plugin(site, "odd", "raise ValueError('canary')\n")
    assert house("plugins").err == ""
    assert "'plugin': 'odd', 'what': 'loading', 'error': 'ValueError'" in house("plugins", "-v").err


def test_checking_a_plugin_says_what_is_wrong_with_it(house: House, site: Path) -> None:
    _write_plugin(site, "odd", "class Plugin:\n    @hookimpl\n    def jackfield_reviev(self, version): ...\n")
    done = house("plugins", "check", "odd")
    assert done.code == 1
    assert "there is no hook jackfield_reviev; did you mean jackfield_review?" in done.out


def test_checking_a_plugin_survives_one_that_ends_the_process(house: House, site: Path) -> None:
    _write_plugin(site, "odd", "import os\nos._exit(0)\n")
    done = house("plugins", "check", "odd")
    assert (done.code, done.out.splitlines()[0]) == (1, "BAD   ends: it ended the process")


def test_checks_a_plugin_in_a_file_under_development(house: House) -> None:
    text = "from jackfield.plugin import hookimpl\n@hookimpl\ndef jackfield_measure(measurement): ...\n"
    (house.folder / "mine.py").write_text(text, encoding="utf-8")
    done = house("plugins", "check", "mine.py")
    assert (done.code, done.out.splitlines()) == (
        0,
        ["fine  loads", "fine  jackfield_measure", "fine  closes", "3 check(s), 0 problem(s)"],
    )


def test_hooks_in_a_class_of_a_file_are_found_by_its_name(house: House) -> None:
    text = (
        "from jackfield.plugin import hookimpl\n"
        "class CrmNotes:\n    @hookimpl\n    def jackfield_measure(self, measurement): ...\n"
    )
    (house.folder / "crm_notes.py").write_text(text, encoding="utf-8")
    done = house("plugins", "check", "crm_notes.py")
    assert (done.code, "name the class: crm_notes.py:CrmNotes" in done.out) == (1, True)
    assert house("plugins", "check", "crm_notes.py:CrmNotes").code == 0


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
    _write_plugin(site, "odd", TALKER)

    ran = house.apart("publish", house.write("1.0.0", "kindly"), "--format", "json")

    assert (ran.code, list(ran.json)) == (0, ["published"])
    assert {"loading", "reviewing", "measuring", "closing"} <= set(ran.err.split())


def test_checking_a_plugin_tells_that_it_prints(house: House, site: Path) -> None:
    _write_plugin(site, "odd", "class Plugin:\n    @hookimpl\n    def jackfield_measure(self): print(1)\n")

    ran = house("plugins", "check", "odd")

    assert (ran.code, ran.out.splitlines()[-2:]) == (
        1,
        [
            "BAD   is quiet: it writes to standard output; write to sys.stderr instead, or log",
            "4 check(s), 1 problem(s)",
        ],
    )


def test_a_class_that_is_not_there_is_told(house: House) -> None:
    (house.folder / "mine.py").write_text("class Yes: ...\n", encoding="utf-8")

    ran = house("plugins", "check", "mine=mine.py:Nope")

    assert (ran.code, ran.out.splitlines()[0]) == (1, "BAD   loads: loading: mine.py has no class Nope")


def test_a_class_that_a_module_does_not_have_is_told(house: House, site: Path) -> None:
    (site / "odd.py").write_text("class Yes: ...\n", encoding="utf-8")

    ran = house("plugins", "check", "odd:Nope")

    assert (ran.code, ran.out.splitlines()[0]) == (1, "BAD   loads: loading: odd has no class Nope")


@pytest.mark.parametrize("name", ["nope.py", "mine=nope.py", "nope.py:Class"])
def test_a_file_that_is_not_there_is_told(house: House, name: str) -> None:
    ran = house("plugins", "check", name)

    assert (ran.code, ran.out, ran.err.split(";")[0]) == (1, "", "error: nope.py: there is no such file")


def test_there_is_nothing_to_check_under_an_unknown_name(house: House) -> None:
    done = house("plugins", "check", "nonsense")
    assert done.code == 1
    assert (
        "there is no plugin 'nonsense'; there are console, crm, feedback, genesys-audit, jsonl, " in done.err
    )


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


def test_a_check_asks_the_reviewers_if_it_is_told_to(installed: House) -> None:
    installed.settings(RULES)
    path = installed.write("1.0.0", "free of charge")
    assert installed("check", path).code == 0
    done = installed("check", path, "--review")
    assert done.code == 1
    assert f"{path}:1:1: no prompt of ours says 'free of charge' (plugin house-rules)" in done.out
    assert "warning: plugin house-rules: metadata has no author" in done.err
