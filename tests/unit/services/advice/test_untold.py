"""What is dropped while the shared cache fails is told as soon as it is back, and loses nothing of others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from jackfield.domain.services.advice import Advice, Origin
from jackfield.domain.services.advice.keeping import untold as module
from jackfield.domain.services.advice.keeping.entries import read
from jackfield.domain.services.advice.keeping.marked import Mark, What
from jackfield.domain.services.advice.keeping.untold import TICK, Untold
from tests.unit.services.advice.conftest import ACME, MINUTE, SECOND, Desk, query
from tests.unit.services.advice.failing import LockedCache

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE = Mark(What.ITEM, "one", NOW)


class Quiet(Untold):
    """Begins no thread: the tests move the clock, and look."""

    def begin(self) -> None:
        """Leave it to who looks."""


@pytest.fixture
def cache(desk: Desk) -> LockedCache:
    cache = desk.cache = LockedCache(desk.clock)
    return cache


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jackfield.domain.services.advice.keeping.marks.Untold", Quiet)


def names(desk: Desk) -> set[str]:
    """What the cache tells was dropped."""
    entry = desk.cache.get("acme advice-dropped")
    return {each.name for each in (entry and read(ACME, entry, 100)) or ()}


def drop(advice: Advice, item: str) -> None:
    """Judge it wrong, in no conversation."""
    advice.feedback(item, agent="a-1", action="wrong")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("how", ["locked", "away"])
def test_others_hear_of_it_when_the_cache_is_back(desk: Desk, cache: LockedCache, how: str) -> None:
    own, other = desk.open(), desk.open()
    first = other.query(query())
    setattr(cache, how, True)
    drop(own, "one")
    setattr(cache, how, False)
    desk.clock.advance(SECOND)
    own.query(query("something else"))
    desk.clock.advance(SECOND)
    found = other.query(query())
    assert (first.origin, found.origin) == (Origin.FRESH, Origin.FRESH)


@pytest.mark.usefixtures("quiet")
def test_it_is_tried_as_long_as_it_takes(desk: Desk, cache: LockedCache) -> None:
    own, cache.locked = desk.open(), True
    drop(own, "one")
    for _ in range(5):
        desk.clock.advance(SECOND)
        own.query(query("something else"))
    before, cache.locked = names(desk), False
    desk.clock.advance(SECOND)
    own.query(query("something else"))
    assert (before, names(desk)) == (set(), {"one"})


@pytest.mark.usefixtures("quiet")
def test_what_others_dropped_stays_dropped_though_it_could_not_be_read(
    desk: Desk, cache: LockedCache
) -> None:
    own = desk.open()
    drop(desk.open(), "theirs")
    cache.away = True
    drop(own, "mine")
    cache.away = False
    before = names(desk)
    desk.clock.advance(SECOND)
    own.query(query())
    assert (before, names(desk)) == ({"theirs"}, {"theirs", "mine"})


@pytest.mark.usefixtures("quiet")
def test_it_is_newer_than_what_others_told_of_the_same_meanwhile(desk: Desk, cache: LockedCache) -> None:
    own, other, third = desk.open(), desk.open(), desk.open()
    cache.away = True
    drop(own, "one")
    cache.away = False
    desk.clock.advance(SECOND / 2)
    drop(other, "one")
    third.query(query())
    desk.clock.advance(SECOND)
    own.query(query("something else"))
    desk.clock.advance(SECOND)
    assert third.query(query()).origin is Origin.FRESH


@pytest.mark.usefixtures("quiet")
def test_who_ends_tells_it_before(desk: Desk, cache: LockedCache) -> None:
    own, cache.locked = desk.open(), True
    drop(own, "one")
    cache.locked = False
    own.close()
    own.close()
    assert names(desk) == {"one"}


@pytest.mark.usefixtures("quiet")
def test_who_ends_waits_a_second_for_it_and_no_longer(desk: Desk, cache: LockedCache) -> None:
    own, cache.locked = desk.open(), True
    drop(own, "one")
    before = desk.clock.now()
    own.close()
    assert SECOND <= desk.clock.now() - before <= 2 * SECOND


@pytest.mark.usefixtures("quiet")
def test_what_can_drop_nothing_any_more_is_let_go(desk: Desk, cache: LockedCache) -> None:
    own, cache.locked = desk.open(), True
    drop(own, "one")
    desk.clock.advance(12 * MINUTE)
    own.query(query())
    cache.locked = False
    desk.clock.advance(SECOND)
    own.query(query())
    assert names(desk) == set()


def test_nobody_has_to_come_and_look(desk: Desk, cache: LockedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Event()

    class Told(Untold):
        def _run(self) -> None:
            super()._run()
            told.set()

    monkeypatch.setattr("jackfield.domain.services.advice.keeping.marks.Untold", Told)
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    own, cache.locked = desk.open(), True
    drop(own, "one")
    cache.locked = False
    assert (told.wait(20), names(desk)) == (True, {"one"})


def test_where_all_was_heard_no_thread_begins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Thread", None)
    drop(desk.open(), "one")
    desk.open(leases=None).forget(base="kb-billing")
    assert names(desk) == {"one", "kb-billing"}


def test_what_a_conversation_was_told_wrong_is_told_when_the_cache_is_back(
    desk: Desk, cache: LockedCache
) -> None:
    own = desk.open(leases=None)
    for name in ("locked", "away"):
        setattr(cache, name, True)
        own.hearing.shown.judge("c-1", [name])
        setattr(cache, name, False)
        desk.clock.advance(10 * SECOND)
        own.query(query())
    assert set(desk.open().hearing.shown.wrong("c-1")) == {"locked", "away"}


@pytest.fixture
def untold() -> Iterator[Untold]:
    untold = Untold(lambda: None)
    untold.add([ONE])
    yield untold
    untold.close()


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ((), True),
        ((ONE,), False),
        ((Mark(What.ITEM, "two", NOW),), True),
        ((Mark(What.ALL, "", NOW),), False),
        ((Mark(What.ALL, "", NOW - SECOND),), True),
        ((Mark(What.ITEM, "one", NOW - SECOND),), True),
    ],
)
def test_it_is_let_go_once_others_can_know_it(untold: Untold, told: tuple[Mark, ...], left: bool) -> None:
    assert untold.hear(told, since=NOW - MINUTE) == ()
    assert bool(untold) is left


def test_where_others_know_a_newer_one_it_becomes_newer_still(untold: Untold) -> None:
    (newer,) = untold.hear([Mark(What.ITEM, "one", NOW + SECOND)], since=NOW)
    assert (newer.time, bool(untold)) == (NOW + SECOND + TICK, True)


def test_what_is_too_old_to_drop_anything_is_let_go(untold: Untold) -> None:
    untold.hear((), since=NOW + timedelta(microseconds=1))
    assert not untold
