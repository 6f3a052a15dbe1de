"""`jackfield plugins check`: of what is installed, and of what is under development."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command.conftest import House
from tests.e2e.command.plugins.conftest import write_plugin


def test_checking_a_plugin_says_what_is_wrong_with_it(house: House, site: Path) -> None:
    write_plugin(site, "odd", "class Plugin:\n    @hookimpl\n    def jackfield_reviev(self, version): ...\n")
    done = house("plugins", "check", "odd")
    assert done.code == 1
    assert "there is no hook jackfield_reviev; did you mean jackfield_review?" in done.out


def test_checking_a_plugin_survives_one_that_ends_the_process(house: House, site: Path) -> None:
    write_plugin(site, "odd", "import os\nos._exit(0)\n")
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


def test_checking_a_plugin_tells_that_it_prints(house: House, site: Path) -> None:
    write_plugin(site, "odd", "class Plugin:\n    @hookimpl\n    def jackfield_measure(self): print(1)\n")

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
