"""Reading a prompt file: its parts, and every problem at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.files import find, load
from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.prompts import (
    ContextRule,
    ContextSource,
    InjectionPoint,
    Limits,
    PromptDefinition,
    Rendering,
)
from jackfield.domain.model.variables import Variable, VariableType
from tests.unit.files.conftest import Reader, places, prompt

WHOLE = """\
variables:
  - name: customer
    max_length: 100
  - {name: tier, type: string, default: gold, description: how much}
  - {name: count, type: number, default: 2.5}
  - {name: vip, type: boolean, default: false}
  - {name: tags, type: array, default: [a, 1, true]}
context_rules:
  - {source: knowledge_base, max_tokens: 100, injection_point: user}
metadata: {owner: team, "since": 2026-01-01}
limits: {characters: 1000, tokens: 400}
renderer: local
"""
BODY = "\n\nHi {{customer}} {{tier}} {{count}} {{vip}} {{tags}}.\n\n--- user\n\nWhy? {{customer}}\n\n"


def test_every_field_is_read(reader: Reader) -> None:
    assert reader(prompt(WHOLE, BODY)).definition == PromptDefinition(
        name="greeting",
        version="1.0.0",
        model="m",
        max_tokens=512,
        template="Hi {{customer}} {{tier}} {{count}} {{vip}} {{tags}}.",
        user_template="Why? {{customer}}",
        variables=(
            Variable(name="customer", max_length=100),
            Variable(name="tier", default="gold", description="how much"),
            Variable(name="count", type=VariableType.NUMBER, default=2.5),
            Variable(name="vip", type=VariableType.BOOLEAN, default=False),
            Variable(name="tags", type=VariableType.ARRAY, default=("a", 1, True)),
        ),
        context_rules=(
            ContextRule(
                source=ContextSource.KNOWLEDGE_BASE, max_tokens=100, injection_point=InjectionPoint.USER
            ),
        ),
        metadata={"owner": "team", "since": "2026-01-01"},
        limits=Limits(characters=1000, tokens=400),
        renderer=Rendering.LOCAL,
    )


@pytest.mark.parametrize("change", ["\r\n", "\r"])
def test_line_ends_do_not_matter(reader: Reader, change: str) -> None:
    text = prompt(WHOLE, BODY)

    assert reader(text.replace("\n", change)).definition == reader(text).definition


def test_a_byte_order_mark_does_not_matter(reader: Reader) -> None:
    assert reader("\ufeff" + prompt()).definition == reader(prompt()).definition


def test_a_line_of_dashes_in_the_body_is_text(reader: Reader) -> None:
    definition = reader(prompt(body="a\n---\nb\n--- users\nc")).definition

    assert definition is not None
    assert (definition.template, definition.user_template) == ("a\n---\nb\n--- users\nc", None)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("variables:\n  - name: x\n  - name: y\n", [("variable-unused", 7, 5), ("variable-unused", 8, 5)]),
        ("metadata:\n  a: b\n  c: 5\n", [("type", 8, 3)]),
        ("metadata: {a: b, c: 5}\n", [("type", 6, 18)]),
        ("limits:\n  tokens: '5'\n", [("type", 7, 3)]),
        ("context_rules:\n  - source: knowledge_base\n", [("field-missing", 7, 5)]),
        ("foo: 1\nbar: 2\n", [("field-unknown", 6, 1), ("field-unknown", 7, 1)]),
        ("renderer: Local\n", [("value", 6, 1)]),
        ("model: n\n", [("key-twice", 6, 1)]),
        ("metadata: &a {x: y}\nlimits: *a\n", [("yaml-anchor", 6, 11)]),
        ("metadata: !!set {x}\n", [("yaml-tag", 6, 11)]),
        ("metadata: {? [a] : b}\n", [("yaml-key", 6, 14)]),
        ('metadata: {"\\ud800": b}\n', [("yaml-key", 6, 12)]),
        ('metadata: {a: "\\udc00"}\n', [("lone-surrogate", 6, 15)]),
    ],
)
def test_a_fault_of_the_head_is_at_its_line_and_column(
    reader: Reader, head: str, expected: list[tuple[str, int, int]]
) -> None:
    assert places(reader(prompt(head))) == expected


def test_a_fault_of_the_text_is_at_its_line_of_the_file(reader: Reader) -> None:
    assert places(reader(prompt(body="\n\na {{x}}\n--- user\n\n  {{"))) == [
        ("variable-undeclared", 9, 3),
        ("placeholder-unclosed", 12, 3),
    ]


def test_a_wrong_type_hides_no_other_fault(reader: Reader) -> None:
    head = "name: a b\nversion: one\nmodel: 1\nmax_tokens: 512\n"
    variables = "variables:\n  - {name: x, required: 5}\n  - {name: y}\nlimits: {tokens: a}\n"

    assert places(reader(f"---\n{head}{variables}---\n{{{{x}}}} {{{{z}}}}")) == [
        ("name", 2, 1),
        ("version", 3, 1),
        ("type", 4, 1),
        ("type", 7, 15),
        ("variable-unused", 8, 5),
        ("type", 9, 10),
        ("variable-undeclared", 11, 7),
    ]


def test_a_variable_without_a_name_makes_no_placeholder_undeclared(reader: Reader) -> None:
    assert places(reader(prompt("variables:\n  - nam: x\n", "{{x}}"))) == [
        ("field-missing", 7, 5),
        ("field-unknown", 7, 5),
    ]


def test_an_unknown_field_that_looks_like_a_path_is_just_unknown(reader: Reader) -> None:
    head = '"variables[9]": 1\n"name[0]": 1\n"metadata.x": 1\n'

    assert [p[:2] for p in places(reader(prompt(head)))] == [("field-unknown", n) for n in (6, 7, 8)]


def test_load_raises_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "x.prompt"
    path.write_text(prompt("foo: 1\n", "{{"), encoding="utf-8")

    with pytest.raises(InvalidPrompt, match=r"2 problem\(s\)") as caught:
        load(path)

    assert [p.code for p in caught.value.problems] == ["field-unknown", "placeholder-unclosed"]


def test_files_below_folders_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b.prompt", "a.prompt", "c.txt", "sub/d.prompt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(prompt(), encoding="utf-8")

    found = find([tmp_path / "sub", tmp_path])

    assert [str(p.relative_to(tmp_path)) for p in found] == ["sub/d.prompt", "a.prompt", "b.prompt"]


def test_a_folder_without_prompt_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no \*.prompt file in this folder"):
        find([tmp_path])
