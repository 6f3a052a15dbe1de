from __future__ import annotations

from itertools import count
from typing import Any, Final

import pytest

from jackfield.adapters.simulator import Platform
from tests.unit.simulator.advising import BODY, PATH, refusal, saying, shelf, titles, told
from tests.unit.simulator.conftest import Ask


@pytest.mark.parametrize("number", [0, 1, 4, 5, 6, 10, 11, 37])
def test_pages_give_each_once(number: int, platform: Platform, ask: Ask) -> None:
    platform.knowledge("kb-ours", shelf(number))
    found, sizes, token = list[str](), list[int](), ""
    for _ in count():
        page = told(ask("POST", f"{PATH}?pageToken={token}", saying("renewing passports", "kb-ours")))
        found += [each["id"] for each in page["items"]]
        sizes.append(len(page["items"]))
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert (len(found), len({*found}), {*sizes[:-1]} <= {5}) == (number, number, True)


@pytest.mark.parametrize(
    "token", ["x", "5", "5.", "5.0000000000000000", "-5.{}", "\u0665.{}", "9999999999.{}", "5.{}x", "5.{}\n"]
)
def test_a_token_that_is_none_is_refused(token: str, platform: Platform, ask: Ask) -> None:
    platform.knowledge("kb-ours", shelf(7))
    body = saying("renewing a passport", "kb-ours")
    mark = told(ask("POST", PATH, body))["nextPageToken"].partition(".")[2]
    response = ask("POST", f"{PATH}?pageToken={token.format(mark)}", body)
    assert refusal(response) == (400, "constraint.validation", [("field.value", "pageToken")])


@pytest.mark.parametrize("other", [saying("renew passport", "kb-ours"), saying("renewing a passport")])
def test_a_token_goes_on_with_its_own_query_alone(
    other: dict[str, Any], platform: Platform, ask: Ask
) -> None:
    platform.knowledge("kb-ours", shelf(7))
    token = told(ask("POST", PATH, saying("renewing a passport", "kb-ours")))["nextPageToken"]
    assert ask("POST", f"{PATH}?pageToken={token}", other).status == 400


def test_a_token_leads_behind_the_end_where_articles_went(platform: Platform, ask: Ask) -> None:
    platform.knowledge("kb-ours", shelf(7))
    body = saying("renewing a passport", "kb-ours")
    token = told(ask("POST", PATH, body))["nextPageToken"]
    platform.knowledge("kb-ours", shelf(2))
    assert told(ask("POST", f"{PATH}?pageToken={token}", body)) == {"items": []}


NO_CONTEXT: Final = {"agentProfile": {"agentId": "a"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("field.required", "interactionContext"), ("field.required", "agentProfile")]),
        (NO_CONTEXT, [("field.required", "interactionContext")]),
        ({**BODY, "agentProfile": None}, [("field.required", "agentProfile")]),
        ({**BODY, "agentProfile": []}, [("field.type", "agentProfile")]),
        ({**BODY, "interactionContext": "x"}, [("field.type", "interactionContext")]),
        (
            {**BODY, "interactionContext": {}},
            [
                ("field.required", "interactionContext.transcript"),
                ("field.required", "interactionContext.conversationId"),
            ],
        ),
        (saying(""), [("field.required", "interactionContext.transcript")]),
        (saying(" \n\t"), [("field.required", "interactionContext.transcript")]),
        (saying(["x"]), [("field.type", "interactionContext.transcript")]),
        (saying("x" * 200_001), [("field.length", "interactionContext.transcript")]),
        ({**BODY, "agentProfile": {"agentId": " "}}, [("field.required", "agentProfile.agentId")]),
        (
            {**BODY, "agentProfile": {"agentId": 7, "skills": "x"}},
            [("field.type", "agentProfile.agentId"), ("field.type", "agentProfile.skills")],
        ),
        (
            {**BODY, "agentProfile": {"agentId": "a", "skills": ["x", 7]}},
            [("field.type", "agentProfile.skills[1]")],
        ),
        ({**BODY, "knowledgeBaseIds": "kb-billing"}, [("field.type", "knowledgeBaseIds")]),
        (
            {**BODY, "knowledgeBaseIds": ["kb-nowhere", "", None]},
            [("field.required", "knowledgeBaseIds[1]"), ("field.type", "knowledgeBaseIds[2]")],
        ),
    ],
)
def test_a_query_that_cannot_be_is_refused_with_every_problem(
    body: dict[str, Any], expected: list[tuple[str, str]], ask: Ask
) -> None:
    assert refusal(ask("POST", PATH, body)) == (400, "constraint.validation", expected)


@pytest.mark.parametrize(
    "nothing", [{"knowledgeBaseIds": None}, {"agentProfile": {"agentId": "a", "skills": None}}]
)
def test_a_list_that_is_null_is_empty(nothing: dict[str, Any], ask: Ask) -> None:
    assert titles(ask("POST", PATH, {**BODY, **nothing}))[0] == "Resolving a disputed charge"


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b'{"x": NaN}', b"<html>"])
def test_a_body_that_is_no_object_is_refused(body: bytes, ask: Ask) -> None:
    assert refusal(ask("POST", PATH, body=body)) == (400, "bad.request", [])
