"""Paths that are pipes, or that hold line breaks."""

from __future__ import annotations

import os

import pytest

from tests.e2e.command.conftest import House


@pytest.mark.parametrize("command", ["apply", "plan", "check", "publish"])
def test_a_pipe_in_a_files_place_is_not_waited_for(house: House, command: str) -> None:
    os.mkfifo(house.folder / "fifo")

    ran = house.apart(command, "fifo")

    assert (ran.code, "it is not a regular file" in ran.all) == (1, True)


@pytest.mark.parametrize("command", ["apply", "plan", "check", "publish"])
def test_a_line_break_in_a_file_name_begins_no_line(house: House, command: str) -> None:
    path = house.folder / "a\n::error::injected.prompt"
    path.write_text("hello", encoding="utf-8")

    ran = house(command, ".")

    assert ran.code == 1
    assert "a?::error::injected.prompt:1:1: " in ran.all
    assert [line for line in ran.all.splitlines() if line.startswith("::")] == []


@pytest.mark.parametrize("form", ["junit", "github"])
def test_a_line_break_in_a_file_name_begins_no_line_of_a_report(house: House, form: str) -> None:
    (house.folder / "a\n::error::injected.prompt").write_text("hello", encoding="utf-8")

    out = house("check", ".", "--format", form).out

    assert [line for line in out.splitlines() if line.startswith("::error::")] == []


@pytest.mark.parametrize(
    "line",
    [
        ("plan", "greeting-1.0.0.prompt", "--out", "a\n::error::x"),
        ("audit", "export", "--output", "a\n::error::x"),
        ("audit", "anchor", "--output", "a\n::error::x"),
        ("backup", "a\n::error::x"),
        ("promote", "greeting", "1.0.0", "a\n::error::x"),
        ("a\n::error::x",),
    ],
)
def test_a_line_break_in_an_argument_begins_no_line(house: House, line: tuple[str, ...]) -> None:
    house("publish", house.write("1.0.0", "kindly"))

    ran = house(*line)

    assert [each for each in ran.all.splitlines() if each.startswith("::")] == []


def test_a_name_that_is_no_utf_8_is_escaped_for_programs(house: House) -> None:
    name = os.fsdecode(b"odd-\xff.prompt")

    ran = house("check", name, "--format", "json")

    assert (ran.code, ran.json["problems"][0]["place"]) == (1, name)
