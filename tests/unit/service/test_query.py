"""`/query` and `/simulate/recommendations`, as tutorial 004's clients know them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Article, Faults, Platform
from jackfield.adapters.simulator.faults import FaultySend
from jackfield.domain.model.advice.happenings import DELIVERED
from jackfield.domain.model.advice.records import advice_records
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.access_log import AccessLog
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.bodies import LARGEST_BODY
from jackfield.entrypoints.service.routes.query import Answering
from jackfield.entrypoints.service.servers.patience import too_slow
from jackfield.entrypoints.service.tokens import new_token
from jackfield.entrypoints.settings.service import OwnToken, Scope, ServiceRules
from tests.unit.service.assisted import QUERY
from tests.unit.service.house import Answered, House, opened

PATH = "/query"
NAMES = ["id", "title", "content", "relevanceScore", "publishedDate", "sourceId"]


def asked(house: House, body: object = QUERY, **headers: str) -> Answered:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return house.ask("POST", PATH, data, headers=headers)


def changed(place: str, name: str, value: object) -> dict[str, Any]:
    """The query with one field changed; `...` leaves it out."""
    whole: dict[str, Any] = json.loads(json.dumps(QUERY))
    part = whole[place] if place else whole
    part[name] = value
    if value is ...:
        del part[name]
    return whole


def test_the_answer_is_a_plain_list_by_the_tutorials_names(house: House) -> None:
    found = asked(house)
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    assert [list(each) for each in found.json] == [NAMES] * len(found.json) != []
    assert all(each["relevanceScore"] >= 0.8 for each in found.json)
    assert found.headers["x-advice-origin"] == "fresh"


def test_the_same_question_is_answered_from_the_cache_byte_for_byte(house: House) -> None:
    first, second = asked(house), asked(house)
    assert (second.body, second.headers["x-advice-origin"]) == (first.body, "cached")


def test_the_same_question_in_other_bytes_is_the_same_question(house: House) -> None:
    first = asked(house)
    other = json.dumps({key: QUERY[key] for key in reversed(QUERY)}, indent=1).encode()
    found = asked(house, other)
    assert (found.body, found.headers["x-advice-origin"]) == (first.body, "cached")


def test_what_was_dropped_is_asked_for_anew_however_often_the_bytes_came(house: House, core: Core) -> None:
    before = [asked(house).headers["x-advice-origin"] for _ in range(3)]
    core.advice.forget(base="kb-billing")
    after = [asked(house).headers["x-advice-origin"] for _ in range(3)]
    assert before == after == ["fresh", "cached", "cached"]


def test_each_answer_has_its_own_record_however_often_the_bytes_came(house: House, core: Core) -> None:
    bodies = [json.dumps(QUERY, indent=number % 3).encode() for number in range(9)]
    assert len({asked(house, body).body for body in bodies}) == 1
    core.advice.flush()
    told: list[Any] = [e.event.payload for e in core.audit.entries() if e.event.type == DELIVERED]
    given = [each for payload in told for each in payload["deliveries"]]
    assert [each["origin"] for each in given] == ["fresh"] + ["cached"] * 8
    assert len({each["id"] for each in given}) == 9


def shown(found: Answered) -> list[str]:
    return [each["id"] for each in found.json]


def test_what_was_judged_wrong_is_not_sent_again_of_an_answer_that_still_holds(
    house: House, core: Core, platform: Platform
) -> None:
    platform.knowledge(
        "kb-two", [Article(id=f"{n}", title=f"{n}", content="x", relevance=0.95) for n in range(2)]
    )
    both = changed("", "knowledgeBaseIds", ["kb-two"])
    first = shown([asked(house, both) for _ in range(3)][-1])
    core.advice.hearing.shown.judge("conv-1", first[:1])
    after = [shown(asked(house, both)) for _ in range(3)]
    core.advice.flush()
    records: list[Any] = [each for entry in core.audit.entries() for each in advice_records(entry)]
    logged = [[said["id"] for said in each["recommendations"]] for each in records]
    assert (after, logged) == ([first[1:]] * 3, [first] * 3 + [first[1:]] * 3)


def test_a_core_that_is_closed_answers_nothing_from_memory_either(house: House, core: Core) -> None:
    assert [asked(house).status for _ in range(3)] == [200] * 3
    core.close()
    found = asked(house)
    assert (found.status, core.advice.hearing.buffer.lost) == (503, 0)


def test_what_is_asked_once_is_not_kept_as_written(house: House) -> None:
    answering = Answering(house.serving)
    kept = list[int]()
    for indent in (0, 1, 2):
        answering.answer({}, json.dumps(QUERY, indent=indent).encode())
        kept.append(len(answering.keyed))
    assert kept == [0, 1, 1]


@pytest.mark.parametrize(("place", "name"), [("agentProfile", "skills"), ("", "knowledgeBaseIds")])
def test_a_list_that_holds_nothing_is_a_fault_of_the_body(house: House, place: str, name: str) -> None:
    found = asked(house, changed(place, name, ["billing", None]))
    assert (found.status, found.body.startswith(b"Invalid payload")) == (400, True)


def test_another_transcript_is_another_question(house: House) -> None:
    first = asked(house)
    context = "interactionContext"
    other = asked(house, changed(context, "transcript", "My card was declined at the checkout."))
    assert (other.headers["x-advice-origin"], other.body != first.body) == ("fresh", True)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("agentProfile", "skills", None),
        ("", "knowledgeBaseIds", None),
        ("interactionContext", "channel", ""),
        ("agentProfile", "skills", ...),
        ("", "knowledgeBaseIds", ...),
        ("interactionContext", "channel", ...),
    ],
)
def test_what_go_leaves_empty_is_no_fault(house: House, place: str, name: str, value: object) -> None:
    assert asked(house, changed(place, name, value)).status == 200


def test_nothing_that_met_the_thresholds_is_404(house: House) -> None:
    found = asked(house, changed("interactionContext", "transcript", "xyzzy plugh"))
    assert (found.status, found.body) == (404, b"No recommendations available\n")


def test_every_other_method_is_405(house: House) -> None:
    found = {method: house.ask(method, PATH) for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")}
    assert {each.status for each in found.values()} == {405}
    assert (found["GET"].body, found["GET"].headers["allow"]) == (b"Method not allowed\n", "POST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b"7",
        b'"query"',
        b"[" * 100_000,
        b'{"interactionContext": NaN}',
        b"\xff",
        b'{"interactionContext": {"conversationId": "\\ud800"}}',
        {},
        changed("", "surprise", 1),
        changed("agentProfile", "surprise", 1),
        changed("", "agentProfile", []),
        changed("", "agentProfile", None),
        changed("", "agentProfile", ...),
        changed("agentProfile", "agentId", 7),
        changed("agentProfile", "agentId", ""),
        changed("agentProfile", "skills", "billing"),
        changed("agentProfile", "skills", [1]),
        changed("agentProfile", "skills", False),
        changed("agentProfile", "skills", {}),
        changed("interactionContext", "transcript", ""),
        changed("interactionContext", "transcript", " \n"),
        changed("interactionContext", "transcript", "x" * 200_001),
        changed("interactionContext", "channel", 0),
        changed("interactionContext", "conversationId", ["conv-1"]),
        changed("", "knowledgeBaseIds", [""]),
    ],
    ids=range(28),
)
def test_a_payload_that_is_none_is_400_in_plain_text(house: House, body: object) -> None:
    found = asked(house, body)
    assert (found.status, found.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert found.body.startswith(b"Invalid payload: ")
    assert found.body.count(b"\n") == 1


def test_every_fault_is_named(house: House) -> None:
    found = asked(house, {"interactionContext": {"conversationId": 7}, "agentProfile": {}, "x": 1})
    assert all(part in found.body for part in (b"conversationId", b"transcript", b"agentId", b"x"))


def test_a_body_of_512_001_bytes_is_413(house: House) -> None:
    found = asked(house, b" " * (LARGEST_BODY + 1))
    assert (found.status, found.headers["content-type"]) == (413, "text/plain; charset=utf-8")


def test_an_unknown_knowledge_base_is_404(house: House) -> None:
    found = asked(house, changed("", "knowledgeBaseIds", ["kb-nobody"]))
    assert (found.status, b"kb-nobody" in found.body) == (404, True)


def test_where_a_token_is_needed_it_is_asked_for_in_plain_text(core: Core) -> None:
    token, hashed = new_token()
    rules = ServiceRules(require=True, tokens=(OwnToken(name="t", scopes=(Scope.READ,), hash=hashed),))
    house = House(core, given=Given(rules=rules))
    without, with_ = asked(house), asked(house, authorization=f"Bearer {token}")
    assert (without.status, without.headers["www-authenticate"], with_.status) == (401, "Bearer", 200)
    assert without.headers["content-type"].startswith("text/plain")


def test_a_page_of_another_site_may_not_ask(house: House) -> None:
    assert asked(house).status == 200
    assert asked(house, origin="https://evil.example").status == 403


def test_falcon_answers_alike(core: Core) -> None:
    direct, by_falcon = House(core), House(core, given=Given(direct={}))
    for body in (QUERY, {}, changed("interactionContext", "transcript", "xyzzy plugh")):
        one, other = asked(direct, body), asked(by_falcon, body)
        assert (one.status, one.body) == (other.status, other.body)


def test_what_was_answered_is_in_the_log(house: House, core: Core) -> None:
    for _ in range(2):
        asked(house)
    core.advice.flush()
    told = [each for each in core.audit.entries() if each.event.type == DELIVERED]
    assert [record["agentId"] for each in told for record in advice_records(each)] == ["agent-204"] * 2


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ({"relevanceScore": 1.7}, ()),
        ({"relevanceScore": -1}, ()),
        ({"relevanceScore": "0.9"}, ()),
        ({"relevanceScore": None}, ()),
        ({"publishedDate": "2999-01-01T00:00:00Z"}, ()),
        ({"publishedDate": "2026-01-01T00:00:00"}, ()),
        ({"publishedDate": "yesterday"}, ()),
        ({"id": 7}, ()),
        ({}, ("sourceId",)),
    ],
)
def test_what_the_platform_recommends_absurdly_is_not_shown(
    house: House, platform: Platform, answer: dict[str, Any], lacks: tuple[str, ...]
) -> None:
    platform.knowledge(
        "kb-odd",
        [
            Article(id="odd", title="Odd", content="x", relevance=0.9, answer=answer, lacks=lacks),
            Article(id="good", title="Good", content="y", relevance=0.95),
        ],
    )
    found = asked(house, changed("", "knowledgeBaseIds", ["kb-odd"]))
    assert (found.status, [each["title"] for each in found.json]) == (200, ["Good"])


@pytest.mark.parametrize("kind", ["503", "drop", "garbage", "truncated", "bomb", "429"])
def test_upstream_trouble_is_a_5xx_in_plain_text(tmp_path: Any, kind: str) -> None:
    clock, faults = SystemClock(), Faults()
    platform = Platform(clock=clock, limits=None)
    send = FaultySend(platform.send, faults, clock)
    with opened(tmp_path, Parts(send=send, dial=platform.dial, jitter=lambda: 0.0)) as core:
        house = House(core)
        faults.next("POST", "/api/v2/agentassist/recommendations/query", kind, times=50)
        found = house.post("/v1/advice/query", {**_SHORT, "deadline_s": 0.2})
        plain = (
            asked(House(core), changed("", "knowledgeBaseIds", ["kb-security"])) if kind == "503" else None
        )
    assert found.status in (502, 503, 504), found.body
    assert plain is None or (plain.status, plain.headers["content-type"][:10]) == (503, "text/plain")


_SHORT = {"conversation": "conv-2", "transcript": "charged twice", "agent": "agent-1"}


def test_the_metrics_have_the_tutorials_names(house: House) -> None:
    first = asked(house).json[0]
    asked(house)
    asked(house, changed("interactionContext", "transcript", "xyzzy plugh"))
    clicked = {"recommendations": [{"id": first["id"], "source": "kb-billing", "position": 1}]}
    house.post("/v1/advice/feedback", {**clicked, "agent": "agent-204", "action": "clicked"})
    house.core.close()
    lines = house.get("/metrics").body.decode().splitlines()

    def value(name: str, *labels: str) -> float:
        line = next(
            each for each in lines if each.startswith(name) and all(label in each for label in labels)
        )
        return float(line.rpartition(" ")[2])

    latency = "agentassist_recommendation_latency_seconds"
    assert value(f"{latency}_count", 'status="success"') == 2
    assert value(f"{latency}_count", 'status="empty"') == 1
    assert value(f"{latency}_bucket", 'status="success"', 'le="0.002"') <= 2
    assert value(f"{latency}_bucket", 'status="success"', 'le="+Inf"') == 2
    assert value("jackfield_advice_queries_total", 'from="memory"') == 1
    clicks = value(
        "agentassist_recommendation_clicks_total", 'source_id="kb-billing"', 'agent_id="agent-204"'
    )
    assert clicks == 1
    assert sum(line == f"# TYPE {latency} histogram" for line in lines) == 1


def test_the_simulator_ranks_its_own_articles_without_a_platform(house: House) -> None:
    found = house.post("/simulate/recommendations?latency_ms=0", QUERY)
    again = house.post("/simulate/recommendations?latency_ms=1&seed=7", QUERY)
    assert (found.status, found.body == again.body) == (200, True)
    assert [list(each) for each in found.json["items"]] == [NAMES] * len(found.json["items"]) != []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "", QUERY, 405),
        ("POST", "", {}, 400),
        ("POST", "?latency_ms=10001", QUERY, 400),
        ("POST", "?latency_ms=soon", QUERY, 400),
        ("POST", "?seed=-1", QUERY, 400),
    ],
)
def test_what_the_simulator_refuses_is_plain_text(
    house: House, method: str, path: str, body: object, status: int
) -> None:
    found = house.ask(method, f"/simulate/recommendations{path}", json.dumps(body).encode())
    assert (found.status, found.headers["content-type"]) == (status, "text/plain; charset=utf-8")


class _Held(SystemClock):
    """A clock whose sleepers wait until a test lets them go."""

    def __init__(self) -> None:
        self.asleep, self.go_on = Semaphore(0), Event()

    def sleep(self, duration: timedelta) -> None:
        self.asleep.release()
        self.go_on.wait(30)


def test_who_waits_for_the_simulator_keeps_nobody_else_out(tmp_path: Path) -> None:
    clock, platform = _Held(), Platform(clock=SystemClock(), limits=None)
    with opened(tmp_path, Parts(send=platform.send, clock=clock)) as core, ThreadPoolExecutor() as threads:
        house = House(core, given=Given(concurrency=8))
        waiting = [threads.submit(house.post, "/simulate/recommendations", QUERY) for _ in range(2)]
        for _ in waiting:
            assert clock.asleep.acquire(timeout=30)
        one_more, other = house.post("/simulate/recommendations", QUERY), house.post("/query", QUERY)
        inside = house.serving.gate.inside
        clock.go_on.set()
        statuses = [each.result().status for each in waiting]
    assert (one_more.status, other.status, inside, statuses) == (503, 200, 0, [200, 200])


def test_the_simulator_knows_its_own_bases_alone(house: House) -> None:
    found = house.post(
        "/simulate/recommendations?latency_ms=0", changed("", "knowledgeBaseIds", ["kb-nobody"])
    )
    assert (found.status, b"kb-nobody" in found.body) == (404, True)


@pytest.mark.parametrize("query", ["latency_ms=soon", "latency_ms=10001", "latency=5"])
def test_what_is_wrong_with_the_simulators_query_is_no_fault_of_the_body(house: House, query: str) -> None:
    assert house.post(f"/simulate/recommendations?{query}", QUERY).body.startswith(b"Invalid query: ")


def test_an_answer_of_which_pages_are_missing_says_so(tmp_path: Path) -> None:
    clock, faults = SystemClock(), Faults()
    platform = Platform(clock=clock, limits=None)
    platform.knowledge(
        "kb-long",
        [Article(id=f"{n}", title=f"{n}", content="x", relevance=0.95 if n < 2 else 0.1) for n in range(12)],
    )
    with opened(tmp_path, Parts(send=FaultySend(platform.send, faults, clock), jitter=lambda: 0.0)) as core:
        house, long = House(core), changed("", "knowledgeBaseIds", ["kb-long"])
        faults.next("POST", "/api/v2/agentassist/recommendations/query", "503", times=9, after=1)
        part = asked(house, long)
        whole = asked(house)
    assert (part.status, part.headers.get("x-advice-whole")) == (200, "false")
    assert "x-advice-whole" not in whole.headers


def test_no_key_comes_twice(house: House) -> None:
    body = json.dumps(QUERY).encode()
    compact = json.dumps(QUERY, separators=(",", ":")).encode()
    for each in (body, compact):
        assert asked(house, each[:-1] + b',"knowledgeBaseIds":[]}').status == 400
        assert asked(house, each).status == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 200),
        ("", 200),
        ("text/plain", 415),
        ("text/plain; charset=utf-8", 415),
        ("application/xml", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json; charset=latin-1", 415),
    ],
)
def test_a_body_that_is_called_something_else_is_refused(core: Core, content_type: str, status: int) -> None:
    for given in (Given(), Given(direct={})):
        found = asked(House(core, given=given), content_type=content_type)
        assert (found.status, found.headers["content-type"][:10]) == (
            (200, "applicatio") if status == 200 else (status, "text/plain")
        )


def test_a_body_that_came_too_late_was_answered_as_a_problem(core: Core, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        log = AccessLog(file.fileno())
        house = House(core, given=Given(log=log))
        environ = house.environ("POST", PATH, b"{}", {})
        environ["wsgi.input"] = _Late()
        started = list[list[tuple[str, str]]]()

        def start(_status: str, headers: list[tuple[str, str]]) -> None:
            started.append(headers)

        (body,) = house.app(environ, start)
        log.start()
        log.close()
    line = json.loads((tmp_path / "log").read_text())
    assert (line["status"], line["bytes"], json.loads(body)["status"]) == (408, len(body), 408)
    assert dict(started[0])["content-type"] == "application/problem+json"


class _Late:
    def read(self, _size: int = -1) -> bytes:
        raise too_slow(1.0)
