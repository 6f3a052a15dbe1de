"""Sums of a prompt's requests, against numpy and statistics."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.metrics import By, Group, Record, Skip, Summary, Unread, percentile, summarize

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = Record(version="1.0.0", variant=None, at=AT, latency_ms=100.0, tokens=10, success=1.0)

finite = st.floats(min_value=0, max_value=86_400_000, allow_nan=False)
records = st.builds(
    Record,
    version=st.sampled_from(["1.0.0", "1.1.0", "1.10.0", "no version"]),
    variant=st.sampled_from([None, "canary", "b"]),
    at=st.integers(0, 10**9).map(lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)),
    latency_ms=finite,
    tokens=st.integers(0, 1_000_000),
    success=st.floats(min_value=0, max_value=1),
)
some = st.lists(records, min_size=1, max_size=200)


def unread(why: Skip) -> Unread:
    return Unread(why=why, key=b"0" * 16)


def test_no_request_has_no_mean_and_no_percentile() -> None:
    assert summarize([]).whole == Summary(
        requests=0,
        latency_ms=None,
        latency_p50_ms=None,
        latency_p95_ms=None,
        tokens=None,
        tokens_mean=None,
        success=None,
    )


def test_what_does_not_count_makes_no_request() -> None:
    found = summarize([unread(Skip.MISSING), unread(Skip.REPEATED), unread(Skip.REPEATED)])
    assert (found.whole, dict(found.skipped)) == (Summary(), {Skip.MISSING: 1, Skip.REPEATED: 2})


def test_repeats_are_told_as_duplicates() -> None:
    assert summarize([ONE, unread(Skip.REPEATED)]).duplicates == 1


@given(some)
def test_means_are_those_of_statistics(found: list[Record]) -> None:
    whole = summarize(found).whole
    expected = (
        statistics.fmean(r.latency_ms for r in found),
        statistics.fmean(r.success for r in found),
        statistics.mean(r.tokens for r in found),
    )
    assert (whole.latency_ms, whole.success, whole.tokens_mean) == pytest.approx(expected)


@given(some)
def test_percentiles_are_those_of_numpy_without_interpolation(found: list[Record]) -> None:
    whole = summarize(found).whole
    p50, p95 = np.percentile([r.latency_ms for r in found], [50, 95], method="inverted_cdf")
    assert (whole.latency_p50_ms, whole.latency_p95_ms) == (p50, p95)


@given(st.lists(finite, min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_pass(
    values: list[float], percent: int
) -> None:
    found = percentile(sorted(values), percent)
    assert found is not None
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


@given(some, st.sampled_from(By))
def test_groups_weigh_by_their_requests(found: list[Record], by: By) -> None:
    summaries = summarize(found, by)
    groups = [each.summary for each in summaries.groups]
    weights = [each.requests for each in groups]
    latency = np.average([each.latency_ms or 0.0 for each in groups], weights=weights)
    success = np.average([each.success or 0.0 for each in groups], weights=weights)
    assert (summaries.whole.latency_ms, summaries.whole.success) == pytest.approx((latency, success))
    assert sum(weights) == summaries.whole.requests
    assert sum(each.tokens or 0 for each in groups) == summaries.whole.tokens


@given(some)
def test_the_order_of_the_records_matters_nothing(found: list[Record]) -> None:
    assert summarize(found, By.VERSION) == summarize(reversed(found), By.VERSION)


def test_an_average_of_averages_would_be_wrong() -> None:
    slow = [evolve(ONE, version="2.0.0", latency_ms=1_000.0)]
    fast = [evolve(ONE, latency_ms=100.0, at=AT + timedelta(seconds=n)) for n in range(9)]
    assert summarize([*slow, *fast], By.VERSION).whole.latency_ms == pytest.approx(190.0)


def test_versions_stand_in_their_order_and_what_is_none_behind_them() -> None:
    found = [evolve(ONE, version=v) for v in ("1.10.0", "odd", "1.9.0", "1.9.0-rc.1")]
    keys = [each.key for each in summarize(found, By.VERSION).groups]
    assert keys == ["1.9.0-rc.1", "1.9.0", "1.10.0", "odd"]


def test_arms_are_the_variants_and_those_that_nothing_routed() -> None:
    found = [ONE, evolve(ONE, variant="canary")]
    keys = [each.key for each in summarize(found, By.ARM).groups]
    assert keys == [None, "canary"]


def test_a_day_is_one_of_utc() -> None:
    late = evolve(ONE, at=datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))))
    assert [each.key for each in summarize([late], By.DAY).groups] == ["2026-03-01"]


def test_a_group_of_one_is_that_one() -> None:
    expected = Summary(
        requests=1,
        latency_ms=100.0,
        latency_p50_ms=100.0,
        latency_p95_ms=100.0,
        tokens=10,
        tokens_mean=10.0,
        success=1.0,
    )
    assert summarize([ONE], By.VERSION).groups == (Group(key="1.0.0", summary=expected),)


@given(records, records)
def test_records_have_one_key_if_they_are_equal(one: Record, other: Record) -> None:
    assert (one.key == other.key) is (one == other)


def test_the_key_does_not_depend_on_the_zone_that_the_time_is_written_in() -> None:
    assert evolve(ONE, at=AT.astimezone(timezone(timedelta(hours=5)))).key == ONE.key


def test_the_key_does_not_depend_on_the_sign_of_a_zero() -> None:
    zeros = [evolve(ONE, latency_ms=zero, success=zero) for zero in (0.0, -0.0)]
    assert zeros[0] == zeros[1]
    assert zeros[0].key == zeros[1].key


def test_a_record_needs_a_time_with_a_zone() -> None:
    with pytest.raises(InvalidInput):
        evolve(ONE, at=AT.replace(tzinfo=None))
