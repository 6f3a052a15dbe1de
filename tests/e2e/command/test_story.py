"""The way of a prompt from file to production and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command.conftest import House


@pytest.fixture
def three(house: House) -> House:
    """Three versions are published; the first is live."""
    house.publish("1.0.0", "1.1.0", "2.0.0")
    return house


def live(house: House) -> str:
    return str(house("status", "greeting", "--format", "json").json["prompts"][0]["live"])


def test_check_says_that_a_file_is_fine_and_counts_it(house: House) -> None:
    ran = house("check", house.write("1.0.0", "kindly"))

    assert (ran.code, ran.err) == (0, "")
    assert "greeting 1.0.0 is fine" in ran.out
    assert "114 of 4096 characters (exact)" in ran.out
    assert ran.out.endswith("1 file(s), 0 problem(s)\n")


def test_check_sends_nothing_and_makes_nothing_but_its_memory(house: House) -> None:
    house("check", house.write("1.0.0", "kindly"))

    assert [path.name for path in (house.folder / "state").iterdir()] == [".checks"]


def test_a_first_version_is_live_at_once(house: House) -> None:
    ran = house("publish", house.write("1.0.0", "kindly"))

    assert (ran.code, ran.out) == (0, "greeting 1.0.0 published, and is live\n")


def test_a_later_version_waits(house: House) -> None:
    house.publish("1.0.0")

    assert house("publish", house.write("1.1.0", "briefly")).out == "greeting 1.1.0 published\n"


def test_a_promotion_says_what_was_live_before(three: House) -> None:
    ran = three("promote", "greeting", "1.1.0")

    assert (ran.code, ran.out) == (0, "greeting 1.1.0 is live (before: 1.0.0)\n")


def test_status_says_what_is_live_who_did_it_and_why(three: House) -> None:
    three("promote", "greeting", "1.1.0", "--reason", "CHG-4471")

    ran = three("status", "greeting")

    assert ran.out.splitlines()[0] == "prompt    greeting"
    assert "1.1.0 (promoted, " in ran.out
    assert "by mina)" in ran.out
    assert "why       CHG-4471" in ran.out
    assert "platform  agrees (1.1.0)" in ran.out
    assert "versions  1.0.0, 1.1.0, 2.0.0" in ran.out


def test_a_rollback_goes_back_to_what_was_live_before(three: House) -> None:
    three("promote", "greeting", "1.1.0")

    assert three("rollback", "greeting").out == "greeting 1.0.0 is live (before: 1.1.0)\n"


def test_a_second_rollback_goes_one_further_back(three: House) -> None:
    three("promote", "greeting", "1.1.0")
    three("promote", "greeting", "2.0.0")
    three("rollback", "greeting")

    assert three("rollback", "greeting").out == "greeting 1.0.0 is live (before: 1.1.0)\n"


def test_a_rollback_behind_the_first_version_is_refused(three: House) -> None:
    ran = three("rollback", "greeting")

    assert (ran.code, live(three)) == (3, "1.0.0")
    assert "there is no earlier version to roll back to" in ran.err


def test_a_rollback_goes_to_any_published_version(three: House) -> None:
    ran = three("rollback", "greeting", "--to", "2.0.0")

    assert (ran.code, live(three)) == (0, "2.0.0")


def test_the_log_tells_every_step_in_order(three: House) -> None:
    three("promote", "greeting", "1.1.0", "--reason", "CHG-4471")
    three("rollback", "greeting", "--actor", "tom")

    log = three("log", "greeting", "--format", "json").json["log"]

    assert [(e["number"], e["version"], e["how"], e["by"], e["restores"]) for e in log] == [
        (1, "1.0.0", "published", "mina", None),
        (2, "1.1.0", "promoted", "mina", None),
        (3, "1.0.0", "rolled back", "tom", 1),
    ]


def test_a_difference_is_to_what_is_live_unless_said(three: House) -> None:
    lines = three("diff", "greeting", "1.1.0").out.splitlines()

    assert lines[:2] == ["--- greeting 1.1.0", "+++ greeting 1.0.0"]
    assert lines[-2:] == ["-Greet {{customer}} as 1.1.0 does.", "+Greet {{customer}} as 1.0.0 does."]


def test_a_version_does_not_differ_from_itself(three: House) -> None:
    assert three("diff", "greeting", "1.1.0", "1.1.0").out == "no difference\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("publish", "greeting-1.1.0.prompt"), "greeting 1.1.0 is published already\n"),
        (("promote", "greeting", "1.0.0"), "greeting 1.0.0 is live already\n"),
        (("rollback", "greeting", "--to", "1.0.0"), "greeting 1.0.0 is live already\n"),
        (("unfreeze", "greeting"), "greeting: no version is frozen\n"),
    ],
)
def test_what_is_done_already_changes_nothing(three: House, arguments: tuple[str, ...], said: str) -> None:
    before = three.audited()

    ran = three(*arguments)

    assert (ran.code, ran.out, three.audited()) == (0, said, before)


def test_all_files_of_a_folder_are_published(house: House) -> None:
    house.write("1.0.0", "kindly", name="hello")
    house.write("1.0.0", "sadly", name="goodbye")

    ran = house("publish", house.folder)

    assert ran.out.splitlines() == [
        "goodbye 1.0.0 published, and is live",
        "hello 1.0.0 published, and is live",
    ]


def test_the_whole_story_runs_as_a_program(house: House) -> None:
    """The essential path, each step in a process of its own."""
    files = [house.write("1.0.0", "kindly"), house.write("1.1.0", "briefly")]
    steps: list[tuple[str | Path, ...]] = [
        ("check", *files[:1]),
        *(("publish", file) for file in files),
        ("promote", "greeting", "1.1.0"),
        ("rollback", "greeting"),
        ("status",),
        ("audit", "verify"),
    ]

    ran = [house.apart(*step) for step in steps]

    assert [(r.code, r.err) for r in ran] == [(0, "")] * 7
