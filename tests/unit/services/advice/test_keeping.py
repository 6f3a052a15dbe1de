"""How long an answer holds, and what drops it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.caching import MemoryCache
from jackfield.domain.model.advice.feedback import Action
from jackfield.domain.model.advice.sifting import Rejection, Sieve
from jackfield.domain.model.errors import (
    BreakerOpen,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    PlatformRejected,
    QueueFull,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Origin
from tests.unit.services.advice.conftest import HOUR, MINUTE, SECOND, Desk, query

DAY = timedelta(days=1)


def test_an_answer_holds_two_minutes_and_no_hit_makes_it_longer(desk: Desk, advice: Advice) -> None:
    origins = list[Origin]()
    for _ in range(5):
        origins.append(advice.query(query()).origin)
        desk.clock.advance(40 * SECOND)
    assert (origins, len(desk.gateway.asked)) == (
        [Origin.FRESH, Origin.CACHED, Origin.CACHED, Origin.FRESH, Origin.CACHED],
        2,
    )


def test_nothing_holds_fifteen_seconds(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = []
    first, again = advice.query(query()), advice.query(query())
    desk.clock.advance(15 * SECOND)
    assert [each.origin for each in (first, again, advice.query(query()))] == [
        Origin.FRESH,
        Origin.CACHED,
        Origin.FRESH,
    ]


def test_an_answer_never_outlives_its_items(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item("ages", age=7 * DAY - MINUTE), desk.item("young")]
    advice.query(query())
    desk.clock.advance(61 * SECOND)
    found = advice.query(query())
    assert (found.origin, [each.item.id for each in found.accepted]) == (Origin.FRESH, ["young"])


def test_an_answer_does_not_outlive_its_items_where_the_clock_was_set_on(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item("ages", age=6 * DAY)]
    advice.query(query())
    desk.clock.step(2 * DAY)
    assert advice.query(query()).accepted == ()


TROUBLE: list[JackfieldError] = [
    Unavailable("down"),
    BreakerOpen("open"),
    QueueFull("full"),
    RateLimited("429"),
    OutcomeUnknown("lost"),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda each: type(each).__name__)
def test_an_older_answer_is_given_while_the_platform_fails_and_is_called_stale(
    desk: Desk, advice: Advice, trouble: JackfieldError
) -> None:
    advice.query(query())
    desk.clock.advance(10 * MINUTE)
    desk.gateway.failure = trouble
    found = advice.query(query())
    assert (found.origin, found.age, len(found.accepted)) == (Origin.STALE, 10 * MINUTE, 2)


def test_one_older_than_ten_minutes_is_not_given(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(10 * MINUTE + SECOND)
    desk.gateway.failure = Unavailable("down")
    with pytest.raises(Unavailable, match="down"):
        advice.query(query())


def test_a_stale_answer_has_no_item_that_is_too_old(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item("ages", age=7 * DAY - 3 * MINUTE), desk.item("young")]
    advice.query(query())
    desk.clock.advance(5 * MINUTE)
    desk.gateway.failure = Unavailable("down")
    found = advice.query(query())
    assert [each.item.id for each in found.accepted] == ["young"]
    assert [(each.id, each.reason) for each in found.rejected] == [("ages", Rejection.AGE)]


def test_nothing_is_not_given_as_a_stale_answer(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = []
    advice.query(query())
    desk.clock.advance(MINUTE)
    desk.gateway.failure = Unavailable("down")
    with pytest.raises(Unavailable, match="down"):
        advice.query(query())


@pytest.mark.parametrize(
    "answer",
    [PermissionDenied("no"), NotFound("gone"), PlatformRejected("400")],
    ids=lambda e: type(e).__name__,
)
def test_a_refusal_is_an_answer_and_nothing_stale_takes_its_place(
    desk: Desk, advice: Advice, answer: JackfieldError
) -> None:
    advice.query(query())
    desk.clock.advance(5 * MINUTE)
    desk.gateway.failure = answer
    with pytest.raises(type(answer)):
        advice.query(query())


def test_a_base_that_is_gone_leaves_nothing(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(5 * MINUTE)
    desk.gateway.next = [NotFound("gone"), Unavailable("down")]
    with pytest.raises(NotFound):
        advice.query(query())
    with pytest.raises(Unavailable):
        advice.query(query())


@pytest.mark.parametrize(
    "other",
    [
        query("I want my money back!"),
        query(conversation="c-2"),
        query(agent="a-2"),
        query(channel="voice"),
        query(skills=["billing"]),
        query(bases=["kb-billing"]),
    ],
)
def test_another_question_has_another_answer(desk: Desk, advice: Advice, other: object) -> None:
    advice.query(query())
    assert advice.query(other).origin is Origin.FRESH  # type: ignore[arg-type]  # it is a query


def test_other_thresholds_are_another_question(advice: Advice) -> None:
    advice.query(query())
    assert advice.query(query(), sieve=Sieve(wanted=4)).origin is Origin.FRESH


def test_the_order_of_skills_and_bases_is_nothing(advice: Advice) -> None:
    advice.query(query(skills=["a", "b"], bases=["kb-billing", "x"]))
    assert advice.query(query(skills=["b", "a"], bases=["x", "kb-billing"])).origin is Origin.CACHED


def test_another_process_takes_it_from_the_shared_cache(desk: Desk, advice: Advice) -> None:
    first = advice.query(query())
    desk.clock.advance(MINUTE)
    found = desk.open().query(query())
    assert (found.origin, found.age, found.accepted) == (Origin.CACHED, MINUTE, first.accepted)
    assert len(desk.gateway.asked) == 1


def test_a_process_that_took_it_does_not_make_it_hold_longer(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    other = desk.open()
    desk.clock.advance(119 * SECOND)
    before = other.query(query()).origin
    desk.clock.advance(SECOND)
    assert (before, other.query(query()).origin) == (Origin.CACHED, Origin.FRESH)


def test_organizations_share_nothing(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    assert desk.open(Organization("globex")).query(query()).origin is Origin.FRESH


def test_wrong_drops_every_answer_that_holds_it_everywhere(desk: Desk, advice: Advice) -> None:
    other = desk.open()
    desk.gateway.answers[query("hats")] = [desk.item("hat")]
    for each in (query(), query("more"), query("hats")):
        other.query(each)
    advice.feedback("one", agent="a-1", action=Action.WRONG)
    desk.clock.advance(SECOND)
    origins = [other.query(each).origin for each in (query(), query("more"), query("hats"))]
    assert origins == [Origin.FRESH, Origin.FRESH, Origin.CACHED]


def test_what_was_dropped_is_not_given_as_stale_either(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    advice.feedback("two", agent="a-1", action="wrong")
    desk.gateway.failure = Unavailable("down")
    with pytest.raises(Unavailable, match="down"):
        advice.query(query())
    with pytest.raises(Unavailable, match="down"):
        desk.open().query(query())


def test_forgetting_a_base_drops_what_depends_on_it(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item("one"), desk.item("two", source="kb-other")]
    asked = [query(), query(bases=["kb-billing"]), query(bases=["kb-other"])]
    for each in asked:
        advice.query(each)
    advice.forget(base="kb-billing")
    assert [advice.query(each).origin for each in asked] == [Origin.FRESH, Origin.FRESH, Origin.CACHED]


def test_what_was_asked_before_it_was_dropped_is_not_kept(desk: Desk, advice: Advice) -> None:
    desk.gateway.hold()
    future = advice.query_async(query())
    desk.gateway.wait_until_asked()
    advice.forget(base="kb-billing")
    desk.gateway.let_go()
    assert future.result(20).origin is Origin.FRESH
    desk.clock.advance(SECOND)
    assert advice.query(query()).origin is Origin.FRESH


def test_what_two_processes_drop_is_told_to_a_third(desk: Desk) -> None:
    desk.gateway.answers[query("hats")] = [desk.item("hat")]
    one, other, third = desk.open(), desk.open(), desk.open()
    third.query(query())
    third.query(query("hats"))
    one.feedback("one", agent="a", action="wrong")
    other.feedback("hat", agent="a", action="wrong")
    desk.clock.advance(SECOND)
    assert [third.query(each).origin for each in (query(), query("hats"))] == [Origin.FRESH, Origin.FRESH]


def test_behind_the_agents_back_an_answer_is_asked_for_anew(desk: Desk) -> None:
    advice = desk.open(revalidate=MINUTE)
    advice.query(query())
    desk.clock.advance(90 * SECOND)
    desk.gateway.items = [desk.item("newer")]
    old = advice.query(query())
    desk.gateway.wait_until_asked(2)
    advice.querying.crew.close()
    desk.clock.advance(MINUTE)
    new = advice.query(query())
    assert [(each.origin, each.accepted[0].item.id) for each in (old, new)] == [
        (Origin.CACHED, "one"),
        (Origin.CACHED, "newer"),
    ]


def test_where_asking_anew_fails_the_answer_holds_as_long_as_it_did(desk: Desk) -> None:
    advice = desk.open(revalidate=MINUTE)
    advice.query(query())
    desk.clock.advance(90 * SECOND)
    desk.gateway.failure = Unavailable("down")
    advice.query(query())
    desk.gateway.wait_until_asked(2)
    assert advice.query(query()).origin is Origin.CACHED


def test_nobody_asks_anew_unless_it_is_wanted(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(119 * SECOND)
    advice.query(query())
    advice.querying.crew.close()
    assert len(desk.gateway.asked) == 1


def test_memory_is_bounded_by_entries_and_bytes(desk: Desk) -> None:
    few, small = desk.open(entries=3, cache=None), desk.open(bytes=2_500, cache=None)
    for number in range(9):
        few.query(query(f"{number}"))
        small.query(query(f"{number}"))
    assert len(few.hearing.answers._kept) == 3
    assert sum(each.size for each in small.hearing.answers._kept.values()) <= 2_500


def test_without_a_cache_memory_is_enough(desk: Desk) -> None:
    advice = desk.open(cache=None, leases=None)
    assert [advice.query(query()).origin for _ in range(2)] == [Origin.FRESH, Origin.CACHED]


def test_what_a_clock_dates_ahead_is_not_believed(desk: Desk, advice: Advice) -> None:
    desk.clock.step(HOUR)
    advice.query(query())
    desk.clock.step(-HOUR)
    assert desk.open().query(query()).origin is Origin.FRESH


def test_a_spoilt_cache_is_a_miss(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    assert isinstance(desk.cache, MemoryCache)
    for key, (ends, entry) in list(desk.cache._entries.items()):
        desk.cache._entries[key] = ends, entry.replace(b"one", b"two", 1)
    assert desk.open().query(query()).origin is Origin.FRESH


def test_an_older_answer_is_the_younger_of_memorys_and_the_caches(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(9 * MINUTE)
    desk.gateway.items = [desk.item("newer")]
    desk.open().query(query())
    desk.clock.advance(3 * MINUTE)
    desk.gateway.failure = Unavailable("down")
    found = advice.query(query())
    assert (found.origin, found.age) == (Origin.STALE, 3 * MINUTE)
    assert [each.item.id for each in found.accepted] == ["newer"]


def test_an_older_answer_of_memory_is_given_where_the_cache_has_an_older_one(
    desk: Desk, advice: Advice
) -> None:
    key = advice.query(query()).key
    older = desk.cache.get(f"acme advice {key}") or b""
    desk.clock.advance(4 * MINUTE)
    advice.query(query())
    desk.cache.put(f"acme advice {key}", older, HOUR)
    desk.clock.advance(3 * MINUTE)
    desk.gateway.failure = Unavailable("down")
    assert advice.query(query()).age == 3 * MINUTE
