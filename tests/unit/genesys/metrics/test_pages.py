"""Measurements: what is asked for, page by page, and what is read."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.adapters.genesys.pages import QUERY
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.domain.model.metrics import Record, Skip, Totals
from tests.unit.genesys.metrics.conftest import (
    API,
    ENTITY,
    PROMPT,
    RECORD,
    SINCE,
    TOTALS,
    UNTIL,
    Answers,
    entity,
    over,
    page,
    readings,
)


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


def test_a_query_is_asked_again_after_a_lost_answer() -> None:
    send = Answers(OutcomeUnknown("the connection broke"), page(ENTITY))
    assert readings(send) == [RECORD]


def test_a_page_that_fails_is_raised_where_it_comes() -> None:
    send = Answers(page(numbered(1), link=f"{QUERY}?cursor=2"), b"garbage")
    found = over(send).records(PROMPT, since=SINCE, until=UNTIL)
    assert isinstance(next(found), Record)
    with pytest.raises(Unavailable):
        next(found)


def test_reads_the_platforms_own_sums() -> None:
    send = Answers(TOTALS)
    found = over(send).totals(PROMPT, since=SINCE, until=UNTIL)
    assert found == Totals(requests=3, latency_ms=10.5, latency_p95_ms=20, tokens=90, success=0.5)
    assert send.requests[0].url == (
        f"{API}/api/v2/ai/llm/metrics?promptId={PROMPT}&dateFrom=2026-01-01T00%3A00%3A00.000Z"
        "&dateTo=2026-01-02T00%3A00%3A00.000Z"
    )
