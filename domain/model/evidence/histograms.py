"""Percentiles of millions of values from a few counts: buckets whose edges grow by 5 %."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

GROWTH: Final = 1.05
"""Each bucket's upper edge over its lower one."""
_BUCKETS: Final = 1 / math.log(GROWTH)
_MIDDLE: Final = math.sqrt(GROWTH)


@frozen
class Histogram:
    """Counts of positive values by bucket, as ascending (bucket, count) pairs without empty ones.

    Bucket *i* holds the values above 1.05^(i-1) and up to 1.05^i, bucket 0 all up to 1. So 375 buckets reach
    from a millisecond to a day. Two histograms add up exactly; a quantile is right to 2.5 %.
    """

    buckets: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, values: Iterable[float]) -> Histogram:
        """Count finite *values* of 0 or more."""
        return cls.counted(Counter(bucket(value) for value in values))

    @classmethod
    def counted(cls, counts: Mapping[int, int]) -> Histogram:
        """Take counts by bucket."""
        return cls(tuple(sorted((index, count) for index, count in counts.items() if count)))

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(count for _, count in self.buckets)

    def merged(self, other: Histogram) -> Histogram:
        """Return the histogram of both."""
        if not self.buckets or not other.buckets:
            return self if self.buckets else other
        counts = Counter(dict(self.buckets))
        counts.update(dict(other.buckets))
        return Histogram.counted(counts)

    def quantile(self, level: float) -> float | None:
        """Return the value that a part *level* (0 to 1) does not pass, to 2.5 %; None without values."""
        needed, passed = math.ceil(level * self.count), 0
        for index, count in self.buckets:
            passed += count
            if passed >= needed:
                return GROWTH**index / _MIDDLE
        return None


def bucket(value: float) -> int:
    """Return the number of the bucket that holds *value*."""
    return math.ceil(math.log(value) * _BUCKETS) if value > 1 else 0
