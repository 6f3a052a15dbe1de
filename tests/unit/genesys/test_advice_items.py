"""Recommendations on the wire: what of each is believed, and what is told of the others."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.advice import GenesysAdvice
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Response
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.errors import JackfieldError
from jackfield.ports.advice import Recommended, Unusable
from tests.proofs.sizes import sized
from tests.unit.genesys.advising import ANYWHERE, ENDS, ITEM, QUERY, item, page, recommended, without
from tests.unit.genesys.answering import answers, client, odd

READ: Final = Item(
    id="rec-1",
    title="Refunds",
    content="Look at the bank.",
    relevance=0.92,
    published=datetime(2026, 1, 1, 8, tzinfo=UTC),
    source="kb-billing",
)


@pytest.mark.parametrize("score", [0, 0.0, 1, 1.0, 0.92])
def test_reads_a_recommendation(score: float) -> None:
    (found,) = recommended(answers(page(item(relevanceScore=score))))
    assert isinstance(found, Item)
    assert (found.relevance, type(found.relevance)) == (score, float)
    assert recommended(answers(page(ITEM))) == [READ]


def test_fields_that_are_not_known_are_nothing() -> None:
    assert recommended(answers(page(item(more={"x": 1}), total=7))) == [READ]


@pytest.mark.parametrize(
    "text", ["<p onclick='x()'>Look &amp; see</p>", "\u0000", "Grüße\u2028👩‍🚀", "x" * 100_000]
)
def test_a_text_is_handed_on_as_it_is(text: str) -> None:
    (found,) = recommended(answers(page(item(title=text, content=text))))
    assert isinstance(found, Item)
    assert (found.title, found.content) == (text, text)


@pytest.mark.parametrize(
    ("told", "id_", "why"),
    [
        ("canary", None, "id"),
        (None, None, "id"),
        ([], None, "id"),
        ({}, None, "id"),
        (item(id=7), None, "id"),
        (item(id=""), None, "id"),
        (item(id="canary\n"), None, "id"),
        (item(title=None), "rec-1", "title"),
        (item(title=" "), "rec-1", "title"),
        (item(content=None), "rec-1", "content"),
        (item(content=["canary"]), "rec-1", "content"),
        (without("content"), "rec-1", "content"),
        (item(relevanceScore=1.7), "rec-1", "relevanceScore"),
        (item(relevanceScore=-0.1), "rec-1", "relevanceScore"),
        (item(relevanceScore=10**400), "rec-1", "relevanceScore"),
        (item(relevanceScore="canary"), "rec-1", "relevanceScore"),
        (item(relevanceScore="0.9"), "rec-1", "relevanceScore"),
        (item(relevanceScore=True), "rec-1", "relevanceScore"),
        (item(relevanceScore=None), "rec-1", "relevanceScore"),
        (item(publishedDate="2026-01-01T10:00:00"), "rec-1", "publishedDate"),
        (item(publishedDate="2026-13-01T10:00:00Z"), "rec-1", "publishedDate"),
        (item(publishedDate="0001-01-01T00:00:00+14:00"), "rec-1", "publishedDate"),
        (item(publishedDate="canary"), "rec-1", "publishedDate"),
        (item(publishedDate=1_767_225_600), "rec-1", "publishedDate"),
        (without("publishedDate"), "rec-1", "publishedDate"),
        (item(sourceId=None), "rec-1", "sourceId"),
        (item(sourceId="kb-orders"), "rec-1", "sourceId"),
    ],
)
def test_what_cannot_be_one_is_told_of_and_spoils_nothing(told: object, id_: str | None, why: str) -> None:
    body = b'{"items":[' + dumped(told) + b"," + dumped(item(2)) + b"]}"
    unusable, good = recommended(answers(Response(status=200, body=body)))
    assert isinstance(unusable, Unusable)
    assert (unusable.id, why in unusable.why, "canary" in unusable.why) == (id_, True, False)
    assert good.id == "rec-2"


def dumped(value: object) -> bytes:
    """Orjson writes no number of 400 digits."""
    return json.dumps(value).encode()


@pytest.mark.parametrize("odd_text", [b'"canary \\ud83d"', b"NaN", b"Infinity"])
def test_what_is_no_json_spoils_no_other_one(odd_text: bytes) -> None:
    body = orjson.dumps(page(item(1, content="X", relevanceScore=0.5), item(2)))
    field = b'"X"' if odd_text.startswith(b'"') else b"0.5"
    unusable, good = recommended(answers(Response(status=200, body=body.replace(field, odd_text))))
    assert (type(unusable), type(good)) == (Unusable, Item)


def test_dates_far_ahead_and_far_back_are_dates() -> None:
    dates = ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
    found = recommended(answers(page(*(item(publishedDate=each) for each in dates))))
    assert [each.published.year for each in found if isinstance(each, Item)] == [9999, 1]


def test_any_base_may_answer_what_is_asked_everywhere() -> None:
    (found,) = recommended(answers(page(item(sourceId="kb-orders"))), ANYWHERE)
    assert isinstance(found, Item)


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice, clock = random.Random(20260704), FrozenClock()
    bodies: tuple[Any, ...] = (
        *[page(item(1), item(2))] * 9,
        page(item(3), nextPageToken="t-1"),
        {"code": "x"},
    )
    advice = GenesysAdvice(client(lambda _: odd(dice, *bodies), clock, CallRules(retries=0)))
    times, errors, found = sized(1_500, full=10_000), 0, list[Recommended]()
    for _ in range(times):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            for each in advice.recommend(QUERY, wanted=5, ends=clock.monotonic() + ENDS):
                found.extend(each)
        except JackfieldError:
            errors += 1
    usable = [each for each in found if isinstance(each, Item)]
    with capsys.disabled():
        print(f"\n{times} odd answers: {errors} refused, {len(usable)} of {len(found)} items usable")
    assert 0 < errors < times
    assert 0 < len(usable) < len(found)
    assert all("\ud800" not in f"{each.title}{each.content}" for each in usable)
