"""The endpoints of prompt metrics and of the remote audit log, as the platform answers them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_traffic import QUERY, TOTALS, asked

ORDER = "b2c3d4e5-f6a7-4801-8bcd-f12345678901"
SUMMARY = "c3d4e5f6-a7b8-4902-9cde-012345678912"
LOGS = "/api/v2/users/me/auditlogs"
ENTRY = {
    "action": "EXPORT",
    "promptId": ORDER,
    "version": "1.2.0",
    "actor": "automation-service",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "details": {"targetEndpoint": "https://registry.example/prompts"},
    "platform": "genesys-cloud-llm-gateway",
    "complianceStandard": "ISO27001-AI",
}


@pytest.fixture
def filled(platform: Platform, clock: FrozenClock) -> Platform:
    clock.advance(timedelta(hours=1))
    for prompt in (ORDER, SUMMARY):
        platform.converse(prompt, 250, over=timedelta(hours=1))
    return platform


def faulty_fields(ask: Ask, document: object) -> set[str]:
    answer = ask("POST", QUERY, document)
    assert answer.status == 400
    return {detail["fieldName"] for detail in orjson.loads(answer.body)["details"]}


def test_a_record_says_what_the_contract_says(filled: Platform, ask: Ask) -> None:
    page = orjson.loads(ask("POST", QUERY, asked(ORDER, pageSize=1)).body)
    assert list(page["entities"][0]) == [
        "aiPromptId",
        "promptVersion",
        "variantId",
        "timestamp",
        "aiLatency",
        "aiTokensUsed",
        "aiSuccessRate",
    ]


def test_pages_are_of_200_unless_asked_and_the_last_leads_nowhere(filled: Platform, ask: Ask) -> None:
    body = asked(ORDER)
    del body["pageSize"]
    first = orjson.loads(ask("POST", QUERY, body).body)
    last = orjson.loads(ask("POST", first["nextPageUri"], body).body)
    assert (len(first["entities"]), len(last["entities"]), last["nextPageUri"]) == (200, 50, None)


def test_several_prompts_are_told_one_after_the_other(filled: Platform, ask: Ask) -> None:
    filters = [{"filterType": "string", "type": "aiPromptId", "values": [ORDER, SUMMARY]}]
    first = orjson.loads(ask("POST", QUERY, asked(ORDER, filters=filters, pageSize=300)).body)
    body = asked(ORDER, filters=filters, pageSize=300)
    last = orjson.loads(ask("POST", first["nextPageUri"], body).body)
    told = [e["aiPromptId"] for e in (*first["entities"], *last["entities"])]
    assert told == [ORDER] * 250 + [SUMMARY] * 250


def test_only_the_metrics_asked_for_are_told(filled: Platform, ask: Ask) -> None:
    page = orjson.loads(ask("POST", QUERY, asked(ORDER, metrics=["aiSuccessRate"])).body)
    assert {"aiLatency", "aiTokensUsed", "aiSuccessRate"} & {*page["entities"][0]} == {"aiSuccessRate"}


def test_a_prompt_that_is_not_there_has_no_conversations(ask: Ask) -> None:
    page = orjson.loads(ask("POST", QUERY, asked("nobody")).body)
    assert page == {"entities": [], "nextPageUri": None}


UNFIT: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"view": "other"}, "view"),
    ({"dateFrom": None}, "dateFrom"),
    ({"dateTo": "tomorrow"}, "dateTo"),
    ({"dateTo": "2026-01-01T00:00:00"}, "dateTo"),
    ({"dateTo": "2025-01-01T00:00:00Z"}, "dateTo"),
    ({"groupings": ["queueId"]}, "groupings"),
    ({"filters": []}, "filters"),
    (
        {"filters": [{"filterType": "number", "type": "aiPromptId", "values": ["x"]}]},
        "filters[0].filterType",
    ),
    ({"filters": [{"filterType": "string", "type": "aiPromptId", "values": []}]}, "filters[0].values"),
    ({"metrics": []}, "metrics"),
    ({"metrics": ["nDropped"]}, "metrics"),
    ({"metrics": [7]}, "metrics"),
    ({"pageSize": 0}, "pageSize"),
    ({"pageSize": 1_001}, "pageSize"),
)


@pytest.mark.parametrize(("changes", "field"), UNFIT)
def test_a_query_that_does_not_fit_names_the_field(ask: Ask, changes: dict[str, Any], field: str) -> None:
    assert faulty_fields(ask, asked(ORDER, **changes)) == {field}


def test_every_fault_of_a_query_is_named(ask: Ask) -> None:
    assert faulty_fields(ask, {}) == {"view", "dateFrom", "dateTo", "filters", "metrics"}


@pytest.mark.parametrize("cursor", ["x", "1", "-1.0", "1.1.1", "9999999999.0"])
def test_a_link_of_somebodys_making_is_refused(ask: Ask, cursor: str) -> None:
    assert ask("POST", f"{QUERY}?cursor={cursor}", asked(ORDER)).status == 400


def test_the_sums_are_those_of_the_last_day(filled: Platform, clock: FrozenClock, ask: Ask) -> None:
    totals = orjson.loads(ask("GET", f"{TOTALS}?promptId={ORDER}").body)
    found = orjson.loads(ask("POST", QUERY, asked(ORDER)).body)["entities"]
    assert totals == {
        "promptId": ORDER,
        "requestCount": 250,
        "avgLatencyMs": pytest.approx(sum(e["aiLatency"] for e in found) / 250),
        "p95LatencyMs": sorted(e["aiLatency"] for e in found)[237],
        "tokensUsed": sum(e["aiTokensUsed"] for e in found),
        "successRate": pytest.approx(sum(e["aiSuccessRate"] for e in found) / 250),
    }
    clock.advance(timedelta(hours=25))
    assert orjson.loads(connected(filled)("GET", f"{TOTALS}?promptId={ORDER}").body)["requestCount"] == 0


def test_of_no_request_the_sums_are_null(ask: Ask) -> None:
    totals = orjson.loads(ask("GET", f"{TOTALS}?promptId={ORDER}").body)
    assert {name: value for name, value in totals.items() if value is None}.keys() == {
        "avgLatencyMs",
        "p95LatencyMs",
        "tokensUsed",
        "successRate",
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("?promptId=nobody", 404), (f"?promptId={ORDER}&dateFrom=x", 400)],
)
def test_sums_that_cannot_be_given_are_refused(ask: Ask, query: str, status: int) -> None:
    assert ask("GET", TOTALS + query).status == status


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", QUERY, "analytics:conversation:view"),
        ("POST", QUERY, "analytics:conversations:view"),
        ("POST", QUERY, "analytics:report:query"),
        ("GET", f"{TOTALS}?promptId={ORDER}", "ai:metrics:read"),
        ("POST", LOGS, "ai:llm:manage"),
    ],
)
def test_each_endpoint_needs_its_scope(platform: Platform, method: str, path: str, scope: str) -> None:
    document = {QUERY: asked(ORDER), LOGS: ENTRY}.get(path)
    allowed = connected(platform, scope=scope)(method, path, document).status
    refused = connected(platform, scope="ai:prompt-template:read")(method, path, document).status
    assert (allowed in {200, 201}, refused) == (True, 403)


def test_an_audit_entry_is_kept_and_listed(platform: Platform, ask: Ask) -> None:
    answer = ask("POST", LOGS, ENTRY)
    made = orjson.loads(answer.body)
    assert (answer.status, {name: made[name] for name in ENTRY}) == (201, ENTRY)
    assert platform.snapshot()["auditLogs"] == [made]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": "DELETE"}, "action"),
        ({"promptId": ""}, "promptId"),
        ({"version": None}, "version"),
        ({"actor": 7}, "actor"),
        ({"timestamp": "now"}, "timestamp"),
        ({"timestamp": "2026-01-01T00:00:00"}, "timestamp"),
        ({"details": []}, "details"),
        ({"platform": "other"}, "platform"),
        ({"complianceStandard": None}, "complianceStandard"),
    ],
)
def test_an_audit_entry_that_does_not_fit_names_the_field(
    platform: Platform, ask: Ask, changes: dict[str, Any], field: str
) -> None:
    answer = ask("POST", LOGS, {**ENTRY, **changes})
    assert answer.status == 400
    assert [detail["fieldName"] for detail in orjson.loads(answer.body)["details"]] == [field]
    assert platform.snapshot()["auditLogs"] == []
