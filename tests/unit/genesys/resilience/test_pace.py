from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.genesys.resilience.pace import Pace


def headers(count: object, allowed: object, reset: object) -> dict[str, str]:
    return {
        "inin-ratelimit-count": str(count),
        "inin-ratelimit-allowed": str(allowed),
        "inin-ratelimit-reset": str(reset),
    }


def heard(*seen: tuple[int, int, int], now: float = 0.0) -> Pace:
    pace = Pace(0.1)
    for each in seen:
        pace.hear(headers(*each), now)
    return pace


def test_what_is_not_known_holds_nothing_up() -> None:
    assert Pace(0.1).delay(0.0, 1_000, bulk=True) == 0.0


@pytest.mark.parametrize(("bulk", "delay"), [(True, 42.0), (False, 0.0)])
def test_bulk_work_stops_before_the_limit_and_people_do_not(*, bulk: bool, delay: float) -> None:
    assert heard((270, 300, 42)).delay(0.0, 0, bulk=bulk) == delay


def test_people_wait_when_the_window_is_used_up() -> None:
    assert heard((300, 300, 42)).delay(2.0, 0, bulk=False) == 40.0


def test_calls_under_way_count() -> None:
    assert heard((290, 300, 42)).delay(0.0, 10, bulk=False) == inf


def test_a_new_window_begins_empty() -> None:
    assert heard((300, 300, 42)).delay(42.0, 0, bulk=True) == 0.0


def test_an_older_answer_changes_nothing() -> None:
    assert heard((300, 300, 42), (298, 300, 42)).delay(0.0, 0, bulk=False) == 42.0


def test_the_fullest_of_several_windows_counts() -> None:
    pace = heard((150, 300, 50), (95, 100, 20), (151, 300, 50))
    assert (pace.count, pace.allowed, pace.ends) == (95, 100, 20.0)


def test_the_end_of_a_window_is_its_earliest_estimate() -> None:
    pace = heard((10, 300, 60))
    pace.hear(headers(11, 300, 60), 0.9)
    assert pace.ends == 60.0


@pytest.mark.parametrize(
    ("count", "allowed", "reset"),
    [("x", 300, 42), (-1, 300, 42), (9, 0, 42), (9, 300, 0), (9, 300, 86_400), (9, 10**12, 42), ("", "", "")],
)
def test_headers_that_make_no_sense_are_not_heard(count: object, allowed: object, reset: object) -> None:
    pace = Pace(0.1)
    pace.hear(headers(count, allowed, reset), 0.0)
    assert pace == Pace(0.1)


def test_an_answer_without_the_headers_is_not_heard() -> None:
    pace = Pace(0.1)
    pace.hear({"content-type": "application/json"}, 0.0)
    assert pace == Pace(0.1)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 50), st.integers(1, 60), st.floats(0, 5)), max_size=30
    ),
    bulk=st.booleans(),
)
def test_nobody_waits_longer_than_for_the_windows_end(
    steps: list[tuple[int, int, int, float]], *, bulk: bool
) -> None:
    pace, now = Pace(0.1), 0.0
    for count, allowed, reset, passed in steps:
        now += passed
        pace.hear(headers(count, allowed, reset), now)
        assert 0.0 <= pace.delay(now, 0, bulk=bulk) <= 60.001
