"""Asking for advice: what comes back, page by page, sifted and marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from traceback import format_exception

import pytest

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Rejection, Sieve
from jackfield.domain.model.errors import InvalidInput, NotFound, PermissionDenied, Unavailable
from jackfield.domain.services.advice import Advice, Origin
from jackfield.domain.services.advice.querying.asking import MOST_PAGES
from jackfield.ports.advice import Recommended, Unusable
from tests.unit.services.advice.conftest import MINUTE, Desk, query


def test_gives_what_is_good_enough_and_says_why_the_rest_is_not(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [
        desk.item("good"),
        desk.item("poor", 0.5),
        desk.item("old", age=timedelta(days=8)),
        Unusable(id="odd", why="its score is 1.5"),
    ]
    found = advice.query(query())
    assert [each.item.id for each in found.accepted] == ["good"]
    assert {(each.id, each.reason) for each in found.rejected} == {
        ("poor", Rejection.RELEVANCE),
        ("old", Rejection.AGE),
        ("odd", Rejection.UNUSABLE),
    }


def test_says_where_it_came_from_and_how_old_it_is(desk: Desk, advice: Advice) -> None:
    first = advice.query(query())
    desk.clock.advance(MINUTE)
    second = advice.query(query())
    assert [(each.origin, each.age) for each in (first, second)] == [
        (Origin.FRESH, timedelta()),
        (Origin.CACHED, MINUTE),
    ]
    assert first.key == second.key
    assert first.id != second.id


def test_follows_pages_until_there_are_enough(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item(f"item-{n}", 0.99 if n % 2 else 0.2) for n in range(20)]
    found = advice.query(query(), sieve=Sieve(wanted=4))
    assert (len(found.accepted), desk.gateway.pages) == (4, 2)


def test_ends_where_the_pages_do(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item(f"item-{n}", 0.2) for n in range(12)]
    assert (advice.query(query()).accepted, desk.gateway.pages) == ((), 3)


def test_does_not_follow_pages_without_end(desk: Desk, advice: Advice) -> None:
    desk.gateway.page_size = 1
    desk.gateway.items = [desk.item(f"item-{n}", 0.2) for n in range(50)]
    assert (advice.query(query()).accepted, desk.gateway.pages) == ((), MOST_PAGES)


def test_a_page_that_fails_behind_good_ones_leaves_those_and_says_so(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item(f"item-{n}", 0.99 if n < 2 else 0.2) for n in range(12)]
    desk.gateway.next = [None, Unavailable("gone")]
    part = advice.query(query())
    whole = advice.query(query())
    assert [(len(each.accepted), each.whole, each.origin) for each in (part, whole)] == [
        (2, False, Origin.FRESH),
        (2, True, Origin.FRESH),
    ]


def test_a_base_that_goes_behind_good_pages_is_told(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item(f"item-{n}", 0.99 if n < 2 else 0.2) for n in range(12)]
    desk.gateway.next = [None, NotFound("it is gone")]
    with pytest.raises(NotFound):
        advice.query(query())


def test_an_error_of_the_platform_is_the_callers(desk: Desk, advice: Advice) -> None:
    desk.gateway.failure = PermissionDenied("it lacks agentassist:view")
    with pytest.raises(PermissionDenied, match="agentassist:view"):
        advice.query(query())


def test_an_unknown_base_is_told(desk: Desk, advice: Advice) -> None:
    desk.gateway.bases = ["kb-billing"]
    with pytest.raises(NotFound, match="kb-nowhere"):
        advice.query(query(bases=["kb-nowhere"]))


class _Odd(Exception):
    """What no gateway should raise."""


class _OddGateway:
    """A plugin's, perhaps."""

    def recommend(self, _: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        raise _Odd(f"a customer's words, {wanted} {ends}")


def test_what_cannot_be_understood_is_unavailable_and_shows_nothing_of_it(desk: Desk) -> None:
    with pytest.raises(Unavailable, match=r"_Odd") as caught:
        desk.open(gateway=_OddGateway()).query(query())
    assert "customer" not in "".join(format_exception(caught.value))


def test_what_utf8_cannot_carry_is_unusable(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [desk.item("one"), desk.item("\ud800")]
    found = advice.query(query())
    assert [each.reason for each in found.rejected] == [Rejection.UNUSABLE]


def test_a_query_that_utf8_cannot_carry_is_refused(advice: Advice) -> None:
    with pytest.raises(InvalidInput, match="surrogate"):
        advice.query(query("\udfff"))


@pytest.mark.parametrize("deadline", [timedelta(), -MINUTE, timedelta(hours=1)])
def test_a_deadline_is_more_than_nothing_and_not_endless(advice: Advice, deadline: timedelta) -> None:
    advice.query(query())
    with pytest.raises(InvalidInput, match="deadline"):
        advice.query(query(), deadline=deadline)


def test_what_was_displayed_in_a_conversation_is_marked_there(advice: Advice) -> None:
    advice.displayed(advice.query(query()), items=["one"])
    marks = {each.item.id: each.shown for each in advice.query(query("And my shoes?")).accepted}
    other = advice.query(query(conversation="c-2"))
    assert (marks, [each.shown for each in other.accepted]) == ({"one": True, "two": False}, [False, False])


def test_another_process_marks_it_too(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    assert [each.shown for each in desk.open().query(query()).accepted] == [True, True]


def test_a_closed_core_says_so(advice: Advice) -> None:
    advice.close()
    with pytest.raises(Unavailable, match="closed"):
        advice.query(query())


def test_a_future_has_the_answer(advice: Advice) -> None:
    first = advice.query_async(query()).result(20)
    second = advice.query_async(query())
    assert second.done()
    assert (first.origin, second.result().origin) == (Origin.FRESH, Origin.CACHED)


def test_a_future_has_the_error(desk: Desk, advice: Advice) -> None:
    desk.gateway.failure = PermissionDenied("no")
    assert isinstance(advice.query_async(query()).exception(20), PermissionDenied)


def test_the_key_of_another_query_is_not_believed(advice: Advice) -> None:
    first, other = query(), query("And my shoes?")
    known = advice.query(first).key
    own = advice.query(other).key
    querying = advice.querying
    keys = [
        querying.query(first, None, None, known).key,
        querying.query(other, None, None, known).key,
        querying.query(first, None, Sieve(wanted=4), known).key,
    ]
    assert (keys[0], keys[1]) == (known, own)
    assert keys[2] not in {known, own}


@pytest.mark.parametrize(("entries", "size"), [(0, 2**20), (2_000, 100)])
def test_what_does_not_fit_into_memory_comes_from_the_shared_cache(
    desk: Desk, entries: int, size: int
) -> None:
    advice = desk.open(entries=entries, bytes=size)
    origins = [advice.query(query()).origin for _ in range(3)]
    assert origins == [Origin.FRESH, Origin.CACHED, Origin.CACHED]


def test_what_is_asked_for_after_the_clock_stepped_back_is_kept(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(3 * MINUTE)
    desk.clock.step(timedelta(hours=-1))
    assert [advice.query(query()).origin for _ in range(2)] == [Origin.FRESH, Origin.CACHED]


def test_an_older_answer_is_given_though_the_clock_stepped_back(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    desk.clock.advance(3 * MINUTE)
    desk.clock.step(timedelta(hours=-1))
    desk.gateway.failure = Unavailable("down")
    found = advice.query(query())
    assert (found.origin, found.age // MINUTE) == (Origin.STALE, 3)
