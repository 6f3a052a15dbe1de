"""Traces as the W3C has them, and when calls must be over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.around import ENDS, TRACE, Trace, begun, taken
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.course import Course
from jackfield.adapters.http import Request
from jackfield.domain.model.errors import Unavailable

ID = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
CALL = Request(method="GET", url="https://api.example/x", deadline=timedelta(seconds=20))


@pytest.mark.parametrize(
    ("parent", "sampled"),
    [
        (f"00-{ID}-{SPAN}-00", False),
        (f"00-{ID}-{SPAN}-01", True),
        (f"00-{ID}-{SPAN}-ff", True),
        (f"00-{ID}-{SPAN}-02", False),
        (f"01-{ID}-{SPAN}-01", True),
        (f"cc-{ID}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_a_parent_is_read(parent: str, sampled: bool) -> None:
    assert taken(parent) == Trace(id=ID, sampled=sampled)


@pytest.mark.parametrize(
    "parent",
    [
        "",
        f"ff-{ID}-{SPAN}-01",
        f"00-{ID}-{SPAN}-01-more",
        f"01-{ID}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID.upper()}-{SPAN}-01",
        f"00-{ID}-{SPAN}-1",
        f" 00-{ID}-{SPAN}-01",
        f"00-{ID}-{SPAN}-01,00-{ID}-{SPAN}-01",
        f"00-{ID}-{SPAN}-01\n",
    ],
)
def test_what_is_no_parent_is_not_taken(parent: str) -> None:
    assert taken(parent) is None


@pytest.mark.parametrize("state", ["a=1\r\nX: 1", "é=1", "a" * 513])
def test_a_state_that_no_header_should_hold_is_left_out(state: str) -> None:
    assert taken(f"00-{ID}-{SPAN}-01", state) == Trace(id=ID, sampled=True)


@given(st.text(max_size=80), st.text(max_size=20))
def test_whatever_comes_headers_can_be_sent(parent: str, state: str) -> None:
    trace = taken(parent, state) or begun()
    told = trace.headers()
    again = taken(told["traceparent"], told.get("tracestate", ""))
    assert again == trace


def test_each_call_has_a_parent_id_of_its_own() -> None:
    trace = begun()
    assert trace.headers()["traceparent"] != trace.headers()["traceparent"]


def test_each_try_of_a_call_tells_it() -> None:
    course = Course(CALL, FrozenClock())
    assert "traceparent" not in course.authorized(None).headers
    token = TRACE.set(Trace(id=ID, state="vendor=1"))
    try:
        tries = [course.authorized(None).headers for _ in range(2)]
    finally:
        TRACE.reset(token)
    assert tries[0]["traceparent"] != tries[1]["traceparent"]
    assert [(each["traceparent"][:36], each["tracestate"]) for each in tries] == [
        (f"00-{ID}-", "vendor=1")
    ] * 2


@pytest.mark.parametrize(("ends", "left"), [(5.0, 5), (60.0, 20)])
def test_a_call_is_over_when_the_first_of_both_says(ends: float, left: int) -> None:
    token = ENDS.set(ends)
    try:
        assert Course(CALL, FrozenClock()).authorized(None).deadline == timedelta(seconds=left)
    finally:
        ENDS.reset(token)


def test_a_call_that_should_be_over_is_not_sent() -> None:
    clock, token = FrozenClock(), ENDS.set(5.0)
    clock.advance(timedelta(seconds=5))
    try:
        with pytest.raises(Unavailable, match="deadline passed"):
            Course(CALL, clock).authorized(None)
    finally:
        ENDS.reset(token)
