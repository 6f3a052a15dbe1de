"""Histograms: percentiles to 2.5 %, merged without loss, small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.evidence.histograms import Histogram, bucket

VALUES = st.lists(st.floats(min_value=0, max_value=86_400_000), max_size=60)
LEVELS = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(5))
def test_a_quantile_is_numpys_to_two_and_a_half_percent(level: float, seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(mean=7, sigma=0.8, size=5_000)
    exact = float(np.quantile(values, level, method="inverted_cdf"))
    assert Histogram.of(values.tolist()).quantile(level) == pytest.approx(exact, rel=0.025)


@given(VALUES, VALUES, VALUES)
def test_merging_is_counting_all_in_any_order(one: list[float], two: list[float], three: list[float]) -> None:
    left = Histogram.of(one).merged(Histogram.of(two)).merged(Histogram.of(three))
    right = Histogram.of(three).merged(Histogram.of(two).merged(Histogram.of(one)))
    assert left == right == Histogram.of(one + two + three)


@given(VALUES, VALUES)
def test_what_is_taken_back_leaves_no_trace(kept: list[float], left: list[float]) -> None:
    taken = Histogram(tuple((index, -count) for index, count in Histogram.of(left).buckets))
    assert Histogram.of(kept + left).merged(taken) == Histogram.of(kept)


@given(st.floats(min_value=1.0001, max_value=86_400_000))
def test_a_value_lies_between_its_buckets_edges(value: float) -> None:
    index = bucket(value)
    assert 1.05 ** (index - 1) * (1 - 1e-9) <= value <= 1.05**index * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "index"), [(0, 0), (0.3, 0), (1, 0), (1.04, 1), (1.06, 2), (86_400_000, 375)]
)
def test_buckets_begin_at_one_and_end_at_a_day(value: float, index: int) -> None:
    assert bucket(value) == index


def test_nothing_has_no_quantile() -> None:
    assert Histogram().quantile(0.95) is None


def test_a_million_values_are_a_few_hundred_numbers() -> None:
    values = np.random.default_rng(1).lognormal(mean=7, sigma=0.8, size=100_000)
    histogram = Histogram.of(values.tolist())
    ten_times = Histogram(tuple((index, 10 * count) for index, count in histogram.buckets))
    assert (ten_times.count, len(ten_times.buckets) < 200) == (1_000_000, True)
