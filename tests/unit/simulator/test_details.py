"""How conversations with bots went, as analytics tell it: filtered, by time, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Platform, SimulatedBot
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_sessions import BOT, begun, document, faults
from tests.unit.simulator.test_sessions_life import closed
from tests.unit.simulator.test_traffic import asked as asked_of_prompts

QUERY: Final = "/api/v2/analytics/conversations/details/query"
DAY: Final = {"dateFrom": "2026-01-01T00:00:00Z", "dateTo": "2026-01-02T00:00:00Z"}
FIELDS: Final = ["conversationId", "startTime", "endTime", "resolutionStatus", "duration"]


def equals(dimension: str, value: str) -> dict[str, str]:
    return {"dimension": dimension, "operator": "equals", "value": value}


def query(ask: Ask, *filters: dict[str, str], **changes: object) -> Response:
    return ask("POST", QUERY, {**DAY, "filter": filters, "select": FIELDS, **changes})


def rows(ask: Ask, *filters: dict[str, str], **changes: object) -> list[dict[str, Any]]:
    answered = query(ask, *filters, **changes)
    assert answered.status == 200
    return list(document(answered)["data"])


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["conversationId"] for each in found]


def test_a_conversation_that_is_over_has_its_end_its_resolution_and_its_milliseconds(
    ask: Ask, clock: FrozenClock
) -> None:
    conversation = begun(ask)
    clock.advance(timedelta(seconds=90, milliseconds=5))
    closed(ask, conversation, "escalated")
    assert document(query(ask)) == {
        "data": [
            {
                "conversationId": conversation,
                "startTime": "2026-01-01T00:00:00.000Z",
                "endTime": "2026-01-01T00:01:30.005Z",
                "resolutionStatus": "escalated",
                "duration": 90_005,
            }
        ],
        "nextPageToken": None,
    }


def test_one_that_goes_on_has_none_of_them(ask: Ask) -> None:
    begun(ask)
    (row,) = rows(ask)
    assert [row[name] for name in FIELDS[2:]] == [None, None, None]


def test_a_resolution_that_nobody_named_is_null(ask: Ask, platform: Platform) -> None:
    platform.end(begun(ask), None)
    (row,) = rows(ask)
    assert (row["resolutionStatus"], row["duration"]) == (None, 0)


def test_filters_hold_together(ask: Ask, platform: Platform) -> None:
    platform.bot("other", SimulatedBot())
    one, two, other = begun(ask), begun(ask), begun(ask, to=[{"id": "other"}])
    closed(ask, one)
    closed(ask, other)
    assert ids(rows(ask, equals("botId", BOT))) == [one, two]
    assert ids(rows(ask, equals("to.id", "other"))) == [other]
    assert ids(rows(ask, equals("resolutionStatus", "resolved"))) == [one, other]
    assert ids(rows(ask, equals("resolutionStatus", "resolved"), equals("botId", BOT))) == [one]
    assert ids(rows(ask, equals("conversationId", two))) == [two]
    assert ids(rows(ask, equals("conversationId", two), equals("botId", "other"))) == []
    assert ids(rows(ask, equals("botId", BOT), equals("botId", "other"))) == []
    assert ids(rows(ask, equals("conversationId", "nothing"))) == []


def test_only_what_is_selected_is_told(ask: Ask) -> None:
    begun(ask)
    assert rows(ask, select=["botId", "startTime"]) == [
        {"botId": BOT, "startTime": "2026-01-01T00:00:00.000Z"}
    ]


@pytest.mark.parametrize("leave", ["filter", "select"])
def test_a_filter_and_a_selection_may_be_null(leave: str, ask: Ask) -> None:
    begun(ask)
    assert [[*each] for each in rows(ask, **{leave: None})] == [FIELDS]


def test_what_began_at_the_first_moment_is_in_and_at_the_last_is_out(ask: Ask, clock: FrozenClock) -> None:
    made = []
    for _ in range(3):
        made.append(begun(ask))
        clock.advance(timedelta(seconds=1))
    found = rows(ask, dateFrom="2026-01-01T00:00:00Z", dateTo="2026-01-01T01:00:02+01:00")
    assert ids(found) == made[:2]


def paged(ask: Ask, size: int, between: Ask | None = None) -> list[str]:
    """Read all pages, and begin another conversation behind each of them if *between* is given."""
    found, token = list[str](), None
    while True:
        page = document(query(ask, pageSize=size, pageToken=token))
        found += ids(page["data"])
        token = page["nextPageToken"]
        if token is None:
            return found
        if between is not None:
            begun(between)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 9), size=st.integers(1, 10))
def test_pages_tell_each_conversation_once(count: int, size: int) -> None:
    ask = connected(Platform(clock=FrozenClock()))
    made = [begun(ask) for _ in range(count)]
    assert paged(ask, size) == made


def test_pages_stay_as_they_are_while_others_begin(ask: Ask) -> None:
    made = [begun(ask) for _ in range(5)]
    found = paged(ask, 2, between=ask)
    assert (found[:5], len(found), len({*found})) == (made, 8, 8)


def test_the_token_may_stand_in_the_query(ask: Ask) -> None:
    made = [begun(ask) for _ in range(2)]
    token = document(query(ask, pageSize=1))["nextPageToken"]
    body = {**DAY, "filter": [], "select": FIELDS}
    assert ids(document(ask("POST", f"{QUERY}?pageToken={token}", body))["data"]) == made[1:]


@pytest.mark.parametrize("token", ["x", "1.0123456789abcdef", "-1.", 7])
def test_a_token_that_is_none_is_refused(token: object, ask: Ask) -> None:
    assert [field for field, _ in faults(query(ask, pageToken=token))] == ["pageToken"]


def test_a_token_of_another_query_is_refused(ask: Ask) -> None:
    for _ in range(2):
        begun(ask)
    token = document(query(ask, pageSize=1))["nextPageToken"]
    assert faults(query(ask, equals("botId", BOT), pageToken=token)) == [("pageToken", "field.value")]


def test_everything_that_is_missing_is_named(ask: Ask) -> None:
    refused = ask("POST", QUERY, {"filter": [{}], "select": []})
    assert faults(refused) == [
        ("dateFrom", "field.required"),
        ("dateTo", "field.required"),
        ("filter[0].dimension", "field.required"),
        ("filter[0].operator", "field.required"),
        ("filter[0].value", "field.required"),
        ("select", "field.required"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dateFrom": "yesterday"}, ("dateFrom", "date.format")),
        ({"dateTo": "2026-01-02T00:00:00"}, ("dateTo", "date.format")),
        ({"dateTo": DAY["dateFrom"]}, ("dateTo", "field.range")),
        ({"filter": {}}, ("filter", "field.type")),
        ({"filter": [equals("agentId", "x")]}, ("filter[0].dimension", "field.value")),
        ({"filter": [{**equals("botId", "x"), "operator": "like"}]}, ("filter[0].operator", "field.value")),
        ({"filter": [{**equals("botId", "x"), "value": 7}]}, ("filter[0].value", "field.type")),
        ({"select": ["text"]}, ("select", "field.value")),
        ({"select": "startTime"}, ("select", "field.type")),
        ({"pageSize": 1_001}, ("pageSize", "field.range")),
        ({"pageSize": 0}, ("pageSize", "field.range")),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], expected: tuple[str, str], ask: Ask) -> None:
    assert faults(query(ask, **changes)) == [expected]


def test_the_dialect_of_prompts_stays_one_of_its_own(ask: Ask) -> None:
    assert orjson.loads(ask("POST", QUERY, asked_of_prompts("x")).body).keys() == {"entities", "nextPageUri"}


@pytest.mark.parametrize("body", [{**DAY, "filter": [], "view": "ai_llm_gateway"}, DAY])
def test_a_body_of_neither_dialect_is_read_as_one_of_prompts(body: dict[str, Any], ask: Ask) -> None:
    assert "filters" in [field for field, _ in faults(ask("POST", QUERY, body))]


def test_it_needs_a_scope_of_analytics(platform: Platform) -> None:
    refused = query(connected(platform, scope="conversations:write"))
    assert document(refused)["message"] == "App not authorized to use scope analytics:conversation:view"
