"""What a body must be: every fault of it is a detail of one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from jackfield.adapters.http import Response

Ask = Callable[..., Response]

PROMPTS = "/api/v2/ai/llm/prompts"


def faults(response: Response) -> list[tuple[str, str]]:
    document = orjson.loads(response.body)
    assert (response.status, document["code"]) == (400, "constraint.validation")
    return [(detail["errorCode"], detail["fieldName"]) for detail in document["details"]]


def variable(**fields: object) -> dict[str, object]:
    return {"name": "x", "type": "string", "required": False, **fields}


def test_every_missing_field_of_a_prompt_is_named(ask: Ask) -> None:
    names = ["name", "version", "template", "variables", "contextRules", "modelId", "maxTokens"]
    assert faults(ask("POST", PROMPTS, {})) == [("field.required", name) for name in names]


def test_every_missing_field_of_a_version_is_named(ask: Ask, versions: str) -> None:
    names = ["version", "content", "variables"]
    assert faults(ask("POST", versions, {})) == [("field.required", name) for name in names]


def test_every_field_of_a_wrong_type_is_named(ask: Ask) -> None:
    wrong = {
        "name": 1,
        "version": 1.0,
        "template": ["x"],
        "variables": {"x": "string"},
        "contextRules": [3],
        "modelId": True,
        "maxTokens": "100",
    }
    names = ["name", "version", "template", "variables", "contextRules[0]", "modelId", "maxTokens"]
    assert faults(ask("POST", PROMPTS, wrong)) == [("field.type", name) for name in names]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": " "}, ("field.required", "name")),
        ({"version": "1.0"}, ("version.format", "version")),
        ({"version": "01.0.0"}, ("version.format", "version")),
        ({"version": "v1.0.0"}, ("version.format", "version")),
        ({"version": "1.0.0-01"}, ("version.format", "version")),
        ({"version": "1.0.0\n"}, ("version.format", "version")),
        ({"version": "\N{ARABIC-INDIC DIGIT ONE}.0.0"}, ("version.format", "version")),
        ({"template": "Hello {{ 1x }}"}, ("placeholder.malformed", "template")),
        ({"template": "Hello {{x"}, ("placeholder.malformed", "template")),
        ({"template": "Hello {{}}"}, ("placeholder.malformed", "template")),
        ({"template": "Hello {{{x}}}"}, ("placeholder.malformed", "template")),
        ({"template": "Hello {{who}} and {{who}}"}, ("variable.undeclared", "variables.who")),
        ({"maxTokens": 0}, ("field.range", "maxTokens")),
        ({"maxTokens": True}, ("field.type", "maxTokens")),
        ({"maxTokens": 10}, ("tokens.exceeded", "maxTokens")),
        ({"variables": [variable(type="date")]}, ("field.value", "variables[0].type")),
        ({"variables": [variable(name="a b")]}, ("variable.name", "variables[0].name")),
        ({"variables": [variable(required="yes")]}, ("field.type", "variables[0].required")),
        ({"variables": [variable(defaultValue=5)]}, ("field.type", "variables[0].defaultValue")),
        ({"variables": [variable(defaultValue="number")]}, ("variable.default", "variables[0].defaultValue")),
        (
            {"variables": [variable(type="number", defaultValue="five")]},
            ("variable.default", "variables[0].defaultValue"),
        ),
        (
            {"variables": [variable(type="number", defaultValue="true")]},
            ("variable.default", "variables[0].defaultValue"),
        ),
        (
            {"variables": [variable(type="boolean", defaultValue="1")]},
            ("variable.default", "variables[0].defaultValue"),
        ),
        (
            {"variables": [variable(type="array", defaultValue="{}")]},
            ("variable.default", "variables[0].defaultValue"),
        ),
        ({"variables": [variable(), variable()]}, ("variable.duplicate", "variables[1].name")),
    ],
)
def test_a_fault_of_a_prompt_is_named(
    change: Mapping[str, Any], expected: tuple[str, str], ask: Ask, definition: Mapping[str, Any]
) -> None:
    sound: dict[str, Any] = {**definition, "template": "Hello.", "variables": []}
    assert faults(ask("POST", PROMPTS, {**sound, **change})) == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source": "internet"}, ("field.value", "contextRules[0].source")),
        ({"maxTokens": -1}, ("field.range", "contextRules[0].maxTokens")),
        ({"injectionPoint": None}, ("field.required", "contextRules[0].injectionPoint")),
    ],
)
def test_a_fault_of_a_context_rule_is_named(
    change: Mapping[str, Any], expected: tuple[str, str], ask: Ask, definition: Mapping[str, Any]
) -> None:
    rule = {**definition["contextRules"][0], **change}
    assert faults(ask("POST", PROMPTS, {**definition, "contextRules": [rule]})) == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"templateId": "another"}, ("field.value", "templateId")),
        ({"version": "2"}, ("version.format", "version")),
        ({"content": "{{other}}"}, ("variable.undeclared", "variables.other")),
        ({"content": "{{ name"}, ("placeholder.malformed", "content")),
        ({"variables": {"name": None}}, ("field.type", "variables.name")),
        ({"variables": {"name": ["a"]}}, ("field.type", "variables.name")),
        ({"variables": {"name": "string", "a-b": 1}}, ("variable.name", "variables.a-b")),
        ({"variables": []}, ("field.type", "variables")),
        ({"rollbackDirective": "no"}, ("field.type", "rollbackDirective")),
        ({"metadata": {"n": 1}}, ("field.type", "metadata.n")),
        ({"metadata": "n"}, ("field.type", "metadata")),
        ({"abTestingTrigger": True}, ("field.type", "abTestingTrigger")),
        ({"abTestingTrigger": {}}, ("field.required", "abTestingTrigger.enabled")),
    ],
)
def test_a_fault_of_a_version_is_named(
    change: Mapping[str, Any], expected: tuple[str, str], ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    assert faults(ask("POST", versions, {**version, **change}))[0] == expected


@pytest.mark.parametrize(
    ("share", "code"),
    [(1.01, "field.range"), (-0.1, "field.range"), ("0.2", "field.type"), (True, "field.type")],
)
def test_a_share_is_a_fraction(
    share: object, code: str, ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    trigger = {"enabled": True, "trafficPercent": share, "variantId": "b"}
    refused = ask("POST", versions, {**version, "abTestingTrigger": trigger})
    assert faults(refused)[0] == (code, "abTestingTrigger.trafficPercent")


def test_every_fault_is_found_at_once(ask: Ask, versions: str) -> None:
    wrong = {
        "version": "2",
        "content": "{{a}} {{b}} {{1}}" + "x" * 4096,
        "variables": {"c": None},
        "metadata": {"d": 1},
    }
    assert faults(ask("POST", versions, wrong)) == [
        ("version.format", "version"),
        ("field.length", "content"),
        ("field.type", "variables.c"),
        ("placeholder.malformed", "content"),
        ("variable.undeclared", "variables.a"),
        ("variable.undeclared", "variables.b"),
        ("field.type", "metadata.d"),
    ]


def test_characters_are_code_points(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    assert ask("POST", versions, {**version, "content": "🙂" * 4096}).status == 201


def test_one_code_point_more_is_too_long(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    refused = ask("POST", versions, {**version, "content": "a" * 4097})
    assert faults(refused) == [("field.length", "content")]


def test_a_template_may_fill_its_tokens_exactly(ask: Ask, definition: Mapping[str, Any]) -> None:
    filled = {**definition, "template": "x" * 357, "maxTokens": 100}
    assert ask("POST", PROMPTS, filled).status == 201


def test_one_code_point_over_its_tokens_is_refused(ask: Ask, definition: Mapping[str, Any]) -> None:
    refused = ask("POST", PROMPTS, {**definition, "template": "x" * 361, "maxTokens": 100})
    assert faults(refused) == [("tokens.exceeded", "maxTokens")]


def test_tokens_are_not_counted_for_a_version(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    assert ask("POST", versions, {**version, "content": "x" * 4000}).status == 201


def test_unused_variables_pass(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    assert ask("POST", versions, {**version, "variables": {"name": "string", "unused": 1}}).status == 201


def test_a_placeholder_may_be_used_twice_and_have_blanks(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    assert ask("POST", versions, {**version, "content": "{{ name }} {{name}}"}).status == 201


def test_no_variables_may_be_null(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    made = ask("POST", versions, {**version, "content": "x", "variables": None})
    assert orjson.loads(made.body)["variables"] == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"maxTokens": NaN}',
        b'{"maxTokens": 1e999}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    ],
)
def test_a_body_that_is_no_json_object_is_a_bad_request(body: bytes, ask: Ask) -> None:
    refused = ask("POST", PROMPTS, body=body)
    assert (refused.status, orjson.loads(refused.body)["code"]) == (400, "bad.request")


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_a_body_of_another_media_type_is_unsupported(media_type: str, ask: Ask) -> None:
    refused = ask("POST", PROMPTS, {}, headers={"Content-Type": media_type})
    assert (refused.status, orjson.loads(refused.body)["code"]) == (415, "unsupported.media.type")


def test_the_media_type_may_have_parameters(ask: Ask, definition: Mapping[str, Any]) -> None:
    made = ask("POST", PROMPTS, definition, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert made.status == 201


def test_a_body_may_have_512_000_bytes(ask: Ask) -> None:
    assert ask("POST", PROMPTS, body=b" " * 512_000).status == 400


def test_a_body_of_one_byte_more_is_too_large(ask: Ask) -> None:
    refused = ask("POST", PROMPTS, body=b" " * 512_001)
    assert (refused.status, orjson.loads(refused.body)["code"]) == (413, "request.entity.too.large")
