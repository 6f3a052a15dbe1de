"""What holds with a shared cache in memory holds with the one on disk that processes really share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.caching import DiskCache
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.advice import Advised, Origin
from tests.unit.services.advice.conftest import MINUTE, SECOND, Desk, query


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.cache = DiskCache(tmp_path / "cache", desk.clock)
    yield desk
    desk.close()


def asked(desk: Desk) -> Advised:
    """Ask by a process that knows nothing yet."""
    return desk.open().query(query())


def test_an_answer_is_whole_and_holds_no_longer(desk: Desk) -> None:
    first = asked(desk)
    desk.clock.advance(119 * SECOND)
    kept = asked(desk)
    desk.clock.advance(2 * SECOND)
    assert (kept.accepted, kept.rejected, kept.asked, kept.age) == (
        first.accepted,
        first.rejected,
        first.asked,
        119 * SECOND,
    )
    assert [kept.origin, asked(desk).origin] == [Origin.CACHED, Origin.FRESH]


def test_that_nothing_is_good_enough_holds_fifteen_seconds_for_all(desk: Desk) -> None:
    desk.gateway.items = [desk.item("poor", relevance=0.5)]
    asked(desk)
    desk.clock.advance(14 * SECOND)
    kept = asked(desk)
    desk.clock.advance(SECOND)
    assert (kept.origin, [each.id for each in kept.rejected]) == (Origin.CACHED, ["poor"])
    assert asked(desk).origin is Origin.FRESH


def test_near_duplicates_stay_marked(desk: Desk) -> None:
    desk.gateway.items = [desk.item("one"), evolve(desk.item("one", relevance=0.9), id="twin")]
    asked(desk)
    assert [(each.item.id, each.like) for each in asked(desk).accepted] == [("one", None), ("twin", "one")]


def test_an_older_answer_is_given_by_any_process_while_the_platform_fails(desk: Desk) -> None:
    asked(desk)
    desk.gateway.failure = Unavailable("it is away")
    desk.clock.advance(10 * MINUTE - SECOND)
    stale = asked(desk)
    assert (stale.origin, stale.age) == (Origin.STALE, 10 * MINUTE - SECOND)
    desk.clock.advance(2 * SECOND)
    with pytest.raises(Unavailable):
        asked(desk)


def test_an_answer_behind_which_the_platform_failed_is_not_kept(desk: Desk) -> None:
    desk.gateway.items = [desk.item(f"i-{n}") for n in range(3)]
    desk.gateway.page_size = 1
    desk.gateway.next = [None, None, Unavailable("it broke off")]
    assert [asked(desk).whole, asked(desk).origin] == [False, Origin.FRESH]


@pytest.mark.parametrize("how", ["wrong", "base"])
def test_what_one_process_drops_another_that_begins_later_does_not_give(desk: Desk, how: str) -> None:
    advised = asked(desk)
    if how == "wrong":
        desk.open().feedback(advised.accepted[0], agent="a-2", action="wrong")
    else:
        desk.open().forget(base="kb-billing")
    assert asked(desk).origin is Origin.FRESH


def test_what_was_displayed_is_marked_by_a_process_that_begins_later(desk: Desk) -> None:
    own = desk.open()
    own.displayed(own.query(query()), items=["one"])
    assert [(each.item.id, each.shown) for each in asked(desk).accepted] == [("one", True), ("two", False)]
