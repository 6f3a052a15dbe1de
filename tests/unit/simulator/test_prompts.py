"""Prompts, §3: what is live for everybody, and what a `PUT` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Platform

Ask = Callable[..., Response]

PROMPTS = "/api/v2/ai/llm/prompts"
ESCALATION = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"


def read(response: Response) -> Any:
    return orjson.loads(response.body)


def conflict(response: Response) -> tuple[int, str, str]:
    document = read(response)
    return response.status, document["code"], document["details"][0]["errorCode"]


def listed(ask: Ask, versions: str) -> list[str]:
    return [entity["version"] for entity in read(ask("GET", versions))["entities"]]


def trigger(ask: Ask, path: str) -> Any:
    return read(ask("GET", path))["abTestingTrigger"]


def test_a_new_prompt_is_answered_whole_with_its_id(ask: Ask, definition: Mapping[str, Any]) -> None:
    made = read(ask("POST", PROMPTS, definition))
    prompt_id = made["id"]
    assert made == {
        "id": prompt_id,
        **definition,
        "dateCreated": "2026-01-01T00:00:00.000Z",
        "selfUri": f"{PROMPTS}/{prompt_id}",
    }


def test_a_new_prompt_is_created(ask: Ask, definition: Mapping[str, Any]) -> None:
    assert ask("POST", PROMPTS, definition).status == 201


def test_a_new_prompt_is_live(ask: Ask, definition: Mapping[str, Any]) -> None:
    made = read(ask("POST", PROMPTS, definition))
    assert read(ask("GET", made["selfUri"])) == made


def test_a_new_prompts_version_is_the_first_of_its_list(ask: Ask, versions: str) -> None:
    assert listed(ask, versions) == ["1.0.0"]


def test_a_second_prompt_of_a_name_is_a_conflict(ask: Ask, definition: Mapping[str, Any]) -> None:
    ask("POST", PROMPTS, definition)
    refused = ask("POST", PROMPTS, {**definition, "version": "9.0.0"})
    assert conflict(refused) == (409, "request.conflict", "name.exists")


def test_fields_that_the_platform_does_not_know_are_not_kept(ask: Ask, definition: Mapping[str, Any]) -> None:
    made = read(ask("POST", PROMPTS, {**definition, "id": "mine", "selfUri": "/x", "color": "red"}))
    assert made["id"] != "mine"
    assert "color" not in made


def test_an_unknown_prompt_is_not_found(ask: Ask) -> None:
    missing = ask("GET", f"{PROMPTS}/none")
    assert (missing.status, read(missing)["code"]) == (404, "not.found")


def test_an_unknown_prompt_cannot_be_put(ask: Ask, definition: Mapping[str, Any]) -> None:
    assert ask("PUT", f"{PROMPTS}/none", definition).status == 404


def test_put_makes_live(ask: Ask, live: str, definition: Mapping[str, Any]) -> None:
    put = read(ask("PUT", live, {**definition, "version": "1.1.0"}))
    assert read(ask("GET", live)) == put


def test_put_adds_its_version_to_the_list(
    ask: Ask, live: str, versions: str, definition: Mapping[str, Any]
) -> None:
    ask("PUT", live, {**definition, "version": "1.1.0"})
    assert listed(ask, versions) == ["1.1.0", "1.0.0"]


def test_put_of_what_is_live_changes_nothing(
    ask: Ask, platform: Platform, live: str, definition: Mapping[str, Any]
) -> None:
    before = platform.snapshot()["prompts"]
    ask("PUT", live, definition)
    assert platform.snapshot()["prompts"] == before


def test_put_keeps_the_day_of_the_prompts_making(ask: Ask, live: str, definition: Mapping[str, Any]) -> None:
    put = read(ask("PUT", live, {**definition, "version": "1.1.0"}))
    assert put["dateCreated"] == "2026-01-01T00:00:00.000Z"


def test_put_takes_an_older_version(
    ask: Ask, live: str, versions: str, definition: Mapping[str, Any]
) -> None:
    ask("PUT", live, {**definition, "version": "1.1.0"})
    assert ask("PUT", live, definition).status == 200
    assert listed(ask, versions) == ["1.1.0", "1.0.0"]


@pytest.mark.parametrize(
    "change",
    [
        {"template": "Other words for {{name}}."},
        {"variables": [{"name": "name", "type": "number", "required": True}], "template": "{{name}}"},
        {"maxTokens": 101},
        {"modelId": "gpt-large"},
        {"contextRules": []},
    ],
)
def test_put_of_other_content_under_a_listed_number_is_a_conflict(
    change: Mapping[str, Any], ask: Ask, live: str, definition: Mapping[str, Any]
) -> None:
    refused = ask("PUT", live, {**definition, **change})
    assert conflict(refused) == (409, "request.conflict", "version.exists")


def test_a_refused_put_changes_nothing(
    ask: Ask, platform: Platform, live: str, definition: Mapping[str, Any]
) -> None:
    before = platform.snapshot()["prompts"]
    ask("PUT", live, {**definition, "name": "other", "template": "Other words for {{name}}."})
    assert platform.snapshot()["prompts"] == before


def test_put_of_a_stored_version_brings_the_settings_it_only_inherited(
    ask: Ask, live: str, versions: str, version: Mapping[str, Any], definition: Mapping[str, Any]
) -> None:
    ask("POST", versions, version)
    promoted = {
        **definition,
        "version": "2.0.0",
        "template": version["content"],
        "variables": [{"name": "name", "type": "string", "required": True}],
        "maxTokens": 2_000,
        "modelId": "gpt-large",
    }
    assert read(ask("PUT", live, promoted))["maxTokens"] == 2_000


def test_settings_once_put_belong_to_the_version(
    ask: Ask, live: str, versions: str, version: Mapping[str, Any], definition: Mapping[str, Any]
) -> None:
    ask("POST", versions, version)
    promoted = {
        **definition,
        "version": "2.0.0",
        "template": version["content"],
        "variables": [{"name": "name", "type": "string", "required": True}],
    }
    ask("PUT", live, promoted)
    refused = ask("PUT", live, {**promoted, "maxTokens": 2_000})
    assert conflict(refused) == (409, "request.conflict", "version.exists")


def test_put_is_no_conflict_with_a_rollback_directive(
    ask: Ask, live: str, versions: str, definition: Mapping[str, Any]
) -> None:
    ask("PATCH", f"{versions}/1.0.0", {"rollbackDirective": True})
    assert ask("PUT", live, {**definition, "version": "1.1.0"}).status == 200


def test_put_ends_a_split(
    ask: Ask, live: str, versions: str, version: Mapping[str, Any], definition: Mapping[str, Any]
) -> None:
    split = {"enabled": True, "trafficPercent": 0.2, "variantId": "b"}
    header = {"X-Genesys-AB-Test": "variant=b,traffic=20"}
    ask("POST", versions, {**version, "abTestingTrigger": split}, headers=header)
    ask("PUT", live, definition)
    assert trigger(ask, f"{versions}/2.0.0") == {**split, "enabled": False}


def test_put_of_the_split_version_ends_its_split(
    ask: Ask, live: str, versions: str, definition: Mapping[str, Any]
) -> None:
    split = {"enabled": True, "trafficPercent": 0.2, "variantId": "b"}
    header = {"X-Genesys-AB-Test": "variant=b,traffic=20"}
    ask("PATCH", f"{versions}/1.0.0", {"abTestingTrigger": split}, headers=header)
    ask("PUT", live, definition)
    assert trigger(ask, f"{versions}/1.0.0") == {**split, "enabled": False}


def test_put_may_rename(ask: Ask, live: str, definition: Mapping[str, Any]) -> None:
    ask("PUT", live, {**definition, "name": "welcome"})
    assert read(ask("GET", f"{PROMPTS}?name=welcome"))["total"] == 1


def test_a_name_that_was_left_is_free(ask: Ask, live: str, definition: Mapping[str, Any]) -> None:
    ask("PUT", live, {**definition, "name": "welcome"})
    assert ask("POST", PROMPTS, definition).status == 201


def test_a_rename_to_a_taken_name_is_a_conflict(ask: Ask, live: str, definition: Mapping[str, Any]) -> None:
    refused = ask("PUT", live, {**definition, "version": "3.0.0", "name": "order-status"})
    assert conflict(refused) == (409, "request.conflict", "name.exists")


def test_a_fresh_platform_holds_the_tutorials_template(ask: Ask) -> None:
    held = read(ask("GET", f"{PROMPTS}/{ESCALATION}"))
    assert (held["name"], held["version"], held["maxTokens"]) == ("escalation-routing", "1.0.0", 4096)


def test_a_fresh_platform_holds_a_few_prompts_more(ask: Ask) -> None:
    names = [entity["name"] for entity in read(ask("GET", PROMPTS))["entities"]]
    assert names == ["escalation-routing", "order-status", "conversation-summary"]


def test_the_first_prompts_would_be_accepted_as_they_are(ask: Ask) -> None:
    prompts = read(ask("GET", PROMPTS))["entities"]
    copies = [{**prompt, "name": f"copy-of-{prompt['name']}"} for prompt in prompts]
    assert [ask("POST", PROMPTS, copy).status for copy in copies] == [201, 201, 201]


def test_a_page_names_the_next_one(ask: Ask) -> None:
    page = read(ask("GET", f"{PROMPTS}?pageNumber=1&pageSize=2"))
    assert {**page, "entities": len(page["entities"])} == {
        "entities": 2,
        "pageNumber": 1,
        "pageSize": 2,
        "total": 3,
        "nextUri": f"{PROMPTS}?pageNumber=2&pageSize=2",
    }


def test_the_next_page_goes_on_where_the_last_one_ended(ask: Ask) -> None:
    first = read(ask("GET", f"{PROMPTS}?pageSize=2"))
    second = read(ask("GET", first["nextUri"]))
    assert [entity["name"] for entity in second["entities"]] == ["conversation-summary"]


def test_the_last_page_names_none(ask: Ask) -> None:
    assert read(ask("GET", f"{PROMPTS}?pageNumber=2&pageSize=2"))["nextUri"] is None


def test_a_page_past_the_end_is_empty(ask: Ask) -> None:
    assert read(ask("GET", f"{PROMPTS}?pageNumber=9"))["entities"] == []


def test_pages_have_25_prompts_by_default(ask: Ask) -> None:
    assert read(ask("GET", PROMPTS))["pageSize"] == 25


def test_the_list_can_be_asked_for_a_name(ask: Ask) -> None:
    page = read(ask("GET", f"{PROMPTS}?name=order-status"))
    assert [entity["name"] for entity in page["entities"]] == ["order-status"]


def test_a_part_of_a_name_finds_nothing(ask: Ask) -> None:
    assert read(ask("GET", f"{PROMPTS}?name=order"))["total"] == 0


@pytest.mark.parametrize(
    "query", ["pageNumber=0", "pageSize=0", "pageSize=101", "pageSize=x", "pageNumber=-1"]
)
def test_a_page_that_cannot_be_is_an_invalid_value(query: str, ask: Ask) -> None:
    refused = ask("GET", f"{PROMPTS}?{query}")
    document = read(refused)
    assert (refused.status, document["code"], document["details"][0]["fieldName"]) == (
        400,
        "invalid.value",
        query.partition("=")[0],
    )
