"""How a problem is written, and placed."""

from __future__ import annotations

import pytest

from jackfield.domain.model.problems import Problem


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(code="c", message="m"), "m [c]"),
        (Problem(code="c", message="m", place="a.prompt"), "a.prompt: m [c]"),
        (Problem(code="c", message="m", line=3, column=7), "3:7: m [c]"),
        (Problem(code="c", message="m", place="a.prompt", line=3, column=7), "a.prompt:3:7: m [c]"),
        (Problem(code="c", message="m", place="a.prompt", line=3), "a.prompt:3: m [c]"),
        (Problem(code="c", message="m", place=":memory:"), ":memory:: m [c]"),
        (Problem(code="c", message="m", variable="x"), "m [c]"),
    ],
)
def test_a_problem_is_written_with_its_place(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_problem_without_a_position_takes_the_given_one() -> None:
    placed = Problem(code="c", message="m").at("a.prompt", line=2, column=5)
    assert placed == Problem(code="c", message="m", place="a.prompt", line=2, column=5)


def test_a_problem_keeps_the_position_it_has() -> None:
    placed = Problem(code="c", message="m", line=3, column=7).at("a.prompt", line=2, column=5)
    assert placed == Problem(code="c", message="m", place="a.prompt", line=3, column=7)


def test_placing_keeps_code_message_and_variable() -> None:
    assert Problem(code="c", message="m", variable="x").at("p") == Problem(
        code="c", message="m", variable="x", place="p"
    )
