"""Giving an answer from memory once more, and when that is not done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest

from jackfield.domain.model.advice.records import advice_records
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Origin
from jackfield.domain.services.advice.querying.answering import Repeatable
from tests.unit.services.advice.conftest import HOUR, MINUTE, SECOND, Desk, query


def repeatable(advice: Advice, **fields: Any) -> Repeatable:
    found = advice.querying.repeatable(advice.query(query(**fields)))
    assert found is not None
    return found


def test_it_is_told_and_counted_like_any_answer(desk: Desk, advice: Advice) -> None:
    one = repeatable(advice)
    desk.clock.advance(SECOND)
    assert advice.querying.again(one) == 1
    asked = advice.query(query())
    payloads: list[Any] = [entry.event.payload for entry in desk.told("advice.delivered")]
    first, again, usual = [each for payload in payloads for each in payload["deliveries"]]
    assert (first["origin"], usual["id"]) == ("fresh", asked.id)
    assert {**again, "id": usual["id"]} == usual
    assert len({first["id"], again["id"], usual["id"]}) == 3
    records = [record for entry in desk.told("advice.delivered") for record in advice_records(entry)]
    assert [each["recommendations"] for each in records] == [records[0]["recommendations"]] * 3
    assert desk.counted("jackfield.advice.queries")[1:] == [({"from": "memory"}, 1)] * 2


_AFTER: dict[str, Callable[[Desk, Advice], object]] = {
    "its time is over": lambda desk, _: desk.clock.advance(2 * MINUTE),
    "an item got too old": lambda desk, _: desk.clock.step(168 * HOUR),
    "its base was dropped": lambda _, own: own.forget(base="kb-billing"),
    "an item was called wrong": lambda _, own: own.feedback("one", agent="a-2", action="wrong"),
    "an item was judged wrong in the conversation": lambda _, own: own.hearing.shown.judge("c-1", ["one"]),
    "it was displayed": lambda _, own: own.displayed(own.query(query())),
    "memory was cleared": lambda _, own: own.hearing.answers.clear(),
    "the newest state of others is unknown": lambda desk, _: desk.clock.advance(11 * SECOND),
}


@pytest.mark.parametrize("after", _AFTER.values(), ids=_AFTER)
def test_it_is_not_given_again_where(
    desk: Desk, advice: Advice, after: Callable[[Desk, Advice], object]
) -> None:
    one = repeatable(advice)
    after(desk, advice)
    told = len(desk.told("advice.delivered"))
    assert advice.querying.again(one) is None
    assert len(desk.told("advice.delivered")) == told


def test_it_is_not_given_again_where_another_process_dropped_it(desk: Desk, advice: Advice) -> None:
    one = repeatable(advice)
    desk.open().forget(base="kb-billing")
    desk.clock.advance(SECOND)
    assert advice.querying.again(one) is None


def test_it_is_not_given_again_where_it_is_to_be_asked_for_anew(desk: Desk) -> None:
    advice = desk.open(revalidate=MINUTE)
    one = repeatable(advice)
    assert advice.querying.again(one) == 0
    desk.clock.advance(MINUTE)
    assert advice.querying.again(one) is None


def test_it_is_not_given_again_by_whoever_did_not_keep_it(desk: Desk, advice: Advice) -> None:
    one = repeatable(advice)
    other = desk.open(Organization("other"))
    other.query(query())
    assert other.querying.again(one) is None


def test_it_is_not_given_again_once_there_is_a_newer_one(desk: Desk, advice: Advice) -> None:
    one = repeatable(advice)
    desk.clock.advance(3 * MINUTE)
    assert advice.query(query()).origin is Origin.FRESH
    assert advice.querying.again(one) is None


def test_it_keeps_nothing_of_an_answer_that_memory_let_go_of(advice: Advice) -> None:
    one = repeatable(advice)
    kept = ref(advice.hearing.answers.known(one.key))
    assert kept() is not None
    advice.hearing.answers.clear()
    assert kept() is None


def test_it_is_refused_once_advice_is_closed(advice: Advice) -> None:
    one = repeatable(advice)
    advice.close()
    with pytest.raises(Unavailable, match="closed"):
        advice.querying.again(one)


def test_what_is_empty_or_marked_is_never_repeatable(desk: Desk, advice: Advice) -> None:
    found = advice.query(query())
    advice.displayed(found)
    assert advice.querying.repeatable(advice.query(query())) is None
    desk.gateway.items = []
    assert advice.querying.repeatable(advice.query(query("something else"))) is None
