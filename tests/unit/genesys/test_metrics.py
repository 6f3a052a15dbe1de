"""Prompt metrics on the wire: what is asked, which link is followed, and what is not counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.adapters.genesys.pages import QUERY, read_record
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Faults, FaultySend, Platform
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.domain.model.metrics import Record, Skip, Totals, Unread
from jackfield.domain.model.secrets import Secret
from jackfield.ports.prompts import RemoteId

PROMPT: Final = RemoteId("b2c3d4e5-f6a7-4801-8bcd-f12345678901")
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL: Final = SINCE + timedelta(hours=24)
API: Final = "https://api.mypurecloud.de"
ENTITY: Final = {
    "aiPromptId": PROMPT,
    "promptVersion": "1.2.0",
    "variantId": None,
    "timestamp": "2026-01-01T10:00:00.123Z",
    "aiLatency": 812.5,
    "aiTokensUsed": 300,
    "aiSuccessRate": 1.0,
}
RECORD: Final = Record(
    version="1.2.0",
    variant=None,
    at=datetime(2026, 1, 1, 10, 0, 0, 123_000, tzinfo=UTC),
    latency_ms=812.5,
    tokens=300,
    success=1.0,
)


class Answers:
    """A platform that gives the answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)
        self.requests = list[Request]()

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.left.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(status=200, body=body)


def over(send: Callable[[Request], Response], url: str = API) -> GenesysMetrics:
    clock, where = FrozenClock(UNTIL), hosts(base_url=url)
    policy = Policy(send, clock, jitter=lambda: 0.0)
    return GenesysMetrics(Client(policy, [policy.lane(FixedToken(Secret("a-token")))], where).of("metrics"))


def readings(send: Callable[[Request], Response], url: str = API) -> list[Record | Skip]:
    found = over(send, url).records(PROMPT, since=SINCE, until=UNTIL)
    return [reading.why if isinstance(reading, Unread) else reading for reading in found]


def page(*entities: Any, link: object = None) -> dict[str, Any]:
    return {"entities": list(entities), "nextPageUri": link}


def entity(**changes: Any) -> dict[str, Any]:
    return {**ENTITY, **changes}


def numbered(number: int) -> dict[str, Any]:
    return entity(aiLatency=float(number))


def test_asks_for_what_the_contract_says_to_the_byte() -> None:
    send = Answers(page())
    assert readings(send) == []
    assert (send.requests[0].method, send.requests[0].url, send.requests[0].body) == (
        "POST",
        API + QUERY,
        b'{"dateFrom":"2026-01-01T00:00:00.000Z","dateTo":"2026-01-02T00:00:00.000Z","view":"ai_llm_gateway",'
        b'"groupings":["aiPromptId"],"filters":[{"filterType":"string","type":"aiPromptId",'
        b'"values":["b2c3d4e5-f6a7-4801-8bcd-f12345678901"]}],'
        b'"metrics":["aiLatency","aiTokensUsed","aiSuccessRate"],"pageSize":200}',
    )


def test_reads_a_record() -> None:
    assert readings(Answers(page(ENTITY))) == [RECORD]


@pytest.mark.parametrize("end", [None, ""])
def test_an_empty_link_or_none_is_the_end(end: object) -> None:
    assert readings(Answers(page(ENTITY, link=end))) == [RECORD]


@pytest.mark.parametrize(
    "link",
    [
        f"{QUERY}?cursor=2",
        f"{API}{QUERY}?cursor=2",
        f"{API.upper()}:443{QUERY}?cursor=2",
        f"{QUERY}/2",
        f"{QUERY}?cursor=ab..cd",
        f"{API}{QUERY}?cursor=%2e%2E/",
    ],
    ids=["a path", "a whole URL", "another spelling", "a page's own path", "dots", "dots, spelled"],
)
def test_the_next_page_is_asked_with_the_same_body(link: str) -> None:
    send = Answers(page(numbered(1), link=link), page(numbered(2)))
    found = readings(send)
    assert len(found) == 2
    assert send.requests[1].url.startswith(API + QUERY)
    assert send.requests[1].body == send.requests[0].body


def test_a_platform_below_a_path_is_followed_there() -> None:
    base = "https://gate.example/genesys"
    send = Answers(page(numbered(1), link=f"{base}{QUERY}?cursor=2"), page(numbered(2)))
    assert len(readings(send, base)) == 2
    assert send.requests[1].url == f"{base}{QUERY}?cursor=2"


