"""Advice as the service gives it: each query is counted where it is answered, and told when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Final

from attrs import define, field

from jackfield.domain.services.advice.measuring import LATENCY, Measures, Status, Tier

if TYPE_CHECKING:
    from prometheus_client import Metric

    from jackfield.domain.model.errors import JackfieldError
    from jackfield.domain.services.advice import Advice
    from jackfield.entrypoints.core import Core

BUCKETS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
"""The client's usual ones, and two for what is cached. Source: `wire.md` §9."""
_EDGES: Final = (*map(str, BUCKETS), "+Inf")
_HOOK: Final = "jackfield_measure"
_OWN: Final = "prometheus"


@define(eq=False)
class CountedMeasures(Measures):
    """Counts queries at once: telling a plugin of each, on a thread of its own, costs more than a hit."""

    _spreads: dict[Status, list[int]] = field(init=False)
    _seconds: dict[Status, float] = field(init=False)
    _tiers: dict[Tier, int] = field(init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        Measures.__attrs_post_init__(self)
        self._spreads = {status: [0] * len(_EDGES) for status in Status}
        self._seconds = dict.fromkeys(Status, 0.0)
        self._tiers = dict.fromkeys(Tier, 0)

    def answered(self, status: Status, tier: Tier, seconds: float) -> None:
        """Count a query that has ended."""
        place = bisect_left(BUCKETS, seconds)
        with self._lock:
            self._spreads[status][place] += 1
            self._seconds[status] += seconds
            self._tiers[tier] += 1

    def refused(self) -> None:
        """Count a query that asks for what there is not."""
        with self._lock:
            self._tiers[Tier.REFUSED] += 1

    def collect(self) -> Iterator[Metric]:
        """Tell what was counted to a registry of Prometheus, by the names that its plugin would have."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        with self._lock:
            spreads = {status: (tuple(c), self._seconds[status]) for status, c in self._spreads.items()}
            tiers = dict(self._tiers)
        labels = ("organization", "status")
        latency = HistogramMetricFamily(f"{LATENCY}_seconds", f"{LATENCY} in s", labels=labels)
        for status, (counts, seconds) in spreads.items():
            totals = zip(_EDGES, map(float, accumulate(counts)), strict=True)
            if any(counts):
                latency.add_metric((self.organization, status.value), list(totals), seconds)
        yield latency
        queries = CounterMetricFamily(
            "jackfield_advice_queries",
            "jackfield.advice.queries, one for each query",
            labels=("from", "organization"),
        )
        for tier, number in tiers.items():
            if number:
                queries.add_metric((tier.value, self.organization), number)
        yield queries


@define(eq=False)
class CountedAdvice:
    """The advice of a core that is served. Where other plugins hear of measurements, all go to plugins."""

    _advice: Advice | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def of(self, core: Core) -> Advice:
        """Return it; from the first time on its queries are counted here."""
        if self._advice is not None:
            return self._advice
        with self._lock:
            advice = core.advice
            hearing = advice.hearing
            if _hears_alone(core) and not isinstance(hearing.measures, CountedMeasures):
                known = hearing.measures
                hearing.measures = CountedMeasures(known.organization, known.measure, known.agents)
            self._advice = advice
            return advice

    def unwritten(self) -> JackfieldError | None:
        """Return what keeps from the log what happened with advice; None if nothing does."""
        return None if self._advice is None else self._advice.hearing.buffer.failing

    def collect(self) -> Iterator[Metric]:
        """Tell what was counted."""
        measures = None if self._advice is None else self._advice.hearing.measures
        if isinstance(measures, CountedMeasures):
            yield from measures.collect()


def _hears_alone(core: Core) -> bool:
    """Whether nobody but the plugin whose numbers are told with ours hears what is measured."""
    return {each.name for each in core.host.plugins if each.gives(_HOOK)} <= {_OWN}
