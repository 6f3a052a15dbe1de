"""Everything that is measured, for Prometheus."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.measurements import Asked, Measurement
from jackfield.plugins.markers import hookimpl

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry

MOST_VALUES: Final = 1_000
"""How many values of one label are told apart; the others are `other`."""

MOST_NAMES: Final = 200
OTHER: Final = "other"

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BYTES: Final = tuple(4.0**n for n in range(4, 13))
_TUTORIAL: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
_OWN_BUCKETS: Final = {"agentassist_recommendation_latency_seconds": _TUTORIAL}
"""Those of agent assist's usual dashboards: the client's own ones, and two for what is cached."""
_HISTOGRAMS: Final = {"s": ("seconds", _SECONDS), "By": ("bytes", _BYTES)}
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", re.ASCII)


@frozen(kw_only=True)
class PrometheusSettings:
    """`[plugins.prometheus]`: `listen` serves it at HOST:PORT, `file` has it when the core is closed.

    The file has what one process measured. A process that measured nothing leaves it as it is.
    """

    listen: str | None = None
    file: str | None = None


@frozen
class _Series:
    """One metric, with the labels that it was first measured with."""

    labels: tuple[str, ...]
    keep: Callable[[Sequence[str], float], None]


@define
class Prometheus:
    """Keeps what is measured: durations and sizes as histograms, counts as counters, the rest as gauges."""

    Settings: ClassVar[type[PrometheusSettings]] = PrometheusSettings

    settings: PrometheusSettings = field(factory=PrometheusSettings)
    registry: CollectorRegistry = field(init=False)
    port: int | None = field(default=None, init=False)
    _series: dict[str, _Series] = field(factory=dict[str, _Series], init=False)
    _values: dict[str, set[str]] = field(factory=dict[str, set[str]], init=False)
    _server: WSGIServer | None = field(default=None, init=False)
    _thread: Thread | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        try:
            from prometheus_client import CollectorRegistry
        except ImportError:
            raise _refused(
                "prometheus-client is not installed", "pip install 'jackfield[metrics]', or remove the table"
            ) from None
        self.registry = CollectorRegistry()
        if self.settings.listen is not None:
            self._listen(self.settings.listen)

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        """Keep it, and what else it says of an answer."""
        self._keep(measurement)
        for each in _told(measurement) if isinstance(measurement, Asked) else ():
            self._keep(each)

    def _keep(self, measurement: Measurement) -> None:
        series = self._of(measurement)
        if series is None:
            return
        given = {**measurement.labels, "organization": measurement.organization}
        values = [self._bounded(f"{measurement.name} {name}", given.get(name, "")) for name in series.labels]
        series.keep(values, measurement.value)

    def text(self) -> str:
        """Return everything in Prometheus' text form."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry).decode()

    def close(self) -> None:
        """Write the file, if one is named and something was measured, and stop listening."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        if self.settings.file is not None and self._series:
            path = Path(self.settings.file).expanduser()
            part = path.with_name(f"{path.name}.part")
            part.write_text(self.text(), encoding="utf-8")
            part.replace(path)

    def _of(self, measurement: Measurement) -> _Series | None:
        known = self._series.get(measurement.name)
        if known is None and len(self._series) < MOST_NAMES:
            known = self._series[measurement.name] = self._made(measurement)
        return known

    def _made(self, measurement: Measurement) -> _Series:
        labels = tuple(sorted({*measurement.labels, "organization"}))
        name = re.sub(r"[^a-zA-Z0-9_]", "_", measurement.name)
        what = f"{measurement.name}{_spelled(measurement.unit)}"
        return _Series(labels, self._metric(measurement.unit, name, what, labels))

    def _metric(
        self, unit: str, name: str, what: str, labels: tuple[str, ...]
    ) -> Callable[[Sequence[str], float], None]:
        from prometheus_client import Counter, Gauge, Histogram

        if unit in _HISTOGRAMS:
            suffix, usual = _HISTOGRAMS[unit]
            name = f"{name}_{suffix}"
            buckets = _OWN_BUCKETS.get(name, usual)
            spread = Histogram(name, what, labels, registry=self.registry, buckets=buckets)
            return lambda values, value: spread.labels(*values).observe(value)
        if unit.startswith("{"):
            count = Counter(name, what, labels, registry=self.registry)
            return lambda values, value: count.labels(*values).inc(value)
        level = Gauge(name, what, labels, registry=self.registry)
        return lambda values, value: level.labels(*values).set(value)

    def _bounded(self, label: str, value: str) -> str:
        seen = self._values.setdefault(label, set())
        if value not in seen and len(seen) >= MOST_VALUES:
            return OTHER
        seen.add(value)
        return value

    def _listen(self, address: str) -> None:
        from prometheus_client import start_http_server

        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise _refused("it is not HOST:PORT", "write such as 127.0.0.1:9464", "listen")
        try:
            self._server, self._thread = start_http_server(
                int(found[2]), found[1].strip("[]"), registry=self.registry
            )
        except (OSError, OverflowError):
            raise _refused("nothing can listen there", "choose another port", "listen") from None
        self.port = self._server.server_port


def _told(asked: Asked) -> Iterator[Measurement]:
    """What an answer says besides how long it took, by its prompt and version; never by its conversation."""
    labels = {"prompt": asked.prompt, "version": asked.version}
    if asked.first_piece_s is not None:
        yield _part(asked, "first_piece", asked.first_piece_s, "s", labels)
    exact = {"exact": str(asked.exact).lower()}
    for kind, tokens in (("input", asked.prompt_tokens), ("output", asked.completion_tokens)):
        yield _part(asked, "tokens", tokens, "{token}", {**labels, "kind": kind, **exact})


def _part(asked: Asked, name: str, value: float, unit: str, labels: dict[str, str]) -> Measurement:
    return Measurement(
        organization=asked.organization, name=f"jackfield.ask.{name}", value=value, unit=unit, labels=labels
    )


def _spelled(unit: str) -> str:
    """Return what a number is of: ` in s`, or of what is counted, as `{click}`, that it is."""
    counted = unit.removeprefix("{").removesuffix("}")
    return f", one for each {counted}" if unit == f"{{{counted}}}" else f" in {unit}"


def _refused(message: str, remedy: str, key: str = "") -> InvalidInput:
    place = ".".join(filter(None, ("plugins.prometheus", key)))
    return InvalidInput(message, place=place, remedy=remedy)
