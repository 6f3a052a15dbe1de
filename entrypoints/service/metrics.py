"""Everything that was measured, in Prometheus' text form: of the core by its plugin, and of the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from attrs import frozen

from jackfield.domain.model.errors import JackfieldError
from jackfield.plugins.builtin.prometheus import Prometheus

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.service.serving import Serving

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(serving: Serving) -> bytes:
    """Return it all."""
    from prometheus_client import CollectorRegistry, generate_latest

    own = CollectorRegistry()
    own.register(_State(serving))
    measured = _measured(serving.core)
    return generate_latest(own) + (b"" if measured is None else generate_latest(measured))


def _measured(core: Core) -> CollectorRegistry | None:
    """Return what the built-in plugin keeps, where it is loaded."""
    kept = (each.whole for each in core.host.plugins if isinstance(each.whole, Prometheus))
    return next((each.registry for each in kept), None)


@frozen(eq=False)
class _State:
    """Tells a registry of requests, jobs and what waits for receivers."""

    serving: Serving

    def collect(self) -> Iterator[Metric]:
        """Tell it now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        serving = self.serving
        yield from serving.counters.collect()
        yield from serving.counted.collect()
        yield GaugeMetricFamily(
            "jackfield_http_requests_active", "Requests that are at work", value=serving.at_work
        )
        runs = CounterMetricFamily("jackfield_job_runs", "Jobs that were done", labels=("job", "result"))
        for job in serving.jobs:
            for result, count in (("done", job.runs), ("left", job.passed), ("failed", job.errors)):
                runs.add_metric((job.name, result), count)
        yield runs
        yield from self._deliveries()
        yield from self._breakers()

    def _deliveries(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        pending = GaugeMetricFamily(
            "jackfield_deliveries_pending", "Entries that wait for a receiver", labels=("destination", "kind")
        )
        try:
            found = self.serving.core.deliveries.status()
        except JackfieldError:
            return
        for each in found:
            for kind, count in each.pending.items():
                pending.add_metric((each.name, kind), count)
        yield pending

    def _breakers(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        states = GaugeMetricFamily(
            "jackfield_breaker_open", "1 while calls fail at once", labels=("host", "operation")
        )
        for each in self.serving.core.breakers():
            states.add_metric((each.host, each.operation), float(each.state.value == "open"))
        yield states
