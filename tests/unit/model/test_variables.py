"""Declarations and values: what is wrong with each, without repeating a value."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.templates import parse
from jackfield.domain.model.variables import (
    Variable,
    VariableMatrix,
    VariableType,
    faults_of,
    mismatch,
    spell,
)

TOO_BIG = 2**53


def codes(variable: Variable) -> list[str]:
    return [p.code for p in variable.problems()]


def shout(text: str) -> Any:
    """What an untyped program may pass."""
    return text


@pytest.mark.parametrize("name", ["x", "_", "X1", "snake_case", "x" * 80])
def test_a_good_name_is_no_problem(name: str) -> None:
    assert codes(Variable(name=name)) == []


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a b", "é", "x\n", "x" * 81, "\ud800", "{{x}}"])
def test_a_bad_name_is_a_problem(name: str) -> None:
    assert codes(Variable(name=name)) == ["variable-name"]


def test_a_long_bad_name_is_cut_in_the_message() -> None:
    [problem] = Variable(name="x" * 10_000).problems()
    assert len(problem.message) < 200


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="string, number, boolean, array"):
        Variable(name="x", type=shout("text"))


def test_a_type_may_be_given_as_text() -> None:
    assert Variable(name="x", type=shout("number")).type is VariableType.NUMBER


def test_a_variable_is_required_unless_it_has_a_default() -> None:
    assert (Variable(name="x").required, Variable(name="x", default="").required) == (True, False)


def test_a_required_variable_with_a_default_is_a_problem() -> None:
    assert codes(Variable(name="x", required=True, default="a")) == ["required-with-default"]


def test_an_optional_variable_without_a_default_is_a_problem() -> None:
    assert codes(Variable(name="x", required=False)) == ["optional-without-default"]


@pytest.mark.parametrize("falsy", ["", 0, False, []])
def test_a_falsy_default_is_a_default(falsy: Any) -> None:
    types = {str: "string", int: "number", bool: "boolean", list: "array"}
    assert codes(Variable(name="x", type=shout(types[type(falsy)]), default=falsy)) == []


@pytest.mark.parametrize("length", [0, -1])
def test_a_maximum_length_counts_from_one(length: int) -> None:
    assert codes(Variable(name="x", max_length=length)) == ["max-length"]


def test_a_default_of_the_maximum_length_fits() -> None:
    assert codes(Variable(name="x", max_length=2, default="😀é")) == []


@pytest.mark.parametrize(
    ("type_", "default"),
    [(VariableType.STRING, "abc"), (VariableType.NUMBER, 100), (VariableType.ARRAY, [""])],
)
def test_a_default_past_the_maximum_length_is_a_problem(type_: VariableType, default: Any) -> None:
    assert codes(Variable(name="x", type=type_, max_length=2, default=default)) == ["default-too-long"]


@pytest.mark.parametrize("name", ["string", "number", "boolean", "array"])
def test_a_default_that_names_a_type_is_a_problem(name: str) -> None:
    assert codes(Variable(name="x", default=name)) == ["default-is-type-name"]


def test_a_default_of_another_type_is_a_problem() -> None:
    assert codes(Variable(name="x", type=VariableType.NUMBER, default="1")) == ["default-type"]


def test_everything_wrong_with_a_declaration_is_said_at_once() -> None:
    variable = Variable(name="1", required=True, default=math.nan, max_length=0)
    assert codes(variable) == ["variable-name", "required-with-default", "max-length", "default-type"]


def test_a_description_that_utf8_cannot_carry_is_a_problem() -> None:
    assert codes(Variable(name="x", description="\ud800")) == ["description"]


def test_a_list_given_as_default_is_not_shared() -> None:
    tags = ["a"]
    variable = Variable(name="x", type=VariableType.ARRAY, default=tags)
    tags.append("b")
    assert variable.default == ("a",)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", ""),
        ("string", "é😀"),
        ("number", 0),
        ("number", -0.0),
        ("number", 1e300),
        ("number", TOO_BIG - 1),
        ("number", 1 - TOO_BIG),
        ("boolean", True),
        ("array", ()),
        ("array", ["a", 1, 1.5, False]),
    ],
)
def test_a_value_of_the_type_fits(type_: str, value: object) -> None:
    assert mismatch(VariableType(type_), value) is None


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", 1),
        ("string", None),
        ("string", b"x"),
        ("string", "\ud800"),
        ("string", "\udc80x"),
        ("number", True),
        ("number", "1"),
        ("number", math.nan),
        ("number", math.inf),
        ("number", -math.inf),
        ("number", TOO_BIG),
        ("number", 10**400),
        ("number", 1j),
        ("boolean", 1),
        ("boolean", "true"),
        ("boolean", None),
        ("array", "abc"),
        ("array", [["a"]]),
        ("array", [{"a": 1}]),
        ("array", [None]),
        ("array", [math.nan]),
        ("array", [TOO_BIG]),
        ("array", ["\ud800"]),
        ("array", {"a"}),
        ("array", {"a": 1}),
        ("array", b"ab"),
    ],
)
def test_a_value_of_another_type_does_not_fit(type_: str, value: object) -> None:
    assert mismatch(VariableType(type_), value) is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ('"', '"'),
        (1, "1"),
        (1.5, "1.5"),
        (1.0, "1.0"),
        (True, "true"),
        (False, "false"),
        ((), "[]"),
        (("a", 1, True, "é"), '["a",1,true,"é"]'),
        (('"\n',), '["\\"\\n"]'),
    ],
)
def test_a_value_is_spelled_as_json_but_a_string_as_it_is(value: Any, text: str) -> None:
    assert spell(value) == text


def test_a_matrix_reports_wrong_doubled_and_unused_variables() -> None:
    matrix = VariableMatrix((Variable(name="a"), Variable(name="a"), Variable(name="b", required=False)))
    problems = [(p.code, p.variable) for p in matrix.problems([parse("{{a}}")])]
    assert problems == [("optional-without-default", "b"), ("variable-twice", "a"), ("variable-unused", "b")]


def test_a_variable_used_in_either_template_is_used() -> None:
    matrix = VariableMatrix((Variable(name="a"), Variable(name="b")))
    assert list(matrix.problems([parse("{{a}}"), parse("{{b}}")])) == []


def test_a_bad_name_is_not_called_unused_as_well() -> None:
    problems = VariableMatrix((Variable(name="a-b"),)).problems([parse("x")])
    assert [p.code for p in problems] == ["variable-name"]


def test_a_problem_says_which_declaration_it_means() -> None:
    matrix = VariableMatrix((Variable(name="a"), Variable(name="a"), Variable(name="b")))
    problems = [(p.code, p.place) for p in matrix.problems([parse("{{a}}")])]
    assert problems == [("variable-twice", "variables[1]"), ("variable-unused", "variables[2]")]


def test_of_two_declarations_of_a_name_the_first_counts() -> None:
    first = Variable(name="a", description="first")
    assert VariableMatrix((first, Variable(name="a"))).by_name == {"a": first}


def test_every_undeclared_placeholder_is_reported_where_it_stands() -> None:
    problems = VariableMatrix().undeclared(parse("{{a}}\r\n {{b}}{{a}}"))
    assert [(p.variable, p.line, p.column) for p in problems] == [("a", 1, 1), ("b", 2, 2), ("a", 2, 7)]


@given(st.text(min_size=12, max_size=40, alphabet="§¶"), st.sampled_from(VariableType))
@settings(deadline=None)
def test_a_message_never_repeats_a_value(value: str, type_: VariableType) -> None:
    matrix = VariableMatrix((Variable(name="x", type=type_, max_length=3), Variable(name="missing")))
    messages = [str(p) for p in faults_of(matrix, {"x": value, "other": value})]
    assert [value in message for message in messages] == [False, False, False]
