"""The schema of the front matter: it admits what the reader admits, and refuses what a schema can see."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jackfield.adapters.files import yaml
from jackfield.adapters.files.schema import schema
from tests.unit.files.conftest import HEAD, Reader, prompt
from tests.unit.files.test_prompt_files import BODY, WHOLE

VALIDATOR = Draft202012Validator(schema())
GOOD = {
    "the least": HEAD,
    "the whole": HEAD + WHOLE,
    "a variable without a type": HEAD + "variables:\n  - {name: x, default: a}\n",
    "a default of each type": HEAD
    + "variables:\n  - {name: a, type: array, default: []}\n  - {name: b, type: boolean, default: true}\n"
    "  - {name: c, type: number, default: -1.5}\n",
    "an optional variable": HEAD + "variables:\n  - {name: x, required: false, default: a}\n",
    "a version with everything": HEAD.replace("1.0.0", "1.0.0-rc.1+build.5"),
    "a limit": HEAD + "limits: {tokens: 5}\n",
}
BAD = {
    "an unknown field": HEAD + "colour: red\n",
    "a missing field": HEAD.replace("model: m\n", ""),
    "a text for a number": HEAD.replace("512", "'512'"),
    "a fraction": HEAD.replace("512", "5.5"),
    "a truth value for a number": HEAD.replace("512", "true"),
    "a number below one": HEAD.replace("512", "0"),
    "a number for a version": HEAD.replace("1.0.0", "1.0"),
    "no semantic version": HEAD.replace("1.0.0", "v1.0.0"),
    "a leading zero": HEAD.replace("1.0.0", "01.0.0"),
    "a path for a name": HEAD.replace("greeting", "a/b"),
    "a long name": HEAD.replace("greeting", "a" * 81),
    "an empty model": HEAD.replace("model: m", "model: ' '"),
    "variables that are no list": HEAD + "variables: {name: x}\n",
    "a variable without a name": HEAD + "variables:\n  - {type: string}\n",
    "a variable's wrong name": HEAD + "variables:\n  - {name: a-b}\n",
    "a variable's wrong type": HEAD + "variables:\n  - {name: x, type: text}\n",
    "a default of another type": HEAD + "variables:\n  - {name: x, type: number, default: a}\n",
    "a default that is no text": HEAD + "variables:\n  - {name: x, default: 5}\n",
    "a default that is a type's name": HEAD + "variables:\n  - {name: x, default: string}\n",
    "a default that is empty": HEAD + "variables:\n  - {name: x, default: null}\n",
    "required with a default": HEAD + "variables:\n  - {name: x, required: true, default: a}\n",
    "optional without a default": HEAD + "variables:\n  - {name: x, required: false}\n",
    "a length below one": HEAD + "variables:\n  - {name: x, max_length: 0}\n",
    "an unknown source": HEAD + "context_rules:\n  - {source: web, max_tokens: 1}\n",
    "a rule without a source": HEAD + "context_rules:\n  - {max_tokens: 1}\n",
    "metadata that is no text": HEAD + "metadata: {a: 5}\n",
    "an unknown limit": HEAD + "limits: {words: 5}\n",
    "a limit below one": HEAD + "limits: {tokens: 0}\n",
    "an unknown renderer": HEAD + "renderer: mine\n",
    "a list": "- a\n",
}


def data(head: str) -> Any:
    return yaml.parse(head).data


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("head", GOOD)
def test_what_is_right_is_admitted(head: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(data(GOOD[head]))] == []


@pytest.mark.parametrize("head", GOOD)
def test_what_is_admitted_has_no_problem_in_its_head(reader: Reader, head: str) -> None:
    body = BODY if head == "the whole" else "hi"
    found = reader(f"---\n{GOOD[head]}---\n{body}").problems

    assert [p for p in found if p.code != "variable-unused"] == []


@pytest.mark.parametrize("head", BAD)
def test_what_is_wrong_is_refused(head: str) -> None:
    assert not VALIDATOR.is_valid(data(BAD[head]))


@pytest.mark.parametrize("head", BAD)
def test_what_is_refused_has_a_problem(reader: Reader, head: str) -> None:
    assert reader(f"---\n{BAD[head]}---\nhi").problems


def test_the_example_of_the_tests_is_whole(reader: Reader) -> None:
    assert reader(prompt(WHOLE, BODY)).problems == ()
