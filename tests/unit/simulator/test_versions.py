"""Versions, §4: immutable, listed, and switched by their two switches alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from jackfield.adapters.http import Response

Ask = Callable[..., Response]

SPLIT = {"enabled": True, "trafficPercent": 0.125, "variantId": "b"}


def read(response: Response) -> Any:
    return orjson.loads(response.body)


def conflict(response: Response) -> tuple[int, str, str]:
    document = read(response)
    return response.status, document["code"], document["details"][0]["errorCode"]


def faults(response: Response) -> list[tuple[str, str]]:
    return [(detail["errorCode"], detail["fieldName"]) for detail in read(response)["details"]]


def traffic(percent: object, variant: str = "b") -> dict[str, str]:
    return {"X-Genesys-AB-Test": f"variant={variant},traffic={percent}"}


def test_a_version_is_answered_whole_with_its_defaults(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    made = read(ask("POST", versions, version))
    assert made == {
        "id": made["id"],
        **version,
        "abTestingTrigger": None,
        "metadata": {},
        "dateCreated": "2026-01-01T00:00:00.000Z",
        "selfUri": f"{versions}/2.0.0",
    }


def test_a_version_is_created(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    assert ask("POST", versions, version).status == 201


def test_a_version_is_there_afterwards(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    made = read(ask("POST", versions, {**version, "metadata": {"author": "me"}}))
    assert read(ask("GET", f"{versions}/2.0.0")) == made


def test_a_version_changes_nothing_live(
    ask: Ask, versions: str, live: str, version: Mapping[str, Any]
) -> None:
    before = read(ask("GET", live))
    ask("POST", versions, version)
    assert read(ask("GET", live)) == before


def test_versions_are_listed_newest_first_whatever_their_numbers(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("POST", versions, version)
    ask("POST", versions, {**version, "version": "1.0.1"})
    numbers = [entity["version"] for entity in read(ask("GET", versions))["entities"]]
    assert numbers == ["1.0.1", "2.0.0", "1.0.0"]


def test_a_version_that_exists_is_a_conflict(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    ask("POST", versions, version)
    refused = ask("POST", versions, version)
    assert conflict(refused) == (409, "request.conflict", "version.exists")


def test_build_metadata_makes_another_version(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    ask("POST", versions, version)
    assert ask("POST", versions, {**version, "version": "2.0.0+build.7"}).status == 201


@pytest.mark.parametrize("spelling", ["2.0.0+build.7", "2.0.0%2Bbuild.7"])
def test_a_plus_in_the_path_may_be_escaped(
    spelling: str, ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("POST", versions, {**version, "version": "2.0.0+build.7"})
    assert read(ask("GET", f"{versions}/{spelling}"))["version"] == "2.0.0+build.7"


def test_an_unknown_version_is_not_found(ask: Ask, versions: str) -> None:
    assert ask("GET", f"{versions}/9.9.9").status == 404


@pytest.mark.parametrize("rest", ["", "/1.0.0"])
def test_versions_of_an_unknown_template_are_not_found(rest: str, ask: Ask) -> None:
    assert ask("GET", f"/api/v2/ai/prompt-templates/none/versions{rest}").status == 404


def test_a_rollback_directive_forbids_the_next_version(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True})
    refused = ask("POST", versions, version)
    assert conflict(refused) == (409, "request.conflict", "rollback.active")


def test_a_rollback_directive_lets_a_rollback_pass(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True})
    assert ask("POST", versions, {**version, "rollbackDirective": True}).status == 201


def test_a_version_made_as_a_rollback_forbids_the_next_one(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("POST", versions, {**version, "rollbackDirective": True})
    refused = ask("POST", versions, {**version, "version": "2.1.0"})
    assert conflict(refused) == (409, "request.conflict", "rollback.active")


def test_a_cleared_rollback_directive_forbids_nothing(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True})
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": False})
    assert ask("POST", versions, version).status == 201


def test_a_number_that_is_taken_is_told_before_a_rollback_directive(
    ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True})
    refused = ask("POST", versions, {**version, "version": "1.0.0"})
    assert conflict(refused) == (409, "request.conflict", "version.exists")


def test_patch_answers_the_version_as_it_is_now(ask: Ask, versions: str) -> None:
    before = read(ask("GET", f"{versions}/1.0.0"))
    patched = read(ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True}))
    assert patched == {**before, "rollbackDirective": True}


def test_patch_of_one_switch_leaves_the_other(ask: Ask, versions: str) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": SPLIT}, headers=traffic(12))
    patched = read(ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True}))
    assert patched["abTestingTrigger"] == SPLIT


def test_patch_of_nothing_changes_nothing(ask: Ask, versions: str) -> None:
    before = read(ask("GET", f"{versions}/1.0.0"))
    assert read(ask("PATCH", f"{versions}/1.0.0", {})) == before


def test_patch_of_an_unknown_version_is_not_found(ask: Ask, versions: str) -> None:
    assert ask("PATCH", f"{versions}/9.9.9", {"rollbackDirective": True}).status == 404


def test_patch_of_anything_else_names_every_field(ask: Ask, versions: str) -> None:
    refused = ask("PATCH", f"{versions}/1.0.0", {"content": "x", "metadata": {}, "rollbackDirective": True})
    assert faults(refused) == [("field.immutable", "content"), ("field.immutable", "metadata")]


def test_patch_ends_a_split(ask: Ask, versions: str) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": SPLIT}, headers=traffic(12))
    ended = {"enabled": False, "trafficPercent": 0, "variantId": ""}
    patched = read(ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": ended}))
    assert patched["abTestingTrigger"] == ended


def test_patch_takes_the_trigger_away(ask: Ask, versions: str) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": SPLIT}, headers=traffic(12))
    assert read(ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": None}))["abTestingTrigger"] is None


@pytest.mark.parametrize("percent", [12, 13])
def test_the_header_may_round_a_half_percent_either_way(percent: int, ask: Ask, versions: str) -> None:
    patched = ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": SPLIT}, headers=traffic(percent))
    assert patched.status == 200


@pytest.mark.parametrize(
    "header",
    [
        traffic(11),
        traffic(14),
        traffic(12, variant="c"),
        traffic("12.5"),
        {"X-Genesys-AB-Test": "b=12"},
        {"X-Genesys-AB-Test": ""},
    ],
)
def test_a_header_that_contradicts_the_trigger_is_refused(
    header: Mapping[str, str], ask: Ask, versions: str
) -> None:
    refused = ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": SPLIT}, headers=header)
    assert faults(refused) == [("header.mismatch", "X-Genesys-AB-Test")]


def test_an_enabled_trigger_needs_its_header(ask: Ask, versions: str, version: Mapping[str, Any]) -> None:
    refused = ask("POST", versions, {**version, "abTestingTrigger": SPLIT})
    assert faults(refused) == [("header.required", "X-Genesys-AB-Test")]


@pytest.mark.parametrize("trigger", [None, {"enabled": False}])
def test_a_header_without_an_enabled_trigger_is_refused(
    trigger: object, ask: Ask, versions: str, version: Mapping[str, Any]
) -> None:
    refused = ask("POST", versions, {**version, "abTestingTrigger": trigger}, headers=traffic(12))
    assert faults(refused) == [("header.unexpected", "X-Genesys-AB-Test")]


def test_a_prompts_variables_are_shown_as_types_and_defaults(ask: Ask, definition: Mapping[str, Any]) -> None:
    variables = [
        {"name": "a", "type": "string", "required": True},
        {"name": "b", "type": "array", "required": True},
        {"name": "c", "type": "string", "required": False, "defaultValue": "5"},
        {"name": "d", "type": "number", "required": False, "defaultValue": "5"},
        {"name": "e", "type": "boolean", "required": False, "defaultValue": "true"},
        {"name": "f", "type": "array", "required": False, "defaultValue": '["x",1]'},
        {"name": "g", "type": "number", "required": False},
    ]
    made = read(
        ask("POST", "/api/v2/ai/llm/prompts", {**definition, "template": "-", "variables": variables})
    )
    shown = read(ask("GET", f"/api/v2/ai/prompt-templates/{made['id']}/versions/1.0.0"))
    assert shown["variables"] == {
        "a": "string",
        "b": "array",
        "c": "5",
        "d": 5,
        "e": True,
        "f": '["x",1]',
        "g": "number",
    }


@pytest.mark.parametrize(
    ("stored", "put", "status"),
    [
        (1, "1", 200),
        (1, "1.0", 200),
        (1, "2", 409),
        (True, "1", 409),
        ("1", "1", 409),
    ],
)
def test_a_stored_default_and_a_put_one_are_compared_by_value_and_type(
    stored: object, put: str, status: int, ask: Ask, definition: Mapping[str, Any]
) -> None:
    variables = [{"name": "n", "type": "number", "required": False, "defaultValue": put}]
    first = read(ask("POST", "/api/v2/ai/llm/prompts", definition))
    versions = f"/api/v2/ai/prompt-templates/{first['id']}/versions"
    ask("POST", versions, {"version": "2.0.0", "content": "{{n}}", "variables": {"n": stored}})
    promoted = {**definition, "version": "2.0.0", "template": "{{n}}", "variables": variables}
    assert ask("PUT", first["selfUri"], promoted).status == status
