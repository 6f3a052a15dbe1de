"""Sessions and advice in the document: every operation, every answer; and whatever is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.cli.advised import advised_view, report_view
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.openapi.document import document
from jackfield.entrypoints.service.problems import CONTENT_TYPE
from jackfield.entrypoints.service.routes import OPERATIONS
from tests.proofs.sizes import sized
from tests.unit.service.assisted import ADVICE, ASSISTED, QUERY, SIGNED, START
from tests.unit.service.house import House, opened

DOCUMENT: Final = document(OPERATIONS)
_ANY: Final = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much)
TAGS: Final = ("sessions", "agent assist")
OWN: Final = [each for each in OPERATIONS if each.tag in TAGS]
EXAMPLES: Final = sized(200, full=5_000)
_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def _schema(path: str, method: str) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method.lower()]["responses"]["200"]["content"]
    return {**content["application/json"]["schema"], "components": DOCUMENT["components"]}


def test_every_answer_is_as_it_is_described(house: House) -> None:
    session: str = house.post("/v1/sessions", START).json["id"]
    seen = set[tuple[str, str]]()
    for method, path, body in ASSISTED:
        where = path.replace("{session}", session)
        found = house.get(where) if method == "GET" else house.post(where, body)
        assert found.status == 200, (path, found.body)
        Draft202012Validator(_schema(path, method)).validate(found.json)
        seen.add((method, path))
    assert seen | SIGNED == {(each.method, each.path) for each in OWN}


def test_plain_operations_say_so() -> None:
    plain = {each.path for each in OWN if each.plain}
    told = {
        path
        for path in DOCUMENT["paths"]
        for answer in DOCUMENT["paths"][path].get("post", {}).get("responses", {}).values()
        if "text/plain" in answer["content"]
    }
    assert plain == told == {"/query", "/simulate/recommendations"}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A service with a session."""
    platform = Platform(clock=SystemClock(), limits=None)
    with opened(tmp_path_factory.mktemp("service"), Parts(send=platform.send)) as core:
        house = House(core)
        yield house, house.post("/v1/sessions", START).json["id"]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    """A request that is nearly right: some fields are others, or gone, or more."""
    _, path, body = draw(st.sampled_from([each for each in ASSISTED if each[0] == "POST"]))
    whole: dict[str, Any] = json.loads(json.dumps(body or {}))
    parts: list[dict[str, Any]] = [whole, *(each for each in whole.values() if isinstance(each, dict))]
    for part in draw(st.lists(st.sampled_from(parts), max_size=3)):
        name = draw(st.sampled_from(sorted(part) or ["x"]) | st.text(max_size=5))
        part[name] = draw(_VALUES)
    return path, json.dumps(whole).encode(errors="replace")


@settings(max_examples=EXAMPLES, suppress_health_check=_ANY, deadline=None)
@given(asked=bodies())
def test_a_request_that_is_nearly_right_is_answered_in_our_own_words(
    lived_in: tuple[House, str], asked: tuple[str, bytes]
) -> None:
    house, session = lived_in
    path, body = asked
    where = path.replace("{session}", session)
    found = house.ask("POST", f"{where}?latency_ms=0" if "simulate" in where else where, body)
    typed = house.ask("POST", where, body, {"content_type": "application/json"}) if "v1" in where else found
    for each in (found, typed):
        assert each.status in {200, 400, 404, 409, 413, 415, 422, 502, 503, 504}, (path, body, each.body)
        assert b"Traceback" not in each.body


def test_feedback_is_counted_and_summed_up(house: House) -> None:
    items = house.post("/query", QUERY).json
    on_screen = [
        {"id": each["id"], "source": each["sourceId"], "position": position}
        for position, each in enumerate(items, 1)
    ]
    told = {"agent": "agent-204", "conversation": "conv-1"}
    house.post("/v1/advice/feedback", {**told, "recommendations": on_screen, "action": "displayed"})
    clicked = house.post(
        "/v1/advice/feedback", {**told, "recommendations": on_screen[:1], "action": "clicked"}
    )
    house.core.advice.flush()
    found = house.get("/v1/advice/report?by=position").json
    assert clicked.json["told"][0]["position"] == 1
    assert (found["displayed"], found["clicked"]) == (len(items), 1)
    assert found["groups"][0]["rate"] == 1.0


def test_answers_are_as_the_command_has_them(house: House) -> None:
    asked = AdviceQuery(
        ADVICE["conversation"], ADVICE["transcript"], ADVICE["agent"], bases=tuple(ADVICE["bases"])
    )
    over_http = house.post("/v1/advice/query", ADVICE).json
    by_command = advised_view(house.core.advice.query(asked))
    assert list(over_http) == list(by_command)
    assert [over_http[part] for part in ("key", "accepted", "rejected")] == [
        by_command[part] for part in ("key", "accepted", "rejected")
    ]
    report = house.get("/v1/advice/report?by=agent").json
    assert report == report_view(house.core.advice.report(by="agent"), "agent")


