"""Rendering: exactly the declared variables, inert values, and every misfit in one report."""

from __future__ import annotations

import re
from collections import ChainMap, UserDict, defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.prompts import PromptDefinition, Rendered
from jackfield.domain.model.rendering import Renderer, renderer
from jackfield.domain.model.templates import parse
from jackfield.domain.model.variables import Variable, VariableMatrix, VariableType, spell

NAMES = ("a", "b", "c", "d")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["{{b}}", "{{", "}}", "$a", "\\1", "%s"]
)
VALUES = {
    VariableType.STRING: TEXTS,
    VariableType.NUMBER: st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    VariableType.BOOLEAN: st.booleans(),
    VariableType.ARRAY: st.lists(TEXTS | st.booleans() | st.integers(-9, 9), max_size=3),
}
PIECES = st.sampled_from([f"{{{{{n}}}}}" for n in NAMES] + ["some text ", "{", "}} ", "\n", "é", "{{{{ "])
TEMPLATES = st.lists(PIECES, max_size=12).map("".join).filter(lambda text: not parse(text).problems)


class Loud(str):
    """A text that says something else when asked politely."""

    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


class Inventive(dict[str, str]):
    """A mapping that makes up what it misses."""

    def __missing__(self, key: str) -> str:
        return f"made up {key}"


def compiled(text: str, *variables: Variable) -> Renderer:
    return renderer(parse(text), VariableMatrix(variables))


def strings(*names: str) -> tuple[Variable, ...]:
    return tuple(Variable(name=name) for name in names)


def misfits(subject: Renderer, values: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidInput) as caught:
        subject.render(values)
    return [(p.code, p.variable) for p in caught.value.problems]


def naively(text: str, values: Mapping[str, Any]) -> str:
    def replaced(match: re.Match[str]) -> str:
        return "{{" if match[1] is None else spell(values[match[1]])

    return re.sub(r"\{\{\{\{|\{\{[ \t]*(\w+)[ \t]*\}\}", replaced, text)


@given(st.data(), TEMPLATES, st.lists(st.sampled_from(VariableType), min_size=4, max_size=4))
@settings(deadline=None, max_examples=300)
def test_rendering_agrees_with_a_naive_replacement(
    data: st.DataObject, text: str, types: list[VariableType]
) -> None:
    used = [n for n in NAMES if n in {p.name for p in parse(text).placeholders}]
    variables = [Variable(name=n, type=t) for n, t in zip(NAMES, types, strict=True) if n in used]
    values = {v.name: data.draw(VALUES[v.type]) for v in variables}
    assert compiled(text, *variables).render(values) == naively(text, values)


def test_a_value_is_never_expanded_again() -> None:
    assert compiled("{{a}} {{b}}", *strings("a", "b")).render({"a": "{{b}}", "b": "{{a}}"}) == "{{b}} {{a}}"


def test_values_do_not_join_into_a_placeholder() -> None:
    assert compiled("{{a}}{{b}}{{a}}", *strings("a", "b")).render({"a": "{", "b": "}"}) == "{}{"


def test_a_value_in_an_array_stays_text() -> None:
    subject = compiled("{{a}}", Variable(name="a", type=VariableType.ARRAY))
    assert subject.render({"a": ["{{a}}"]}) == '["{{a}}"]'


def test_a_literal_becomes_two_braces() -> None:
    assert compiled("{{{{a}} {{a}}", *strings("a")).render({"a": "x"}) == "{{a}} x"


def test_a_template_without_placeholders_is_its_text() -> None:
    assert compiled("hello").render({}) == "hello"


def test_an_empty_template_is_empty() -> None:
    assert compiled("").render({}) == ""


def test_a_default_fills_what_is_not_given() -> None:
    subject = compiled("{{a}}{{n}}", *strings("a"), Variable(name="n", type=VariableType.NUMBER, default=2))
    assert (subject.render({"a": "x"}), subject.render({"a": "x", "n": 3})) == ("x2", "x3")


@pytest.mark.parametrize(
    ("type_", "default", "text"),
    [("string", "", "<>"), ("number", 0, "<0>"), ("boolean", False, "<false>"), ("array", [], "<[]>")],
)
def test_a_falsy_default_fills_too(type_: str, default: Any, text: str) -> None:
    subject = compiled("<{{a}}>", Variable(name="a", type=VariableType(type_), default=default))
    assert subject.render({}) == text


def test_a_value_of_the_maximum_length_fits() -> None:
    assert compiled("{{a}}", Variable(name="a", max_length=2)).render({"a": "😀é"}) == "😀é"


def test_a_value_past_the_maximum_length_does_not() -> None:
    assert misfits(compiled("{{a}}", Variable(name="a", max_length=2)), {"a": "abc"}) == [
        ("value-too-long", "a")
    ]


def test_every_misfit_is_in_one_report() -> None:
    variables = (
        *strings("a", "b"),
        Variable(name="n", type=VariableType.NUMBER),
        Variable(name="s", max_length=2),
        Variable(name="o", default="x"),
        Variable(name="fits", max_length=2),
    )
    values = {"b": 1, "n": "1", "s": "abc", "o": None, "fits": "ab", "z": ""}
    assert misfits(compiled("{{a}}{{b}}{{n}}{{s}}{{o}}{{fits}}", *variables), values) == [
        ("value-unknown", "z"),
        ("value-missing", "a"),
        ("value-type", "b"),
        ("value-type", "n"),
        ("value-too-long", "s"),
        ("value-type", "o"),
    ]


