"""Single fields: a wrong type fails in the constructor, what only looks wrong is a problem of the whole."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import ContextRule, Limits, PromptDefinition
from jackfield.domain.model.variables import Variable

GOOD = PromptDefinition(name="a", version="1.0.0", model="m", max_tokens=9, template="Hello.")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("version", 1.0),
        ("model", b"m"),
        ("max_tokens", True),
        ("max_tokens", "9"),
        ("max_tokens", 2**53),
        ("max_tokens", -(2**53)),
        ("limits", None),
        ("limits", {"tokens": 9}),
        ("metadata", None),
        ("variables", None),
        ("variables", "text"),
        ("template", 7),
        ("user_template", ["x"]),
        ("metadata", {"build": 7}),
        ("renderer", "remote"),
        ("variables", [{"name": "a"}]),
        ("context_rules", ["conversation_history"]),
    ],
)
def test_a_wrong_type_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        evolve(GOOD, **{field: value})


def test_a_wrong_type_of_a_variable_names_its_field() -> None:
    wrong: Any = 7
    with pytest.raises(InvalidInput, match=r"^name: "):
        Variable(name=wrong)


@pytest.mark.parametrize("value", [None, 0, False, ""])
def test_a_list_holds_nothing_but_what_it_is_of(value: Any) -> None:
    good = Variable(name="question")
    with pytest.raises(InvalidInput, match=r"^variables: it holds .*, not only Variable"):
        evolve(GOOD, variables=(good, value))


def test_a_wrong_type_of_a_limit_names_its_field() -> None:
    wrong: Any = "many"
    with pytest.raises(InvalidInput, match=r"^tokens: "):
        Limits(tokens=wrong)


def test_an_unknown_source_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="conversation_history, external_api, knowledge_base"):
        ContextRule(source="crystal ball", max_tokens=1)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("model", " ", "model"),
        ("model", "gpt\x07", "unprintable"),
        ("model", "gpt\ud800", "unprintable"),
        ("metadata", {"author": "\ud800"}, "unprintable"),
        ("metadata", {"\x9b": "x"}, "unprintable"),
        ("template", " \n", "template-empty"),
        ("user_template", "", "template-empty"),
        ("max_tokens", 0, "number"),
        ("limits", Limits(tokens=-1), "number"),
        ("context_rules", (ContextRule(source="external_api", max_tokens=0),), "number"),
        ("name", "../etc/passwd", "name"),
        ("name", "", "name"),
        ("name", "x" * 81, "name"),
        ("version", "v1", "version"),
    ],
)
def test_a_wrong_value_is_a_problem(field: str, value: Any, code: str) -> None:
    assert [p.code for p in evolve(GOOD, **{field: value}).problems()] == [code]
