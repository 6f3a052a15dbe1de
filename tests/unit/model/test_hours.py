"""Hours: by the wall clock of a zone, summer time included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.hours import Hours
from tests.proofs.sizes import sized

OFFICE = Hours(opens=540, closes=1_020, zone="Europe/Berlin")
MOMENTS = st.integers(min_value=0, max_value=4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-23T08:00:00+00:00", True),
        ("2026-11-23T07:59:59+00:00", False),
        ("2026-11-23T15:59:59+00:00", True),
        ("2026-11-23T16:00:00+00:00", False),
        ("2026-11-21T12:00:00+00:00", False),
        ("2026-07-20T07:00:00+00:00", True),
        ("2026-07-20T15:00:00+00:00", False),
    ],
    ids=["nine", "before nine", "before five", "five", "saturday", "nine in summer", "five in summer"],
)
def test_the_hours_are_those_of_the_zones_clocks(moment: str, allowed: bool) -> None:
    assert OFFICE.allow(datetime.fromisoformat(moment)) is allowed


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00+00:00"),
        ("2026-11-23T02:00:00+00:00", "2026-11-23T08:00:00+00:00"),
        ("2026-11-23T20:00:00+00:00", "2026-11-24T08:00:00+00:00"),
        ("2026-11-21T12:00:00+00:00", "2026-11-23T08:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "2026-10-26T08:00:00+00:00"),
        ("2026-03-28T12:00:00+00:00", "2026-03-30T07:00:00+00:00"),
    ],
    ids=["open", "night", "evening", "saturday", "winter time begins", "summer time begins"],
)
def test_the_next_opening(moment: str, opening: str) -> None:
    assert OFFICE.next_opening(datetime.fromisoformat(moment)) == datetime.fromisoformat(opening)


@given(
    moment=MOMENTS,
    opens=st.integers(min_value=0, max_value=1_439),
    days=st.sets(st.integers(min_value=1, max_value=7), min_size=1).map(lambda days: tuple(sorted(days))),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
)
@example(moment=datetime(2011, 12, 29, 12, tzinfo=UTC), opens=600, days=(5,), zone="Pacific/Apia")
@example(moment=datetime(2026, 3, 29, 0, 30, tzinfo=UTC), opens=150, days=(7,), zone="Europe/Berlin")
def test_there_is_always_a_next_opening_and_it_is_not_past(
    moment: datetime, opens: int, days: tuple[int, ...], zone: str
) -> None:
    hours = Hours(opens=opens, closes=1_440, days=days, zone=zone)
    opening = hours.next_opening(moment)
    assert (opening >= moment, hours.allow(opening)) == (True, True)


@pytest.mark.parametrize(
    ("opens", "closes", "moment", "opening"),
    [
        (150, 240, "2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),
        (135, 150, "2026-10-25T00:40:00+00:00", "2026-10-25T01:15:00+00:00"),
        (60, 150, "2026-10-25T00:40:00+00:00", "2026-10-25T01:00:00+00:00"),
        (135, 150, "2026-03-28T00:40:00+00:00", "2026-04-05T00:15:00+00:00"),
    ],
    ids=["put forward into them", "shown twice", "put back into them", "passed over"],
)
def test_the_next_opening_where_clocks_are_changed(
    opens: int, closes: int, moment: str, opening: str
) -> None:
    hours = Hours(opens=opens, closes=closes, days=(7,), zone="Europe/Berlin")
    found = hours.next_opening(datetime.fromisoformat(moment)).astimezone(UTC)
    assert found == datetime.fromisoformat(opening)


@given(
    seconds=st.integers(min_value=0, max_value=2 * 86_400),
    start=st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    opens=st.integers(min_value=0, max_value=300),
    lasts=st.integers(min_value=1, max_value=120),
)
@settings(max_examples=sized(30, full=1_000), deadline=None)
def test_the_next_opening_is_the_first_moment_that_is_allowed(
    seconds: int, start: datetime, opens: int, lasts: int
) -> None:
    hours = Hours(opens=opens, closes=opens + lasts, days=(6, 7), zone="Europe/Berlin")
    moment = start + timedelta(seconds=seconds)
    opening = hours.next_opening(moment)
    between = min((opening - moment) // timedelta(minutes=1), 2 * 1_440)
    assert hours.allow(opening)
    assert not any(hours.allow(moment + timedelta(minutes=number)) for number in range(between))
    assert opening == moment or not hours.allow(opening - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("opens", -1), ("opens", 1_441), ("opens", 9.5), ("opens", True), ("closes", 540), ("closes", 1_441),
        ("days", ()), ("days", (0,)), ("days", (8,)), ("days", (2, 1)), ("days", (1, 1)), ("days", [1]),
        ("days", ("Mon",)), ("days", None), ("zone", "Mars/Olympus"), ("zone", ""), ("zone", "../etc/passwd"),
        ("zone", "a" * 200), ("zone", "a\0b"), ("zone", None), ("zone", "\ud800"), ("zone", "Europe"),
    ],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        evolve(OFFICE, **{name: value})
    assert caught.value.place == name