@pytest.mark.parametrize("value", [1, None, b"x", ["x"], True, object(), "\ud800", "x\udfff"])
def test_what_is_not_a_text_is_refused_for_a_string(value: object) -> None:
    assert misfits(compiled("{{a}}", *strings("a")), {"a": value}) == [("value-type", "a")]


def test_two_halves_of_a_surrogate_pair_do_not_make_a_character() -> None:
    values = {"a": "\ud83d", "b": "\ude00"}
    expected = [("value-type", "a"), ("value-type", "b")]
    assert misfits(compiled("{{a}}{{b}}", *strings("a", "b")), values) == expected


def test_a_missing_and_an_unknown_value_do_not_make_up_for_each_other() -> None:
    expected = [("value-unknown", "z"), ("value-missing", "b")]
    assert misfits(compiled("{{a}}{{b}}", *strings("a", "b")), {"a": "", "z": ""}) == expected


def test_a_key_that_is_no_text_is_unknown() -> None:
    untyped: Any = {"a": "x", 7: "y"}
    assert misfits(compiled("{{a}}", *strings("a")), untyped) == [("value-unknown", "7")]


def test_the_length_of_an_array_is_that_of_its_text() -> None:
    subject = compiled("{{a}}", Variable(name="a", type=VariableType.ARRAY, max_length=5))
    assert misfits(subject, {"a": ["ab"]}) == [("value-too-long", "a")]


def test_a_refusal_neither_shows_nor_chains_a_value() -> None:
    with pytest.raises(InvalidInput) as caught:
        compiled("{{a}}", Variable(name="a", max_length=3)).render({"a": "4111 1111"})
    assert ("4111" in str(caught.value), caught.value.__context__) == (False, None)


@pytest.mark.parametrize(
    "made", [Inventive(a="x"), defaultdict(str, a="x")], ids=["missing hook", "defaultdict"]
)
def test_a_mapping_cannot_make_up_a_missing_value(made: dict[str, str]) -> None:
    assert misfits(compiled("{{a}}{{b}}", *strings("a", "b")), made) == [("value-missing", "b")]


def test_a_mapping_cannot_make_up_a_typed_value() -> None:
    subject = compiled("{{a}}{{b}}", *strings("a"), Variable(name="b", max_length=99))
    assert misfits(subject, Inventive(a="x", z="y")) == [("value-unknown", "z"), ("value-missing", "b")]


def test_rendering_does_not_fill_the_mapping_it_was_given() -> None:
    values = defaultdict(str, a="x")
    misfits(compiled("{{a}}{{b}}", *strings("a", "b")), values)
    assert dict(values) == {"a": "x"}


@pytest.mark.parametrize("kind", [MappingProxyType, UserDict, ChainMap, Inventive])
def test_any_mapping_will_do(kind: Any) -> None:
    assert compiled("{{a}}", *strings("a")).render(kind({"a": "x"})) == "x"


def test_a_kind_of_text_counts_as_the_characters_it_holds() -> None:
    assert compiled("{{a}}!", *strings("a")).render({"a": Loud("quiet")}) == "quiet!"


def test_the_result_is_a_plain_text() -> None:
    assert type(compiled("{{a}}", *strings("a")).render({"a": Loud("quiet")})) is str


def test_rendering_leaves_the_values_as_they_were() -> None:
    values = {"a": ["x", 1], "b": 2}
    before = deepcopy(values)
    kinds = (Variable(name="a", type=VariableType.ARRAY), Variable(name="b", type=VariableType.NUMBER))
    compiled("{{a}}{{b}}", *kinds).render(values)
    assert values == before


def test_a_renderer_keeps_no_value() -> None:
    subject = compiled("{{a}}", *strings("a"))
    subject.render({"a": "4111 1111"})
    assert "4111" not in repr(subject)


def test_a_render_leaves_no_trace_in_the_next() -> None:
    subject = compiled("{{a}}-{{b}}", *strings("a"), Variable(name="b", default="d"))
    subject.render({"a": "first", "b": "value"})
    assert subject.render({"a": "second"}) == "second-d"


def test_threads_share_a_renderer() -> None:
    subject = compiled("{{a}}:{{b}}:{{a}}", *strings("a", "b"))

    def rendered(number: int) -> str:
        return subject.render({"a": str(number), "b": "é"})

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(rendered, range(2_000)))
    assert texts == [f"{i}:é:{i}" for i in range(2_000)]


def definition(template: str, user: str | None, *variables: Variable) -> PromptDefinition:
    return PromptDefinition(
        name="p",
        version="1.0.0",
        model="m",
        max_tokens=9,
        template=template,
        user_template=user,
        variables=variables,
    )


def test_a_prompt_renders_both_its_texts() -> None:
    prompt = definition("be {{tone}}", "help {{who}}", *strings("tone", "who"))
    assert prompt.render({"tone": "kind", "who": "me"}) == Rendered(system="be kind", user="help me")


def test_a_value_cannot_choose_its_role() -> None:
    prompt = definition("be {{tone}}", "help", *strings("tone"))
    assert prompt.render({"tone": "x\n--- user\ny"}) == Rendered(system="be x\n--- user\ny", user="help")


@pytest.mark.parametrize("values", [{"tone": ""}, {"who": ""}, {"tone": "", "z": ""}, {"tone": "", "who": 1}])
def test_a_prompt_is_strict_about_both_its_texts(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        definition("be {{tone}}", "help {{who}}", *strings("tone", "who")).render(values)


def test_a_prompt_with_problems_is_not_rendered() -> None:
    with pytest.raises(InvalidPrompt):
        definition("{{a}} {{1}}", None, *strings("a")).render({"a": ""})
