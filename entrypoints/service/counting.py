"""What is counted of requests: cheaply, by operation and kind of status, and told when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, Final

from attrs import define, field

if TYPE_CHECKING:
    from prometheus_client import Metric

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_EDGES: Final = (*(str(edge) for edge in BUCKETS), "+Inf")


@define
class Tally:
    """Requests of one operation that ended alike."""

    counts: list[int] = field(factory=lambda: [0] * len(_EDGES))
    seconds: float = 0.0


@define
class Counters:
    """Requests so far; operations and statuses are few, so that their labels are."""

    _tallies: dict[tuple[str, str, int], Tally] = field(factory=dict[tuple[str, str, int], Tally], init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one that ended."""
        key, place = (method, route, status), bisect_left(BUCKETS, seconds)
        with self._lock:
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = Tally()
            tally.counts[place] += 1
            tally.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """Tell them to a registry of Prometheus."""
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(
            "jackfield_http_request_duration_seconds",
            "How long requests took, by operation and status",
            labels=("method", "route", "status"),
        )
        with self._lock:
            told = [(key, tuple(tally.counts), tally.seconds) for key, tally in self._tallies.items()]
        for (method, route, status), counts, seconds in told:
            family.add_metric((method, route, str(status)), list(_buckets(counts)), seconds)
        yield family


def _buckets(counts: tuple[int, ...]) -> Iterator[tuple[str, float]]:
    total = 0
    for edge, count in zip(_EDGES, counts, strict=True):
        total += count
        yield edge, float(total)
