"""What is kept of looks that came to nothing."""

from __future__ import annotations

import pytest

from jackfield.domain.model.errors import JackfieldError, NotFound
from jackfield.domain.services.prompts.live.refusals import MOST, Refusals


def raised() -> JackfieldError:
    """An error with a traceback and a cause."""
    with pytest.raises(NotFound) as caught:
        raise NotFound("no such prompt", place="prompt a") from KeyError("behind it")
    return caught.value


def kept(refusals: Refusals, now: float) -> int:
    return sum(refusals.get(f"n{number}", now) is not None for number in range(2 * MOST))


def test_it_holds_until_its_moment() -> None:
    refusals = Refusals()
    refusals.put("n0", raised(), until=0.5, now=0.0)
    assert [refusals.get("n0", now) is not None for now in (0.0, 0.49, 0.5)] == [True, True, False]


def test_no_more_than_a_thousand_are_kept_the_newest() -> None:
    refusals = Refusals()
    for number in range(MOST + 10):
        refusals.put(f"n{number}", raised(), until=0.5, now=0.0)
    assert (kept(refusals, 0.0), refusals.get("n9", 0.0)) == (MOST, None)


def test_those_that_are_over_are_let_go() -> None:
    refusals = Refusals()
    for number in range(10):
        refusals.put(f"n{number}", raised(), until=0.5, now=0.0)
    refusals.put("new", raised(), until=1.0, now=0.5)
    assert kept(refusals, 0.0) == 0


def test_one_that_is_over_at_once_is_no_trouble() -> None:
    refusals = Refusals()
    refusals.put("n0", raised(), until=1.0, now=1.0)
    assert refusals.get("n0", 1.0) is None


def test_neither_a_traceback_nor_what_is_behind_it_is_kept() -> None:
    refusals = Refusals()
    refusals.put("n0", raised(), until=0.5, now=0.0)
    error = refusals.get("n0", 0.0)
    assert error is not None
    assert (error.message, error.place) == ("no such prompt", "prompt a")
    assert (error.__traceback__, error.__cause__, error.__context__) == (None,) * 3
