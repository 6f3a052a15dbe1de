"""Output on a narrow or plain terminal, through a pipe, to a full disk."""

from __future__ import annotations

import os
import re

import pytest

from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.terminals import NARROW, drawn_on_a_terminal

CELLS: dict[tuple[str, ...], list[str]] = {
    ("status",): ["greeting", "1.0.0", "mina", "agrees (1.0.0)"],
    ("log", "greeting"): ["1.0.0", "published", "mina", "jackfield publish"],
    ("audit", "list"): ["prompt.publish intended", "greeting 1.0.0", "mina", "jackfield publish"],
}


@pytest.fixture
def one(house: House) -> House:
    house.publish("1.0.0")
    return house


@pytest.mark.parametrize("command", CELLS)
def test_a_narrow_terminal_shows_every_cell_whole_in_lines_that_fit(
    one: House, command: tuple[str, ...]
) -> None:
    drawn = drawn_on_a_terminal(one, *command)

    assert [cell for cell in CELLS[command] if cell not in drawn] == []
    assert max(map(len, drawn.splitlines())) <= NARROW


def test_a_diff_is_in_color_and_marks_the_words_that_differ(one: House) -> None:
    one.publish("1.1.0")

    drawn = drawn_on_a_terminal(one, "diff", "greeting", "1.0.0", "1.1.0", columns=80)

    assert re.findall(r"\x1b\[1;7;31m(.*?)\x1b", drawn) == ["0"]
    assert re.findall(r"\x1b\[1;7;32m(.*?)\x1b", drawn) == ["1"]


def test_a_diff_without_color_is_what_a_pipe_gets(one: House) -> None:
    one.publish("1.1.0")

    drawn = drawn_on_a_terminal(one, "diff", "greeting", "1.0.0", "1.1.0", columns=80, NO_COLOR="1")

    assert drawn == one.apart("diff", "greeting", "1.0.0", "1.1.0").out


def test_an_apply_on_a_terminal_leaves_its_lines_and_no_bar(one: House) -> None:
    one.write("1.0.0", "kindly", "other")

    drawn = drawn_on_a_terminal(one, "apply", ".", columns=80)

    lines = [re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", line) for line in drawn.splitlines()]
    assert lines[-2:] == ["other: created 1.0.0", "1 done, 1 unchanged, 0 failed"]


def test_an_apply_writes_no_bar_into_a_pipe(one: House) -> None:
    one.write("1.0.0", "kindly", "other")

    ran = one.apart("apply", ".", FORCE_COLOR="1")

    assert (ran.err, "\x1b" in ran.out) == ("", False)


def test_no_color_is_kept(one: House) -> None:
    drawn = drawn_on_a_terminal(one, "status", columns=80, NO_COLOR="1")

    assert re.findall(r"\x1b\[[0-9;]*3[0-7]m", drawn) == []


def test_a_pipe_gets_no_escape_codes(one: House) -> None:
    assert "\x1b" not in one.apart("status").out


def test_a_row_through_a_pipe_is_one_line(one: House) -> None:
    lines = one.apart("audit", "list", COLUMNS="40").out.splitlines()

    assert [line.split()[0] for line in lines if "greeting" in line] == ["1", "2"]


def test_reasons_are_in_any_language(one: House) -> None:
    one("promote", "greeting", "1.0.0", "--force", "--reason", "客户投诉 / réclamation №7 😀")

    assert "客户投诉 / réclamation №7 😀" in one.apart("audit", "list").out


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_terminal_without_unicode_is_no_reason_to_fail(one: House, form: str) -> None:
    one("promote", "greeting", "1.0.0", "--force", "--reason", "客户投诉")

    ran = one.apart("audit", "list", "--format", form, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("command", ["status", "audit export"])
def test_a_full_disk_is_one_message(one: House, command: str) -> None:
    ran = one.apart_by_shell(f"{COMMAND} {command} > /dev/full")

    assert ran.code == 5
    assert ran.err.startswith("error: the output cannot be written (No space left on device);")
    assert len(ran.err.splitlines()) == 1


def test_a_name_that_would_move_the_cursor_is_shown_harmless(house: House) -> None:
    path = house.folder / "\x1b[31mred.prompt"
    path.write_text("hello", encoding="utf-8")

    assert (
        house("check", path)
        .out.splitlines()[0]
        .endswith(
            "?[31mred.prompt:1:1: it does not begin with a '---' line, front matter, and another '---' line;"
            " add them [front-matter]"
        )
    )


def test_a_file_name_that_is_not_utf8_is_shown_harmless(house: House) -> None:
    (house.folder / os.fsdecode(b"\xff.prompt")).write_text("hello", encoding="utf-8")

    ran = house("check", ".")

    assert (ran.code, ran.out.splitlines()[0][:12]) == (1, "?.prompt:1:1")


@pytest.mark.parametrize("command", ["status", "log greeting", "audit export", "check ."])
def test_a_closed_output_is_nobody_reading(one: House, command: str) -> None:
    ran = one.apart_by_shell(f"{COMMAND} {command} >&-")

    assert (ran.code, ran.err) == (0, "")
