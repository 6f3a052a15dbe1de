"""Measurements that cannot be counted are skips; pages and sums that cannot be are errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.pages import QUERY, read_record
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Faults, FaultySend, Platform
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.metrics import Record, Skip, Totals
from tests.unit.genesys.metrics.conftest import (
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
