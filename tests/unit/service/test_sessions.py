"""Sessions over HTTP: started, turned, handed over and back, closed, listed, explained and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import SessionTable
from tests.unit.service.house import House, published

BOT = "bot-id-123"
START = {"bot": BOT, "customer": "customer-1", "attributes": {"tier": "gold"}}


def started(house: House, **more: object) -> str:
    found = house.post("/v1/sessions", {**START, **more})
    assert found.status == 200, found.body
    identifier: str = found.json["id"]
    return identifier


def moved(house: House, session: str, how: str, body: object = None) -> Any:
    found = house.post(f"/v1/sessions/{session}/{how}", body)
    assert found.status == 200, found.body
    return found.json


def test_a_session_is_started_and_shown(house: House) -> None:
    session = started(house, language="en")
    found = house.get(f"/v1/sessions/{session}").json
    assert (found["bot"], found["standing"], found["customer"], found["language"], found["turns"]) == (
        BOT,
        "active",
        "customer-1",
        "en",
        0,
    )


def test_the_log_names_who_started_it(house: House, core: Core) -> None:
    house.post("/v1/sessions", START, x_actor="user:mina", x_reason="the chat")
    event = next(e.event for e in core.audit.entries() if e.event.type == "session.start")
    assert (event.actor, event.reason) == ("service:loopback for user:mina", "the chat")


def test_a_request_for_a_person_is_handed_over_with_one_message(house: House) -> None:
    session = started(house)
    found = moved(house, session, "turns", {"text": "I want to talk to a person"})
    assert (found["did"], found["routed"], found["handoff"]["reason"]) == ("escalated", True, "request")
    assert found["say"] == found["handoff"]["customer_message"]
    again = house.post(f"/v1/sessions/{session}/turns", {"text": "hello?"})
    assert (again.status, again.json["type"]) == (409, "urn:jackfield:problem:conflict")


def test_a_turn_says_what_it_was_decided_of(house: House) -> None:
    found = moved(house, started(house), "turns", {"text": "xyzzy", "bot_said": "Hi", "tried": ["look"]})
    assert found["did"] in ("proceed", "clarify")
    assert found["decision"]["turns"] == 1


def test_people_give_a_session_back(house: House) -> None:
    session = started(house)
    escalated = moved(house, session, "escalate", {"reason": "a complaint", "queue": "human-support-queue"})
    assert (escalated["handoff"]["queue"], escalated["decision"]) == ("human-support-queue", None)
    assert moved(house, session, "hand-back")["standing"] == "active"


def test_people_say_that_they_took_a_session(house: House) -> None:
    session = started(house)
    moved(house, session, "escalate")
    assert moved(house, session, "accept")["standing"] == "with people"


def test_a_hand_off_told_again_says_so(house: House) -> None:
    session = started(house)
    first = moved(house, session, "turns", {"text": "I want a person", "once": "message-1"})
    again = moved(house, session, "turns", {"text": "I want a person", "once": "message-1"})
    assert (first["again"], again["again"]) == (False, True)
    assert again["handoff"]["id"] == first["handoff"]["id"]


def test_the_same_message_twice_is_one_turn(house: House) -> None:
    session = started(house)
    said = {"text": "where is my order?", "once": "message-1"}
    first, again = (moved(house, session, "turns", said) for _ in range(2))
    assert first == again
    assert house.get(f"/v1/sessions/{session}").json["turns"] == 1


def test_a_session_is_closed_with_what_came_of_it(house: House) -> None:
    session = started(house)
    assert moved(house, session, "close", {"resolution": "resolved"})["standing"] in ("closing", "closed")
    assert house.post(f"/v1/sessions/{session}/close", {"resolution": "failed"}).status == 409
    assert house.post(f"/v1/sessions/{session}/close", {"resolution": "happy"}).status == 400


def test_versions_that_were_chosen_stay_with_the_session(house: House, core: Core) -> None:
    published(core)
    pin = house.post("/v1/prompts/refund/choose", {"unit": "customer-1"}).json["pin"]
    session = started(house, choices=[{"prompt": "refund", "pin": pin}])
    assert house.get(f"/v1/sessions/{session}").json["versions"] == ["refund@1.0.0"]


@pytest.mark.parametrize(
    ("when_full", "status"),
    [
        (None, 200),
        ({"kind": "refuse"}, 200),
        ({"kind": "overflow", "queue": "human-support-queue"}, 200),
        ({"kind": "wait", "at_most_s": 1, "then": "overflow", "queue": "human-support-queue"}, 200),
        ({"kind": "wait"}, 400),
        ({"kind": "refuse", "queue": "q"}, 400),
        ({"kind": "overflow", "then": "refuse"}, 400),
        ({"kind": "wait", "at_most_s": 1, "then": "wait"}, 400),
        ({"kind": "wait", "at_most_s": 0}, 400),
        ({"kind": "hope"}, 400),
        ({}, 400),
        ("refuse", 400),
    ],
)
def test_what_is_done_where_there_is_no_place_is_said_as_one_object(
    house: House, when_full: object, status: int
) -> None:
    assert house.post("/v1/sessions", {**START, "when_full": when_full}).status == status


def test_pages_hold_every_session_once(house: House) -> None:
    made = [started(house, customer=f"customer-{number}") for number in range(5)]
    seen, after = list[str](), ""
    while True:
        page = house.get(f"/v1/sessions?limit=2{after}").json
        seen += [each["id"] for each in page["sessions"]]
        started(house, customer="late")  # what begins meanwhile is on no later page
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == made[::-1]


def test_sessions_are_found_by_bot_standing_and_time(house: House) -> None:
    session = started(house)
    begun = house.get(f"/v1/sessions/{session}").json["started"]

    def found(query: str) -> list[str]:
        return [each["id"] for each in house.get(f"/v1/sessions?{query}").json["sessions"]]

    assert found(f"bot={BOT}&standing=active&since={begun}") == [session]
    assert found("bot=other") == found("standing=closed") == found(f"until={begun}") == []


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=501", "standing=gone", "since=yesterday", "since=2026-01-01T10:00", "after=x"),
        *(
            "after=",
            "after=2026-01-01T00:00:00Z",
            "after=~1",
            "since=9999-12-31T23:59:59-12:00",
            "surprise=1",
        ),
    ],
)
def test_a_page_that_cannot_be_is_refused(house: House, query: str) -> None:
    assert house.get(f"/v1/sessions?{query}").status == 400


def test_why_it_went_so_is_told_also_for_other_thresholds(house: House) -> None:
    session = started(house)
    moved(house, session, "turns", {"text": "Where is my order?"})
    own = house.get(f"/v1/sessions/{session}/explanation").json
    other = house.get(
        f"/v1/sessions/{session}/explanation?clarify=false&confidence_min=1&topics=billing,fraud"
    ).json
    assert (own["other"], len(own["turns"])) == (None, 1), own
    assert (other["first"], other["turns"][0]["would_be"]["act"]) == (1, "escalate")
    assert other["other"]["topics"] == ["billing", "fraud"]


@pytest.mark.parametrize("query", ["confidence_min=2", "confidence_min=nan", "rejects=0", "clarify=yes"])
def test_thresholds_that_cannot_be_are_refused(house: House, query: str) -> None:
    assert house.get(f"/v1/sessions/{started(house)}/explanation?{query}").status == 400


def test_what_became_of_sessions_is_summed_up(house: House) -> None:
    session = started(house)
    moved(house, session, "turns", {"text": "hello"})
    moved(house, session, "close", {"resolution": "resolved"})
    found = house.get("/v1/sessions/report?by=bot&since=2026-01-01").json
    assert (found["by"], found["whole"]["key"], found["whole"]["sessions"] in (0, 1)) == ("bot", None, True)
    assert house.get("/v1/sessions/report?since=2026-01-02&until=2026-01-01").status == 400


@pytest.mark.parametrize("how", ["turns", "escalate", "hand-back", "close"])
def test_a_session_that_is_none_is_not_found(house: House, how: str) -> None:
    body = {"turns": {"text": "hi"}, "close": {"resolution": "resolved"}}.get(how, {})
    assert house.post(f"/v1/sessions/none/{how}", body).status == 404
    assert house.get("/v1/sessions/none").status == 404


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"text": ""}, {"text": 7}, {"text": "x" * 10_001}, {"text": "hi", "failure": "weather"}),
        *({"text": "hi", "deadline_s": 0}, {"text": "hi", "tried": "look"}, {"text": " \n"}),
    ],
)
def test_a_turn_that_nobody_says_is_refused(house: House, body: object) -> None:
    assert house.post(f"/v1/sessions/{started(house)}/turns", body).status == 400


@pytest.mark.parametrize(
    ("asked", "held_s"),
    [({}, 60), ({"deadline_s": 3_600}, 60), ({"deadline_s": 30}, 30), ({"at_most_s": 10}, 10)],
)
def test_nobody_waits_for_a_place_longer_than_a_request_may_take(
    tmp_path: Path, asked: dict[str, int], held_s: int
) -> None:
    clock, table = FrozenClock(), {"bots": {BOT: {"limit": 1}}}
    platform = Platform(clock=clock)
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("test"),
        folder=tmp_path / "test",
        sessions=SessionTable(table=table, source="settings", simulated=True),
    )
    parts = Parts(clock=clock, send=platform.send, dial=platform.dial)
    with build(settings, parts) as core:
        house = House(core)
        started(house)
        began = clock.monotonic()
        waits = {"kind": "wait", "at_most_s": asked.pop("at_most_s", 3_600)}
        found = house.post("/v1/sessions", {**START, "when_full": waits, **asked})
        assert found.json["type"] == "urn:jackfield:problem:bot-full"
        assert held_s / 2 <= clock.monotonic() - began <= held_s


def test_a_turn_lasts_no_longer_than_a_request_may(platform: Platform, tmp_path: Path) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("test"),
        folder=tmp_path / "test",
        sessions=SessionTable(table={"deadline_s": 600.0}, source="settings", simulated=True),
    )
    deadlines = list[float]()

    def send(request: Request) -> Response:
        if request.url.endswith("/evaluate"):
            deadlines.append(request.deadline.total_seconds())
        return platform.send(request)

    with build(settings, Parts(send=send, dial=platform.dial)) as core:
        house = House(core)
        moved(house, started(house), "turns", {"text": "hello"})
    assert deadlines[0] <= 60