@pytest.mark.parametrize(
    "link",
    [
        f"https://elsewhere.example{QUERY}?cursor=2",
        f"//elsewhere.example{QUERY}",
        f"http://api.mypurecloud.de{QUERY}?cursor=2",
        f"{API}:8443{QUERY}?cursor=2",
        f"https://user@api.mypurecloud.de{QUERY}?cursor=2",
        "/api/v2/ai/llm/prompts",
        f"{QUERY}/../../../../ai/llm/prompts",
        f"{QUERY}/%2e%2e/x",
        "?cursor=2",
        "https://[",
        7,
        f"{QUERY}?cursor=\n",
    ],
)
def test_a_link_that_leads_elsewhere_is_an_error_and_is_not_called(link: object) -> None:
    send = Answers(page(ENTITY, link=link))
    with pytest.raises(Unavailable, match="link to the next page"):
        readings(send)
    assert len(send.requests) == 1


@pytest.mark.parametrize("back", [QUERY, f"{QUERY}?cursor=2"], ids=["the first", "itself"])
def test_a_link_that_does_not_advance_is_an_error(back: str) -> None:
    send = Answers(page(numbered(1), link=f"{QUERY}?cursor=2"), page(numbered(2), link=back))
    with pytest.raises(Unavailable, match="does not advance"):
        readings(send)
    assert len(send.requests) == 2


def test_pages_are_asked_for_when_they_are_needed() -> None:
    send = Answers(page(numbered(1), link=f"{QUERY}?cursor=2"), page(numbered(2)))
    first = next(over(send).records(PROMPT, since=SINCE, until=UNTIL))
    assert isinstance(first, Record)
    assert len(send.requests) == 1


def test_a_record_that_comes_again_counts_once_also_on_another_page() -> None:
    send = Answers(page(ENTITY, ENTITY, link=f"{QUERY}?cursor=2"), page(ENTITY))
    assert readings(send) == [RECORD, Skip.REPEATED, Skip.REPEATED]


@pytest.mark.parametrize("name", ["promptVersion", "timestamp", "aiLatency", "aiTokensUsed", "aiSuccessRate"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_missing_field_is_a_skip(name: str, *, null: bool) -> None:
    spoiled = {key: value for key, value in ENTITY.items() if key != name}
    assert read_record({**spoiled, name: None} if null else spoiled, PROMPT) is Skip.MISSING


@pytest.mark.parametrize(
    ("changes", "skip"),
    [
        ({"aiLatency": float("nan")}, Skip.NOT_A_NUMBER),
        ({"aiLatency": "812"}, Skip.NOT_A_NUMBER),
        ({"aiTokensUsed": True}, Skip.NOT_A_NUMBER),
        ({"aiLatency": float("inf")}, Skip.OUT_OF_RANGE),
        ({"aiLatency": -0.001}, Skip.OUT_OF_RANGE),
        ({"aiLatency": 10**400}, Skip.OUT_OF_RANGE),
        ({"aiTokensUsed": 1_000_001}, Skip.OUT_OF_RANGE),
        ({"aiSuccessRate": 1.01}, Skip.OUT_OF_RANGE),
        ({"aiSuccessRate": 95}, Skip.OUT_OF_RANGE),
        ({"aiTokensUsed": 3.5}, Skip.MALFORMED),
        ({"promptVersion": 2}, Skip.MALFORMED),
        ({"variantId": 7}, Skip.MALFORMED),
        ({"timestamp": "yesterday"}, Skip.MALFORMED),
        ({"timestamp": "2026-01-01T10:00:00"}, Skip.MALFORMED),
        ({"timestamp": 1_767_261_600}, Skip.MALFORMED),
        ({"aiPromptId": "another"}, Skip.OTHER_PROMPT),
    ],
)
def test_what_cannot_be_counted_is_a_skip(changes: dict[str, Any], skip: Skip) -> None:
    assert read_record(entity(**changes), PROMPT) is skip


@given(
    st.dictionaries(
        st.sampled_from([*ENTITY]), st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    )
)
def test_any_entity_is_a_record_within_its_ranges_or_a_skip(changes: dict[str, Any]) -> None:
    reading = read_record({**ENTITY, **changes}, PROMPT)
    if isinstance(reading, Record):
        assert 0 <= reading.latency_ms <= 86_400_000
        assert 0 <= reading.tokens <= 1_000_000
        assert 0 <= reading.success <= 1


def test_a_record_of_another_time_is_a_skip() -> None:
    before, at_the_end = (
        entity(timestamp=at) for at in ("2025-12-31T23:59:59.999Z", "2026-01-02T00:00:00.000Z")
    )
    assert readings(Answers(page(before, at_the_end))) == [Skip.OUTSIDE, Skip.OUTSIDE]


def test_nan_in_one_record_hides_no_other() -> None:
    body = json.dumps(page(entity(aiLatency=float("nan")), ENTITY)).encode()
    assert b"NaN" in body
    assert readings(Answers(body)) == [Skip.NOT_A_NUMBER, RECORD]


@pytest.mark.parametrize("answer", [{}, {"nextPageUri": None}, {"entities": None}, page()])
def test_a_page_without_entities_is_empty(answer: object) -> None:
    assert readings(Answers(answer)) == []


@pytest.mark.parametrize(
    "answer", [{"data": []}, {"entities": 7}, [], b"<html>", b"\xff", b"[" * 100_000, b"7" * 5_000]
)
def test_what_is_no_page_is_an_error_and_no_empty_page(answer: object) -> None:
    with pytest.raises(Unavailable, match="no page"):
        readings(Answers(answer))


def test_a_query_is_asked_again_after_a_lost_answer() -> None:
    send = Answers(OutcomeUnknown("the connection broke"), page(ENTITY))
    assert readings(send) == [RECORD]


def test_a_page_that_fails_is_raised_where_it_comes() -> None:
    send = Answers(page(numbered(1), link=f"{QUERY}?cursor=2"), b"garbage")
    found = over(send).records(PROMPT, since=SINCE, until=UNTIL)
    assert isinstance(next(found), Record)
    with pytest.raises(Unavailable):
        next(found)


TOTALS: Final = {
    "promptId": PROMPT,
    "requestCount": 3,
    "avgLatencyMs": 10.5,
    "p95LatencyMs": 20,
    "tokensUsed": 90,
    "successRate": 0.5,
}


def test_reads_the_platforms_own_sums() -> None:
    send = Answers(TOTALS)
    found = over(send).totals(PROMPT, since=SINCE, until=UNTIL)
    assert found == Totals(requests=3, latency_ms=10.5, latency_p95_ms=20, tokens=90, success=0.5)
    assert send.requests[0].url == (
        f"{API}/api/v2/ai/llm/metrics?promptId={PROMPT}&dateFrom=2026-01-01T00%3A00%3A00.000Z"
        "&dateTo=2026-01-02T00%3A00%3A00.000Z"
    )


def test_zeros_of_no_request_are_no_means() -> None:
    send = Answers({**TOTALS, "requestCount": 0, "avgLatencyMs": 0, "successRate": 0})
    found = over(send).totals(PROMPT, since=SINCE, until=UNTIL)
    assert found == Totals(requests=0, latency_ms=None, latency_p95_ms=None, tokens=None, success=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"requestCount": None},
        {"requestCount": 1.5},
        {"successRate": 95},
        {"avgLatencyMs": "1"},
        {"promptId": "x"},
    ],
    ids=str,
)
def test_sums_that_cannot_be_are_an_error(changes: dict[str, object]) -> None:
    with pytest.raises(Unavailable):
        over(Answers({**TOTALS, **changes})).totals(PROMPT, since=SINCE, until=UNTIL)


