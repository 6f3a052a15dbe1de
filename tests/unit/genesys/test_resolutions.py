"""Resolutions on the wire: what is asked, which token is followed, and what is not counted."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resolutions import GenesysResolutions
from jackfield.adapters.http import Response, Send
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.resolutions import Resolved, Row, Unread
from tests.proofs.sizes import sized
from tests.unit.genesys.answering import answers, client, lost, odd, refused

SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL: Final = SINCE + timedelta(hours=24)
QUERY: Final = ("POST", "/api/v2/analytics/conversations/details/query")
ROW: Final = {
    "conversationId": "c-1",
    "startTime": "2026-01-01T10:00:00.250Z",
    "endTime": "2026-01-01T10:05:00.000Z",
    "resolutionStatus": "resolved",
    "duration": 299_750,
}
BEGAN: Final = datetime(2026, 1, 1, 10, 0, 0, 250_000, tzinfo=UTC)
LENGTH: Final = timedelta(milliseconds=299_750)


def row(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {**ROW, "conversationId": f"c-{number}", **fields}


def page(*rows: Any, token: object = None) -> dict[str, Any]:
    return {"data": rows, "nextPageToken": token}


def rows(send: Send) -> list[Row]:
    return list(GenesysResolutions(client(send)).ended(since=SINCE, until=UNTIL))


def ids(found: list[Row]) -> list[str | None]:
    return [each.conversation for each in found if isinstance(each, Resolved)]


def test_asks_what_the_contract_says_to_the_byte() -> None:
    send = answers(page())
    found = GenesysResolutions(client(send)).ended(
        since=SINCE, until=UNTIL, conversation=ConversationId("c-1"), bot="bot-1"
    )
    assert list(found) == []
    assert send.asked == [QUERY]
    assert send.bodies == [
        b'{"dateFrom":"2026-01-01T00:00:00.000Z","dateTo":"2026-01-02T00:00:00.000Z","filter":['
        b'{"dimension":"conversationId","operator":"equals","value":"c-1"},'
        b'{"dimension":"botId","operator":"equals","value":"bot-1"}],'
        b'"select":["conversationId","startTime","endTime","resolutionStatus","duration"]}'
    ]


def test_asks_for_all_by_an_empty_filter() -> None:
    send = answers(page())
    rows(send)
    assert b'"filter":[],' in (send.bodies[0] or b"")


def test_reads_a_row() -> None:
    assert rows(answers(page(ROW))) == [
        Resolved(
            conversation=ConversationId("c-1"),
            started=BEGAN,
            ended=BEGAN + LENGTH,
            duration=LENGTH,
            resolution=Resolution.RESOLVED,
        )
    ]


@pytest.mark.parametrize("duration", [None, 299_750, 299_750.0])
def test_a_duration_that_is_not_told_is_that_between_the_times(duration: object) -> None:
    (found,) = rows(answers(page(row(duration=duration))))
    assert isinstance(found, Resolved)
    assert found.duration == LENGTH


def test_a_resolution_that_is_not_told_is_none() -> None:
    (found,) = rows(answers(page(row(resolutionStatus=None))))
    assert isinstance(found, Resolved)
    assert found.resolution is None


def test_what_goes_on_is_not_told_of() -> None:
    assert rows(answers(page(row(endTime=None, resolutionStatus=None, duration=None)))) == []


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ROW.items() if key != name}


@pytest.mark.parametrize(
    ("odd_row", "why"),
    [
        ("canary", "conversationId"),
        ({}, "conversationId"),
        (row(conversationId="canary\n"), "conversationId"),
        (row(startTime="canary"), "startTime"),
        (row(startTime="2026-01-01T10:00:00"), "startTime"),
        (without("startTime"), "startTime"),
        (without("endTime"), "endTime"),
        (row(endTime=5), "endTime"),
        (row(endTime="2026-01-01T09:59:59.000Z"), "endTime"),
        (row(duration=-1), "duration"),
        (row(duration="canary"), "duration"),
        (row(duration=True), "duration"),
        (row(duration=1e300), "duration"),
        (row(resolutionStatus="canary"), "resolutionStatus"),
        (row(resolutionStatus=["canary"]), "resolutionStatus"),
        (row(startTime="2025-12-31T23:59:59.999Z"), "outside"),
        (row(startTime="2026-01-02T00:00:00.000Z", endTime="2026-01-02T00:00:00.000Z"), "outside"),
    ],
)
def test_an_odd_row_is_told_of_and_spoils_nothing(odd_row: object, why: str) -> None:
    unread, good = rows(answers(page(odd_row, row(2))))
    assert isinstance(unread, Unread)
    assert why in unread.why
    assert "canary" not in unread.why
    assert good.conversation == "c-2"


def test_a_number_that_is_none_spoils_no_other_row() -> None:
    body = orjson.dumps(page(row(1, duration=7), row(2))).replace(b":7", b":NaN")
    unread, good = rows(answers(Response(status=200, body=body)))
    assert (type(unread), type(good)) == (Unread, Resolved)


def test_another_conversation_than_was_asked_for_is_not_counted() -> None:
    found = GenesysResolutions(client(answers(page(row(1), row(2))))).ended(
        since=SINCE, until=UNTIL, conversation=ConversationId("c-2")
    )
    assert [type(each) for each in found] == [Unread, Resolved]


@pytest.mark.parametrize("end", [None, ""])
def test_follows_the_tokens_to_the_end(end: object) -> None:
    send = answers(page(row(1), token="t-1"), page(token="t-2"), page(row(3), token=end))
    assert ids(rows(send)) == ["c-1", "c-3"]
    said = [orjson.loads(body or b"") for body in send.bodies]
    assert [each.pop("pageToken", None) for each in said] == [None, "t-1", "t-2"]
    assert said[0] == said[1] == said[2]


def test_a_conversation_that_comes_twice_counts_once() -> None:
    found = rows(answers(page(row(1), row(1), token="t-1"), page(row(2), row(1))))
    assert ids(found) == ["c-1", "c-2"]
    assert [each.why for each in found if isinstance(each, Unread)] == ["it came before"] * 2


@pytest.mark.parametrize("tokens", [("t-1", "t-1"), ("t-1", "t-2", "t-1")])
def test_a_token_that_does_not_advance_is_an_error(tokens: tuple[str, ...]) -> None:
    with pytest.raises(Unavailable, match="does not advance"):
        rows(answers(*(page(row(n), token=token) for n, token in enumerate(tokens))))


@pytest.mark.parametrize(
    "answer", [page(token=5), page(token="canary\n"), page(token="x" * 9_000), {"data": {}}, {"rows": []}, []]
)
def test_a_page_that_is_none_is_an_error(answer: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        rows(answers(answer))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("trouble", [lost(), refused(503)])
def test_a_page_is_asked_for_again(trouble: object) -> None:
    assert ids(rows(answers(page(row(1), token="t-1"), trouble, page(row(2))))) == ["c-1", "c-2"]


def test_an_error_comes_behind_the_rows_before_it() -> None:
    found = iter(rows_of(page(row(1), token="t-1"), refused(400, "constraint.validation")))
    assert next(found).conversation == "c-1"
    with pytest.raises(JackfieldError):
        next(found)


def rows_of(*given: object) -> Any:
    return GenesysResolutions(client(answers(*given))).ended(since=SINCE, until=UNTIL)


def test_asks_for_a_page_only_when_it_is_wanted() -> None:
    send = answers(page(row(1), token="t-1"), page(row(2)))
    found = GenesysResolutions(client(send)).ended(since=SINCE, until=UNTIL)
    assert [each.conversation for each in islice(found, 1)] == ["c-1"]
    assert len(send.requests) == 1


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice, clock = random.Random(20260605), FrozenClock()
    bodies: tuple[Any, ...] = (*[page(row(1), row(2))] * 9, page(row(3), token="t-1"), {"code": "x"})
    resolutions = GenesysResolutions(client(lambda _: odd(dice, *bodies), clock, CallRules(retries=0)))
    count, errors, told = sized(1_500, full=10_000), 0, 0
    for _ in range(count):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            told += len(list(resolutions.ended(since=SINCE, until=UNTIL)))
        except JackfieldError:
            errors += 1
    with capsys.disabled():
        print(f"\n{count} odd answers: {errors} refused, {told} rows, none escaped")
    assert 0 < errors < count
