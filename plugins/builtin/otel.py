"""Each answer of an assistant as a span and as metrics of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.measurements import Asked, Measurement
from jackfield.plugins.builtin import conventions as names
from jackfield.plugins.markers import hookimpl

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, Meter
    from opentelemetry.trace import Tracer

_SCOPE: Final = "jackfield"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BROKEN: Final = "broken"


@frozen
class OtelSettings:
    """`[plugins.otel]`: an empty table."""


@define
class OpenTelemetry:
    """Uses the providers that the program has set; it sets none, and exports nothing by itself.

    No text is ever in a span: what was asked and answered is not measured.
    """

    Settings: ClassVar[type[OtelSettings]] = OtelSettings

    settings: OtelSettings = field(factory=OtelSettings)
    _tracer: Tracer = field(init=False)
    _duration: Histogram = field(init=False)
    _first_chunk: Histogram = field(init=False)
    _tokens: Histogram = field(init=False)

    def __attrs_post_init__(self) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise InvalidInput(
                "opentelemetry-api is not installed",
                place="plugins.otel",
                remedy="pip install 'jackfield[otel]'",
            ) from None
        self._tracer = trace.get_tracer(_SCOPE)
        self._measured_by(metrics.get_meter(_SCOPE))

    def _measured_by(self, meter: Meter) -> None:
        self._duration = _histogram(meter, names.OPERATION_DURATION, "s", names.SECONDS)
        self._first_chunk = _histogram(meter, names.FIRST_CHUNK, "s", names.FIRST_SECONDS)
        self._tokens = _histogram(meter, names.TOKEN_USAGE, "{token}", names.TOKENS)

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        """Tell of it if it is an answer: in the context of whoever took it, which may have a span."""
        if isinstance(measurement, Asked):
            self._span(measurement)
            self._measure(measurement)

    def _span(self, asked: Asked) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode

        ended = _nanoseconds(asked.time)
        span = self._tracer.start_span(
            names.INVOKE_AGENT,
            kind=SpanKind.CLIENT,
            start_time=ended - round(asked.value * 1_000_000) * 1_000,
            attributes={**_common(asked), **_of_one(asked)},
        )
        if asked.end == _BROKEN:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)

    def _measure(self, asked: Asked) -> None:
        common = _common(asked)
        self._duration.record(asked.value, common)
        if asked.first_piece_s is not None:
            self._first_chunk.record(asked.first_piece_s, common)
        if asked.exact:
            self._tokens.record(asked.prompt_tokens, {**common, names.TOKEN_TYPE: "input"})
            self._tokens.record(asked.completion_tokens, {**common, names.TOKEN_TYPE: "output"})


def _histogram(meter: Meter, name: str, unit: str, boundaries: tuple[float, ...]) -> Histogram:
    return meter.create_histogram(name, unit=unit, explicit_bucket_boundaries_advisory=boundaries)


def _common(asked: Asked) -> Mapping[str, Any]:
    """What has few values."""
    error = {names.ERROR_TYPE: asked.end} if asked.end == _BROKEN else {}
    return {
        names.OPERATION_NAME: names.INVOKE_AGENT,
        names.PROVIDER_NAME: names.PROVIDER,
        names.REQUEST_MODEL: asked.model,
        **error,
    }


def _of_one(asked: Asked) -> Mapping[str, Any]:
    """What belongs to this one answer; tokens only if they were counted."""
    counted = {names.INPUT_TOKENS: asked.prompt_tokens, names.OUTPUT_TOKENS: asked.completion_tokens}
    return {
        names.CONVERSATION_ID: asked.conversation,
        names.AGENT_ID: asked.assistant,
        names.PROMPT_NAME: asked.prompt,
        names.VERSION: asked.version,
        names.REQUEST_MAX_TOKENS: asked.output,
        names.REQUEST_TEMPERATURE: asked.temperature,
        names.FINISH_REASONS: (names.REASONS.get(asked.end, asked.end),),
        **(counted if asked.exact else {}),
    }


def _nanoseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1) * 1_000