@pytest.fixture
def spoiled() -> Callable[[str], Callable[[Request], Response]]:
    """The simulated platform, which has 9 conversations, with a fault on its next page."""

    def send(kind: str) -> Callable[[Request], Response]:
        clock, faults = FrozenClock(UNTIL), Faults()
        platform = Platform(clock=clock)
        platform.converse("order-status", 9, over=timedelta(hours=1))
        token = platform.send(
            Request(
                method="POST",
                url="/oauth/token",
                headers={"authorization": "Basic YTpi", "content-type": "application/x-www-form-urlencoded"},
                body=b"grant_type=client_credentials",
            )
        )
        bearer = f"Bearer {json.loads(token.body)['access_token']}"
        faults.next("POST", QUERY, kind)
        faulty = FaultySend(platform.send, faults, clock)

        def authorized(request: Request) -> Response:
            return faulty(
                Request(method=request.method, url=request.url, body=request.body,
                        headers={**request.headers, "authorization": bearer})
            )  # fmt: skip

        return authorized

    return send


@pytest.mark.parametrize(
    ("kind", "skip", "skipped"),
    [
        ("page-fields", Skip.MISSING, 3),
        ("page-nan", Skip.NOT_A_NUMBER, 3),
        ("page-repeated", Skip.REPEATED, 9),
    ],
)
def test_the_simulators_spoiled_pages_are_counted_skips(
    spoiled: Callable[[str], Callable[[Request], Response]], kind: str, skip: Skip, skipped: int
) -> None:
    assert readings(spoiled(kind)).count(skip) == skipped


@pytest.mark.parametrize("kind", ["page-elsewhere", "page-stuck"])
def test_the_simulators_spoiled_links_are_errors(
    spoiled: Callable[[str], Callable[[Request], Response]], kind: str
) -> None:
    with pytest.raises(Unavailable, match="link to the next page"):
        readings(spoiled(kind))
