"""Conversations with bots, begun, listed and shown, as the platform answers them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Outage, Platform, SimulatedBot
from tests.unit.simulator.conftest import Ask, connected

CONVERSATIONS: Final = "/api/v2/conversations"
BOT: Final = "bot-id-123"
QUEUE: Final = "human-support-queue"
BODY: Final = {
    "to": [{"id": BOT, "name": "Support Bot"}],
    "from": {"id": "user-456"},
    "type": "chat",
    "attributes": {"customer_segment": "premium"},
}


def document(response: Response) -> dict[str, Any]:
    return dict(orjson.loads(response.body))


def faults(response: Response) -> list[tuple[str, str]]:
    assert (response.status, document(response)["code"]) == (400, "constraint.validation")
    return [(each["fieldName"], each["errorCode"]) for each in document(response)["details"]]


def begun(ask: Ask, **changes: object) -> str:
    """Begin a conversation, and return its id."""
    answered = ask("POST", CONVERSATIONS, {**BODY, **changes})
    assert answered.status == 201
    return str(document(answered)["id"])


def listed(ask: Ask, query: str) -> list[str]:
    return [each["id"] for each in document(ask("GET", f"{CONVERSATIONS}?{query}"))["entities"]]


def limited(clock: FrozenClock, limit: int) -> Platform:
    return Platform(clock=clock, bots={BOT: SimulatedBot(limit=limit)})


def test_a_conversation_that_begins_is_shown_as_it_stands(ask: Ask) -> None:
    answered = ask("POST", CONVERSATIONS, BODY)
    made = document(answered)
    assert (answered.status, made) == (
        201,
        {
            "id": made["id"],
            "type": "chat",
            "state": "active",
            "to": [{"id": BOT, "name": "Support Bot"}],
            "from": {"id": "user-456"},
            "startTime": "2026-01-01T00:00:00.000Z",
            "attributes": {"customer_segment": "premium"},
            "selfUri": f"{CONVERSATIONS}/{made['id']}",
        },
    )


def test_it_can_wait_for_people_from_the_start(ask: Ask) -> None:
    made = document(ask("POST", CONVERSATIONS, {**BODY, "routing": {"queueId": QUEUE}}))
    assert made["routing"] == {"queueId": QUEUE}


def test_it_is_read_as_it_was_made(ask: Ask) -> None:
    made = document(ask("POST", CONVERSATIONS, BODY))
    assert document(ask("GET", made["selfUri"])) == made


def test_one_that_is_not_there_is_not_found(ask: Ask) -> None:
    assert ask("GET", f"{CONVERSATIONS}/nothing").status == 404


@pytest.mark.parametrize("attributes", [{}, {"attributes": None}])
def test_attributes_may_be_left_out(attributes: dict[str, None], ask: Ask) -> None:
    body = {name: each for name, each in BODY.items() if name != "attributes"}
    assert document(ask("POST", CONVERSATIONS, {**body, **attributes}))["attributes"] == {}


def test_everything_that_is_missing_is_named(ask: Ask) -> None:
    assert faults(ask("POST", CONVERSATIONS, {})) == [
        ("to", "field.required"),
        ("from", "field.required"),
        ("type", "field.required"),
    ]


def test_everything_of_a_wrong_type_is_named(ask: Ask) -> None:
    wrong = {"to": "bot", "from": ["user"], "type": 7, "attributes": [], "routing": "queue"}
    assert faults(ask("POST", CONVERSATIONS, wrong)) == [(name, "field.type") for name in wrong]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"to": []}, ("to", "field.required")),
        ({"to": [{"id": BOT}, {"id": BOT}]}, ("to", "field.range")),
        ({"to": ["bot"]}, ("to[0]", "field.type")),
        ({"to": [{"name": "Support Bot"}]}, ("to[0].id", "field.required")),
        ({"to": [{"id": BOT, "name": 7}]}, ("to[0].name", "field.type")),
        ({"from": {}}, ("from.id", "field.required")),
        ({"from": {"id": " "}}, ("from.id", "field.required")),
        ({"type": ""}, ("type", "field.required")),
        ({"routing": {}}, ("routing.queueId", "field.required")),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], expected: tuple[str, str], ask: Ask) -> None:
    assert faults(ask("POST", CONVERSATIONS, {**BODY, **changes})) == [expected]


def of_size(size: int) -> dict[str, str]:
    """Return attributes that are *size* bytes of UTF-8 JSON; ü takes two."""
    return {"ü": "x" * (size - len('{"ü":""}'.encode()))}


def test_attributes_of_40960_bytes_are_taken(ask: Ask) -> None:
    assert begun(ask, attributes=of_size(40_960))


def test_attributes_of_one_byte_more_are_refused(ask: Ask) -> None:
    answered = ask("POST", CONVERSATIONS, {**BODY, "attributes": of_size(40_961)})
    assert faults(answered) == [("attributes", "field.size")]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"attributes": {"a": NaN}}', b'{"to"'])
def test_what_is_no_json_object_is_a_bad_request(body: bytes, ask: Ask) -> None:
    answered = ask("POST", CONVERSATIONS, body=body)
    assert (answered.status, document(answered)["code"]) == (400, "bad.request")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": [{"id": "nobody"}]}, "to.id"),
        ({"routing": {"queueId": "nowhere"}}, "routing.queueId"),
    ],
)
def test_an_unknown_bot_and_an_unknown_queue_are_told_apart(
    changes: dict[str, Any], field: str, ask: Ask
) -> None:
    answered = ask("POST", CONVERSATIONS, {**BODY, **changes})
    details = document(answered)["details"]
    assert (answered.status, details) == (404, [{"errorCode": "not.found", "fieldName": field}])


def test_queues_can_be_added(clock: FrozenClock) -> None:
    ask = connected(Platform(clock=clock, queues=["night-shift"]))
    assert begun(ask, routing={"queueId": "night-shift"})


def test_a_bot_over_its_limit_is_a_conflict_of_its_own_kind(clock: FrozenClock) -> None:
    ask = connected(limited(clock, 1))
    begun(ask)
    answered = ask("POST", CONVERSATIONS, BODY)
    assert (answered.status, document(answered)["code"], document(answered)["details"]) == (
        409,
        "request.conflict",
        [{"errorCode": "conversation.limit", "fieldName": "to.id"}],
    )


def test_what_goes_straight_to_people_needs_no_place(clock: FrozenClock) -> None:
    ask = connected(limited(clock, 1))
    begun(ask, routing={"queueId": QUEUE})
    begun(ask)
    assert begun(ask, routing={"queueId": QUEUE})


def test_a_bot_in_an_outage_begins_nothing(clock: FrozenClock, platform: Platform, ask: Ask) -> None:
    platform.bot(BOT, SimulatedBot(outage=Outage.CONVERSATIONS))
    assert ask("POST", CONVERSATIONS, BODY).status == 503
    assert platform.snapshot()["conversations"]["active"] == 0


def test_a_list_is_of_one_bot_and_one_state(ask: Ask, platform: Platform) -> None:
    platform.bot("other", SimulatedBot())
    active, closed = begun(ask), begun(ask)
    begun(ask, to=[{"id": "other"}])
    platform.end(closed)
    assert listed(ask, f"to.id={BOT}&state=active") == [active]
    assert listed(ask, f"to.id={BOT}&state=closed") == [closed]
    assert listed(ask, f"to.id={BOT}") == [active, closed]
    assert listed(ask, "to.id=nobody&state=active") == []


def test_who_waits_for_people_is_listed_too(ask: Ask) -> None:
    waiting = begun(ask, routing={"queueId": QUEUE})
    assert listed(ask, f"to.id={BOT}&state=active") == [waiting]


@pytest.mark.parametrize("query", ["to.id=bot-id-123&state=active", "state=active"])
def test_pages_follow_one_another_to_the_end(query: str, ask: Ask, clock: FrozenClock) -> None:
    made = []
    for _ in range(5):
        made.append(begun(ask))
        clock.advance(timedelta(seconds=1))
    found, following, totals = list[str](), f"{CONVERSATIONS}?{query}&pageSize=2", set[int]()
    while following:
        page = document(ask("GET", following))
        found += [each["id"] for each in page["entities"]]
        totals.add(page["total"])
        following = page["nextUri"]
    assert (found, totals) == (made, {5})


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=open", "state"), ("pageSize=101", "pageSize"), ("pageNumber=0", "pageNumber")],
)
def test_a_filter_that_is_wrong_is_named(query: str, field: str, ask: Ask) -> None:
    answered = ask("GET", f"{CONVERSATIONS}?to.id={BOT}&{query}")
    assert (document(answered)["code"], document(answered)["details"][0]["fieldName"]) == (
        "invalid.value",
        field,
    )


@pytest.mark.parametrize("scope", ["conversations:write", "conversation:write"])
def test_either_scope_opens_the_conversations(scope: str, platform: Platform) -> None:
    ask = connected(platform, scope=scope)
    path = f"{CONVERSATIONS}/{begun(ask)}"
    statuses = [
        ask("GET", f"{CONVERSATIONS}?state=active").status,
        ask("GET", path).status,
        ask("PATCH", path, {"attributes": {}}).status,
    ]
    assert statuses == [200, 200, 200]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CONVERSATIONS),
        ("GET", f"{CONVERSATIONS}?to.id={BOT}"),
        ("GET", f"{CONVERSATIONS}/x"),
        ("PATCH", f"{CONVERSATIONS}/x"),
    ],
)
def test_a_token_without_the_scope_is_told_which(method: str, path: str, platform: Platform) -> None:
    refused = connected(platform, scope="conversation:read")(method, path, BODY)
    assert (refused.status, document(refused)["message"]) == (
        403,
        "App not authorized to use scope conversations:write",
    )


def test_a_socket_needs_the_scope_of_the_stream(platform: Platform) -> None:
    ask = connected(platform, scope="integrations:write")
    refused = ask("GET", CONVERSATIONS, headers={"Upgrade": "websocket"})
    assert document(refused)["message"] == "App not authorized to use scope conversation:read"
