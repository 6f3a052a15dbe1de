"""A definition's content hash: the version does not matter, everything else does."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import InvalidPrompt
from jackfield.domain.model.prompts import (
    ContextRule,
    ContextSource,
    InjectionPoint,
    Limits,
    PromptDefinition,
    Rendering,
    content,
)
from jackfield.domain.model.templates import parse
from jackfield.domain.model.variables import Variable, VariableType

RULE = ContextRule(source=ContextSource.KNOWLEDGE_BASE, max_tokens=200)
NOTE = Variable(name="note", default="none", max_length=40, description="a note")
PROMPT = PromptDefinition(
    name="greeting",
    version="1.0.0",
    model="gpt-small",
    max_tokens=800,
    template="Hello {{ who }},\r\n{{note}}é",
    user_template="Hi {{who}}",
    variables=(Variable(name="who"), NOTE),
    context_rules=(RULE,),
    metadata={"team": "retail"},
    limits=Limits(characters=2_000, tokens=700),
)

GOLDEN = (
    '{"context_rules":[{"injection_point":"system","max_tokens":200,"source":"knowledge_base"}],'
    '"limits":{"characters":2000,"tokens":700},"max_tokens":800,"metadata":{"team":"retail"},'
    '"model":"gpt-small","name":"greeting","renderer":"platform","template":"Hello {{who}},\\n{{note}}é",'
    '"user_template":"Hi {{who}}","variables":[{"default":null,"description":"","max_length":null,'
    '"name":"who","required":true,"type":"string"},{"default":"none","description":"a note",'
    '"max_length":40,"name":"note",'
    '"required":false,"type":"string"}]}'
)

TEXTS = st.sampled_from(["{{a}}", "{{ a }}", "{{a}}\n", "{{a}}\r\n", "x"])
VARIABLES = st.builds(
    Variable,
    name=st.sampled_from(["a", "b"]),
    type=st.sampled_from([VariableType.STRING, VariableType.ARRAY]),
    default=st.sampled_from([None, "", "1"]),
    max_length=st.sampled_from([None, 1]),
)
DEFINITIONS = st.builds(
    PromptDefinition,
    name=st.just("p"),
    version=st.sampled_from(["1.0.0", "2.0.0"]),
    model=st.just("m"),
    max_tokens=st.just(1),
    template=TEXTS,
    user_template=st.none() | st.just("x"),
    variables=st.lists(VARIABLES, max_size=1),
    metadata=st.sampled_from([{}, {"k": "v"}]),
    renderer=st.sampled_from(Rendering),
)


def plain(definition: PromptDefinition) -> PromptDefinition:
    return evolve(definition, version="0.0.0", template=parse(definition.template).normalized)


def test_a_content_is_spelled_in_one_way_for_ever() -> None:
    assert canonical(content(PROMPT)) == GOLDEN


def test_a_content_hash_is_fixed_for_ever() -> None:
    assert PROMPT.content_hash == "367b5c6f602707e52e6a3c569192d4f2ab22b8928547e700fb96f8909e8e639f"


def test_a_content_hash_is_that_of_the_content_alone() -> None:
    assert evolve(PROMPT, version="9.9.9").content_hash == PROMPT.content_hash


@pytest.mark.parametrize("template", ["Hello {{who}},\n{{note}}é", "Hello {{\twho\t}},\r{{ note }}é"])
def test_blanks_in_braces_and_line_ends_are_no_change(template: str) -> None:
    assert evolve(PROMPT, template=template).content_hash == PROMPT.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"name": "farewell"},
        {"model": "gpt-large"},
        {"max_tokens": 801},
        {"template": "Hello {{who}},\n{{note}}e"},
        {"template": "Hello {{who}},\n{{note}}e\N{COMBINING ACUTE ACCENT}"},
        {"template": "Hello {{who}},\n\n{{note}}é"},
        {"template": "Hello {{who}}, {{note}}é"},
        {"user_template": "Hi {{note}}"},
        {"user_template": ""},
        {"user_template": None},
        {"variables": (NOTE, Variable(name="who"))},
        {"variables": (Variable(name="who"),)},
        {"variables": (Variable(name="whom"), NOTE)},
        {"variables": (Variable(name="who", type=VariableType.NUMBER), NOTE)},
        {"variables": (Variable(name="who"), evolve(NOTE, default="None"))},
        {"variables": (Variable(name="who"), evolve(NOTE, default=None))},
        {"variables": (Variable(name="who"), evolve(NOTE, required=True))},
        {"variables": (Variable(name="who"), evolve(NOTE, max_length=41))},
        {"variables": (Variable(name="who"), evolve(NOTE, max_length=None))},
        {"variables": (Variable(name="who"), evolve(NOTE, description=""))},
        {"context_rules": ()},
        {"context_rules": (RULE, RULE)},
        {"context_rules": (evolve(RULE, source=ContextSource.EXTERNAL_API),)},
        {"context_rules": (evolve(RULE, max_tokens=201),)},
        {"context_rules": (evolve(RULE, injection_point=InjectionPoint.USER),)},
        {"metadata": {}},
        {"metadata": {"team": "Retail"}},
        {"metadata": {"Team": "retail"}},
        {"limits": Limits()},
        {"limits": Limits(characters=2_001, tokens=700)},
        {"limits": Limits(characters=2_000, tokens=701)},
        {"renderer": Rendering.LOCAL},
    ],
    ids=str,
)
def test_any_other_change_is_another_content(change: dict[str, Any]) -> None:
    assert evolve(PROMPT, **change).content_hash != PROMPT.content_hash


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ((), "[]")])
def test_defaults_that_are_spelled_differently_are_different(one: Any, other: Any) -> None:
    hashes = {
        evolve(
            PROMPT, variables=(Variable(name="who", type=VariableType.ARRAY, default=default),)
        ).content_hash
        for default in (one, other)
    }
    assert len(hashes) == 2


def test_the_order_of_the_metadata_does_not_matter() -> None:
    forth, back = evolve(PROMPT, metadata={"a": "1", "b": "2"}), evolve(PROMPT, metadata={"b": "2", "a": "1"})
    assert forth.content_hash == back.content_hash


@given(DEFINITIONS, DEFINITIONS)
@settings(deadline=None, max_examples=300)
def test_hashes_are_equal_exactly_when_contents_are(one: PromptDefinition, other: PromptDefinition) -> None:
    assert (one.content_hash == other.content_hash) == (plain(one) == plain(other))


def test_a_definition_does_not_share_what_it_was_made_of() -> None:
    metadata = {"team": "retail"}
    definition = evolve(PROMPT, metadata=metadata)
    metadata["team"] = "sales"
    assert definition.content_hash == PROMPT.content_hash


@pytest.mark.parametrize("default", [float("nan"), [1, float("inf")], "\ud800", object(), [[1], {2}]])
def test_what_json_cannot_carry_has_no_hash_and_says_why(default: Any) -> None:
    wrong = evolve(PROMPT, variables=(Variable(name="who", type=VariableType.ARRAY, default=default),))

    with pytest.raises(InvalidPrompt, match="default-type"):
        _ = wrong.content_hash