def test_a_report_takes_how_long_ago(house: House) -> None:
    assert house.get("/v1/advice/report?since=7d&until=1h").status == 200
    assert house.get("/v1/advice/report?since=7y").status == 400


def test_what_was_displayed_comes_marked_the_next_time(house: House) -> None:
    ask = next(body for _, path, body in ASSISTED if path == "/v1/advice/query")
    first = house.post("/v1/advice/query", ask).json
    shown = {"recommendations": [{"id": first["accepted"][0]["id"]}], "agent": "a", "conversation": "conv-1"}
    house.post("/v1/advice/feedback", {**shown, "action": "displayed"})
    again = house.post("/v1/advice/query", ask).json
    assert (first["accepted"][0]["shown"], again["accepted"][0]["shown"]) == (False, True)
    assert (first["origin"], again["origin"], again["age_ms"] >= 0) == ("fresh", "cached", True)


def test_other_thresholds_reject_with_their_reasons(house: House) -> None:
    ask = next(body for _, path, body in ASSISTED if path == "/v1/advice/query")
    found = house.post("/v1/advice/query", {**ask, "sieve": {"relevance": 1.0}}).json
    assert (found["accepted"], {each["reason"] for each in found["rejected"]}) == ([], {"relevance"})


@pytest.mark.parametrize(
    "body",
    [
        {"recommendations": [], "agent": "a", "action": "clicked"},
        {"recommendations": [{"id": "r"}] * 101, "agent": "a", "action": "clicked"},
        {"recommendations": [{"id": "r"}], "agent": "", "action": "clicked"},
        {"recommendations": [{"id": "r"}], "agent": "a", "action": "adored"},
        {"recommendations": [{"id": "r", "position": 0}], "agent": "a", "action": "clicked"},
        {"recommendations": [{"id": "\ud800"}], "agent": "a", "action": "clicked"},
        {"recommendations": "r", "agent": "a", "action": "clicked"},
    ],
)
def test_feedback_that_cannot_be_is_refused(house: House, body: object) -> None:
    assert house.post("/v1/advice/feedback", body).status == 400


@pytest.mark.parametrize("action", ["displayed", "clicked", "wrong"])
def test_the_log_names_who_told_feedback_and_the_agent_it_is_of(
    house: House, core: Core, action: str
) -> None:
    body = {"recommendations": [{"id": "rec-1"}], "agent": "agent-204", "action": action, "conversation": "c"}
    assert house.post("/v1/advice/feedback", body, x_actor="eve", x_reason="because").status == 200
    core.advice.flush()
    event = [each.event for each in core.audit.entries() if each.event.type.startswith("advice.")][-1]
    assert (event.actor, event.reason) == ("service:loopback for eve", "because")
    assert event.payload is not None
    assert event.payload["agent"] == "agent-204"


_REFUSED: Final[tuple[tuple[str, str, str, Any, int], ...]] = (
    ("GET", "/v1/sessions/{session}", "none", None, 404),
    ("GET", "/v1/sessions/{session}/explanation", "none", None, 404),
    ("POST", "/v1/sessions/{session}/turns", "none", {"text": "Hello?"}, 404),
    ("POST", "/v1/sessions/{session}/accept", "", None, 409),
    ("POST", "/v1/sessions/{session}/close", "", {"resolution": "nothing"}, 400),
    ("POST", "/v1/sessions", "", {"bot": "none", "customer": "c"}, 404),
    ("GET", "/v1/sessions/report?since=never", "", None, 400),
    ("POST", "/v1/sessions/notices", "", {}, 401),
    ("POST", "/v1/advice/query", "", {**ADVICE, "bases": ["kb-none"]}, 404),
    ("POST", "/v1/advice/feedback", "", {}, 400),
    ("GET", "/v1/advice/report?by=nothing", "", None, 400),
)


@pytest.mark.parametrize("asked", _REFUSED, ids=lambda asked: f"{asked[1]} {asked[4]}")
def test_every_refusal_is_as_it_is_described(house: House, asked: tuple[str, str, str, Any, int]) -> None:
    method, path, session, body, status = asked
    session = session or house.post("/v1/sessions", START).json["id"]
    where = path.replace("{session}", session)
    found = house.get(where) if method == "GET" else house.post(where, body)
    responses = DOCUMENT["paths"][path.partition("?")[0]][method.lower()]["responses"]
    assert (found.status, found.headers["content-type"]) == (status, CONTENT_TYPE)
    schema = responses[str(status)]["content"][CONTENT_TYPE]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(found.json)


_TIMED: Final = ("/v1/audit", "/v1/sessions", "/v1/sessions/report", "/v1/advice/report")


@pytest.mark.parametrize("path", _TIMED)
@pytest.mark.parametrize(
    "query",
    ["since=0001-01-01", "until=0001-01-02", "until=9999-12-31", "since=9999-12-31T23:59:59.999999Z"],
)
def test_no_time_is_too_early_or_too_late_to_be_answered(house: House, path: str, query: str) -> None:
    found = house.get(f"{path}?{query}")
    assert (found.status, found.json["type"]) == (400, "urn:jackfield:problem:invalid-input")
