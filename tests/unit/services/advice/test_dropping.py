"""What was dropped is given to nobody who asks afterwards, whatever happens at the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from jackfield.adapters.caching import MemoryCache
from jackfield.domain.services.advice import Advice, Origin
from jackfield.domain.services.advice.keeping import kept as keeping
from jackfield.domain.services.advice.keeping.answers import encode
from tests.unit.services.advice.conftest import HOUR, MINUTE, SECOND, Desk, query


def test_who_drops_something_hears_what_others_dropped_a_moment_before(desk: Desk, advice: Advice) -> None:
    advice.query(query(bases=["kb-billing"]))
    desk.clock.advance(SECOND / 2)
    desk.open().forget(base="kb-billing")
    advice.forget(base="kb-other")
    assert advice.query(query(bases=["kb-billing"])).origin is Origin.FRESH


@pytest.mark.parametrize("step", [-30 * SECOND, -HOUR, HOUR], ids=str)
def test_a_step_of_the_clock_keeps_nothing_from_being_dropped(
    desk: Desk, advice: Advice, step: timedelta
) -> None:
    for said in ("wrong", "changed"):
        advice.query(query(said))
    desk.clock.step(step)
    advice.feedback("one", agent="a-1", action="wrong")
    first = advice.query(query("wrong")).origin
    advice.forget(base="kb-billing")
    assert (first, advice.query(query("changed")).origin) == (Origin.FRESH, Origin.FRESH)


def test_what_is_asked_for_after_a_drop_is_kept_though_the_clock_stepped_back(
    desk: Desk, advice: Advice
) -> None:
    advice.forget(base="kb-billing")
    desk.clock.step(-30 * SECOND)
    assert [advice.query(query()).origin for _ in range(2)] == [Origin.FRESH, Origin.CACHED]


def test_what_is_in_the_cache_alone_is_dropped_though_the_clock_stepped_back(desk: Desk) -> None:
    one, other = desk.open(), desk.open()
    one.query(query())
    desk.clock.step(-30 * SECOND)
    other.forget(base="kb-billing")
    desk.clock.advance(31 * SECOND)
    assert desk.open().query(query()).origin is Origin.FRESH


def test_what_is_dropped_while_it_is_written_down_is_not_kept(
    desk: Desk, advice: Advice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*answer: Any) -> bytes:
        desk.clock.advance(SECOND / 1_000)
        advice.forget(base="kb-billing")
        return encode(*answer)

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "encode", meanwhile)
        advice.query(query())
    assert advice.query(query()).origin is Origin.FRESH


def test_a_mark_lives_as_long_as_the_longest_answer(desk: Desk) -> None:
    desk.gateway.items = [desk.item("poor", 0.1)]
    desk.open(negative=HOUR).query(query())
    desk.open(negative=HOUR).forget(base="kb-billing")
    desk.clock.advance(11 * MINUTE)
    assert desk.open(negative=HOUR).query(query()).origin is Origin.FRESH


@define
class _Counted(MemoryCache):
    """A cache that counts what it is told of drops."""

    told: int = 0

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep it."""
        self.told += key.endswith("advice-dropped")
        super().put(key, value, lifetime)


def test_however_many_are_wrong_at_once_others_are_told_once(desk: Desk) -> None:
    cache = desk.cache = _Counted(desk.clock)
    advice, other = desk.open(), desk.open()
    other.query(query())
    told = advice.feedback_all([*map(str, range(99)), "one"], agent="a-1", action="wrong")
    desk.clock.advance(SECOND)
    assert (len(told), cache.told, other.query(query()).origin) == (100, 1, Origin.FRESH)


def test_a_flood_of_marks_drops_no_answer_that_came_long_after_the_first(desk: Desk, advice: Advice) -> None:
    advice.feedback_all([f"early-{n}" for n in range(2_990)], agent="a-1", action="wrong")
    desk.clock.advance(90 * SECOND)
    advice.query(query())
    desk.clock.advance(SECOND)
    advice.feedback_all([f"late-{n}" for n in range(20)], agent="a-1", action="wrong")
    origins = [each.query(query()).origin for each in (advice, desk.open())]
    assert origins == [Origin.CACHED, Origin.CACHED]


def test_a_flood_of_marks_loses_none_of_them(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    other = desk.open()
    other.feedback_all(["one", *(f"early-{n}" for n in range(2_990))], agent="a-1", action="wrong")
    desk.clock.advance(SECOND)
    other.feedback_all([f"late-{n}" for n in range(20)], agent="a-1", action="wrong")
    assert [each.query(query()).origin for each in (advice, other)] == [Origin.FRESH, Origin.FRESH]
