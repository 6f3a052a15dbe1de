"""What an agent judged wrong is kept from its conversation, and from no other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import define, field

from jackfield.adapters.caching import MemoryCache
from jackfield.domain.model.advice.sifting import Rejection, Sieve
from jackfield.domain.model.errors import NotFound
from jackfield.domain.services.advice import Advice, Advised
from tests.unit.services.advice.conftest import HOUR, SECOND, Desk, query

DAY = 24 * HOUR


def ids(found: Advised) -> list[str]:
    """What is to be shown."""
    return [each.item.id for each in found.accepted]


def wrong(found: Advised) -> list[str | None]:
    """What was kept back as wrong."""
    return [each.id for each in found.rejected if each.reason is Rejection.WRONG]


def test_what_was_judged_wrong_is_rejected_in_its_conversation(advice: Advice) -> None:
    advice.feedback(advice.query(query()).accepted[0], agent="a-1", action="wrong", conversation="c-1")
    again = advice.query(query("and more"))
    assert (ids(again), wrong(again), again.accepted[0].position) == (["two"], ["one"], 1)
    assert again.rejected[0].reason.value == "judged-wrong"


@define(eq=False)
class Noting(MemoryCache):
    """Remembers in which order was written what."""

    written: list[str] = field(factory=list[str])

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.written.append(key.split()[1])
        MemoryCache.put(self, key, value, lifetime)


def test_that_it_was_judged_wrong_is_known_before_anybody_asks_anew(desk: Desk) -> None:
    cache = Noting(desk.clock)
    advice = desk.open(cache=cache)
    advice.query(query())
    cache.written.clear()
    advice.feedback("one", agent="a-1", action="wrong", conversation="c-1")
    assert (len(cache.written), cache.written[0]) == (2, "advice-shown")


def test_other_conversations_get_it_again(advice: Advice) -> None:
    advice.query(query(conversation="c-2"))
    advice.feedback("one", agent="a-1", action="wrong", conversation="c-1")
    found = advice.query(query(conversation="c-2"))
    assert (ids(found), found.origin) == (["one", "two"], "fresh")


def test_a_process_that_has_an_answer_in_memory_hears_of_it_within_a_second(
    desk: Desk, advice: Advice
) -> None:
    advice.query(query())
    desk.open().feedback("one", agent="a-1", action="wrong", conversation="c-1")
    desk.clock.advance(SECOND)
    found = advice.query(query())
    assert (ids(found), wrong(found)) == (["two"], ["one"])


def test_a_process_that_has_no_answer_hears_of_it_at_once(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.open().feedback("one", agent="a-1", action="wrong", conversation="c-1")
    assert ids(advice.query(query("and more"))) == ["two"]


def test_an_answer_that_others_keep_and_that_holds_it_is_sifted_again(desk: Desk, advice: Advice) -> None:
    other = desk.open()
    other.query(query())
    advice.hearing.shown.judge("c-1", ["one"])
    found = advice.query(query())
    assert (found.origin, ids(found), wrong(found)) == ("cached", ["two"], ["one"])


def test_what_there_was_too_much_of_takes_its_place(desk: Desk, advice: Advice) -> None:
    sieve = Sieve(wanted=1)
    assert ids(advice.query(query(), sieve=sieve)) == ["one"]
    advice.hearing.shown.judge("c-1", ["one"])
    assert ids(advice.query(query(), sieve=sieve)) == ["two"]


def test_pages_are_followed_for_enough_that_nobody_judged(desk: Desk, advice: Advice) -> None:
    desk.gateway.page_size = 1
    advice.feedback("one", agent="a-1", action="wrong", conversation="c-1")
    assert ids(advice.query(query(), sieve=Sieve(wanted=1))) == ["two"]


def test_after_a_day_it_is_forgotten(desk: Desk, advice: Advice) -> None:
    advice.feedback("one", agent="a-1", action="wrong", conversation="c-1")
    desk.clock.advance(DAY)
    desk.gateway.items = [desk.item("one"), desk.item("two", 0.9)]
    assert ids(desk.open().query(query())) == ["one", "two"]


def test_an_unknown_knowledge_base_is_no_error_of_the_platform(desk: Desk, advice: Advice) -> None:
    desk.gateway.failure = NotFound("there is no such knowledge base", place="bases")
    with pytest.raises(NotFound):
        advice.query(query(bases=["kb-nowhere"]))
    assert desk.counted("agentassist_recommendation_latency") == []
    assert desk.counted("jackfield.advice.queries") == [({"from": "refused"}, 1)]
    assert desk.counted("jackfield.advice.upstream") == [({"outcome": "refused"}, 1)]
