"""The parts of a prompt file: a misspelt beginning of one is no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.files import read

HEAD = "---\nname: a\nversion: 1.0.0\nmodel: m\nmax_tokens: 99\n---\nHello.\n"


@pytest.mark.parametrize(
    "line", ["---user", "--- User", "--- assistant", "---  SYSTEM", "--- user text", "---\tuser: hi"]
)
def test_a_line_that_looks_like_a_part_is_a_problem(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.prompt"
    path.write_text(f"{HEAD}{line}\nHi.\n")
    assert [(p.code, p.line, p.column) for p in read(path).problems] == [("section", 8, 1)]


def test_a_second_user_part_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.prompt"
    path.write_text(f"{HEAD}--- user\nHi.\n--- user\nHi again.\n")
    assert [(p.code, p.line) for p in read(path).problems] == [("section", 10)]


@pytest.mark.parametrize("line", ["---", "----", "--- usernames follow", "a --- user", "  ---user"])
def test_other_lines_are_text(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.prompt"
    path.write_text(f"{HEAD}{line}\nHi.\n")
    assert read(path).problems == ()
