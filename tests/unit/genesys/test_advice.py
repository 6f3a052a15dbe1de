"""Advice on the wire: what is asked, which token is followed, and what is refused."""

from __future__ import annotations

from itertools import count, islice
from typing import Any

import orjson
import pytest

from jackfield.adapters.genesys.advice import GenesysAdvice
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    NotFound,
    PlatformRejected,
    Unavailable,
)
from tests.unit.genesys.advising import ANYWHERE, ENDS, ITEM, PATH, QUERY, ids, item, page, recommended
from tests.unit.genesys.answering import answers, client, lost, refused


def test_asks_what_the_contract_says_to_the_byte() -> None:
    send = answers(page())
    assert recommended(send) == []
    assert send.asked == [("POST", PATH)]
    assert send.bodies == [
        '{"interactionContext":{"conversationId":"conv-1","transcript":"canary: Grüße <b>","channel":"chat"},'
        '"agentProfile":{"agentId":"agent-1","skills":["billing","french"]},'
        '"knowledgeBaseIds":["kb-billing","kb-security"]}'.encode()
    ]


def test_asks_everywhere_by_an_empty_list() -> None:
    send = answers(page())
    recommended(send, ANYWHERE)
    assert orjson.loads(send.bodies[0] or b"")["knowledgeBaseIds"] == []


@pytest.mark.parametrize("end", [{}, {"nextPageToken": None}, {"nextPageToken": ""}])
def test_follows_the_tokens_to_the_end(end: dict[str, Any]) -> None:
    send = answers(page(item(1), nextPageToken="t/1 &"), page(nextPageToken="t-2"), page(item(3), **end))
    assert ids(recommended(send)) == ["rec-1", "rec-3"]
    assert [where for _, where in send.asked] == [
        PATH,
        f"{PATH}?pageToken=t%2F1+%26",
        f"{PATH}?pageToken=t-2",
    ]
    assert len({*send.bodies}) == 1


def test_asks_for_a_page_only_when_it_is_wanted() -> None:
    send = answers(page(item(1), nextPageToken="t-1"), page(item(2)))
    pages = GenesysAdvice(client(send)).recommend(QUERY, wanted=1, ends=ENDS)
    assert send.requests == []
    assert ids([each for page in islice(pages, 1) for each in page]) == ["rec-1"]
    assert len(send.requests) == 1


@pytest.mark.parametrize("tokens", [("t-1", "t-1"), ("t-1", "t-2", "t-1")])
def test_a_token_that_does_not_advance_is_an_error(tokens: tuple[str, ...]) -> None:
    with pytest.raises(Unavailable, match="does not advance"):
        recommended(answers(*(page(item(n), nextPageToken=token) for n, token in enumerate(tokens))))


def test_pages_that_do_not_end_are_an_error() -> None:
    numbers = count()

    def endless(_request: Request) -> Response:
        body = orjson.dumps(page(ITEM, nextPageToken=f"t-{next(numbers)}"))
        return Response(status=200, body=body)

    with pytest.raises(Unavailable, match="do not end"):
        recommended(endless)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"canary",
        b"<!DOCTYPE html><html><body>canary</body></html>",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 99_999,
        b'{"items":{}}',
        b'{"items":"canary"}',
        b'{"entities":[]}',
        b'{"items":[],"nextPageToken":5}',
        b'{"items":[],"nextPageToken":"canary\\n"}',
        b'{"items":[],"nextPageToken":"' + b"x" * 9_000 + b'"}',
    ],
)
def test_a_page_that_is_none_is_an_error(body: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        recommended(answers(Response(status=200, headers={"content-type": "text/html"}, body=body)))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("body", [b"{}", b'{"items":null}', b'{"items":[]}'])
def test_a_page_may_recommend_nothing(body: bytes) -> None:
    assert recommended(answers(Response(status=200, body=body))) == []


def test_an_error_comes_behind_the_page_before_it() -> None:
    send = answers(page(item(1), nextPageToken="t-1"), refused(400, "constraint.validation"))
    pages = GenesysAdvice(client(send)).recommend(QUERY, wanted=5, ends=ENDS)
    assert len(next(pages)) == 1
    with pytest.raises(PlatformRejected):
        next(pages)


@pytest.mark.parametrize("trouble", [lost(), refused(503), refused(429)])
def test_asks_again_for_it_changes_nothing(trouble: object) -> None:
    send = answers(page(item(1), nextPageToken="t-1"), trouble, page(item(2)))
    assert ids(recommended(send)) == ["rec-1", "rec-2"]


@pytest.mark.parametrize(
    ("bases", "message"),
    [
        (["kb-1"], "there is no knowledge base 'kb-1'"),
        (["kb-1", "kb-2"], "one of the knowledge bases 'kb-1', 'kb-2' is not there"),
        ([f"kb-{n}" for n in range(7)], "'kb-4', … is not there"),
        (["x" * 500], f"there is no knowledge base '{'x' * 80}'"),
    ],
)
def test_an_unknown_knowledge_base_is_named(bases: list[str], message: str) -> None:
    query = AdviceQuery(conversation="c", transcript="canary", agent="a", bases=bases)
    with pytest.raises(NotFound) as caught:
        recommended(answers(refused(404, "not.found")), query)
    assert message in caught.value.message
    assert caught.value.attempts


def test_where_no_base_was_named_none_is_missed() -> None:
    with pytest.raises(NotFound, match="the platform has nothing there"):
        recommended(answers(refused(404, "not.found")), ANYWHERE)


@pytest.mark.parametrize(
    "answer", [lost(), refused(500), refused(400, "field.length", "canary"), refused(404)]
)
def test_no_error_repeats_what_was_said(answer: object) -> None:
    query = AdviceQuery(conversation="c", transcript="secret words", agent="a", bases=["kb"])
    with pytest.raises(JackfieldError) as caught:
        recommended(answers(answer), query)
    assert "secret" not in f"{caught.value}{caught.value.attempts}"


def test_a_text_that_utf8_cannot_carry_is_not_sent() -> None:
    send = answers(page())
    with pytest.raises(InvalidInput):
        recommended(send, AdviceQuery(conversation="c", transcript="\ud800", agent="a"))
    assert send.requests == []


def test_advice_has_a_breaker_of_its_own() -> None:
    target = client(answers(page()))
    list(GenesysAdvice(target).recommend(QUERY, wanted=5, ends=ENDS))
    assert [each.operation for each in target.breakers()] == ["advice.query"]
