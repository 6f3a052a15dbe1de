"""The built-in plugin `otel`: OpenTelemetry's names, through the program's own providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import pytest
from attrs import define
from opentelemetry import trace
from opentelemetry.metrics import _internal
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from jackfield.adapters.simulator import AT_ONCE, Assistant, Scripted
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.plugins.builtin.conventions import REASONS
from jackfield.plugins.samples import MEASUREMENT
from jackfield.testing import OpenCore, Simulator
from tests.plugins.measuring import asked

NANO: Final = 1_795_253_400_123_456_000
PROMPT: Final = PromptDefinition(
    name="refund", version="1.2.0", model="gpt-small", max_tokens=500, template="You help customers."
)


@define
class Exported:
    """What the program's own exporters saw."""

    spans: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def span(self) -> ReadableSpan:
        """The one span that is Jackfield's."""
        (span,) = (s for s in self.spans.get_finished_spans() if s.name == "invoke_agent")
        return span

    @property
    def points(self) -> Mapping[str, list[HistogramDataPoint]]:
        """The points of each metric."""
        data = self.reader.get_metrics_data()
        if data is None:
            return {}
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        found = {metric.name: metric.data.data_points for scope in scopes for metric in scope.metrics}
        return cast("Mapping[str, list[HistogramDataPoint]]", found)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exported]:
    """Providers of the program, for the length of one test."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", tracers)
    monkeypatch.setattr(_internal, "_METER_PROVIDER", meters)
    yield Exported(spans, reader)
    tracers.shutdown()
    meters.shutdown()


def _told(open_core: OpenCore, **other: Any) -> None:
    core = open_core(settings={"otel": {}})
    core.host.measure(MEASUREMENT)
    core.host.measure(asked(**other))
    core.close()
    assert [report.errors for report in core.plugins if report.name == "otel"] == [0]


def test_an_answer_is_a_client_span_with_its_own_times(open_core: OpenCore, exported: Exported) -> None:
    _told(open_core)
    span = exported.span
    assert (span.name, span.kind, span.parent) == ("invoke_agent", SpanKind.CLIENT, None)
    assert (span.end_time, span.start_time) == (NANO, NANO - 1_500_000_000)
    assert span.status.status_code is StatusCode.UNSET


def test_its_attributes_have_the_conventions_names(open_core: OpenCore, exported: Exported) -> None:
    _told(open_core)
    assert dict(exported.span.attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "genesys.cloud",
        "gen_ai.request.model": "gpt-small",
        "gen_ai.conversation.id": "conv-1",
        "gen_ai.agent.id": "asst-1",
        "gen_ai.prompt.name": "refund",
        "jackfield.prompt.version": "1.2.0",
        "gen_ai.request.max_tokens": 800,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 70,
        "gen_ai.usage.output_tokens": 16,
    }


def test_estimated_tokens_are_told_nowhere(open_core: OpenCore, exported: Exported) -> None:
    _told(open_core, exact=False)
    assert not [name for name in exported.span.attributes or {} if name.startswith("gen_ai.usage")]
    assert "gen_ai.client.token.usage" not in exported.points


def test_a_broken_answer_is_an_error(open_core: OpenCore, exported: Exported) -> None:
    _told(open_core, end="broken", first_piece_s=None)
    attributes = exported.span.attributes or {}
    assert exported.span.status.status_code is StatusCode.ERROR
    assert (attributes["error.type"], attributes["gen_ai.response.finish_reasons"]) == ("broken", ("error",))
    points = exported.points
    assert (points["gen_ai.client.operation.duration"][0].attributes or {})["error.type"] == "broken"
    assert "gen_ai.client.operation.time_to_first_chunk" not in points


def test_every_end_has_a_reason() -> None:
    assert {*REASONS} == {end.value for end in End}


def test_metrics_are_in_seconds_and_tokens_with_few_labels(open_core: OpenCore, exported: Exported) -> None:
    _told(open_core)
    found = exported.points
    common = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "genesys.cloud",
        "gen_ai.request.model": "gpt-small",
    }
    assert {name: [(point.sum, dict(point.attributes or {})) for point in found[name]] for name in found} == {
        "gen_ai.client.operation.duration": [(1.5, common)],
        "gen_ai.client.operation.time_to_first_chunk": [(0.25, common)],
        "gen_ai.client.token.usage": [
            (70, {**common, "gen_ai.token.type": "input"}),
            (16, {**common, "gen_ai.token.type": "output"}),
        ],
    }
    assert found["gen_ai.client.operation.duration"][0].explicit_bounds[:3] == (0.01, 0.02, 0.04)


def test_the_span_is_a_child_of_the_one_in_which_the_answer_was_taken(
    open_core: OpenCore, simulator: Simulator, exported: Exported
) -> None:
    simulator.platform.script("asst-1", Assistant(scripts=[Scripted(text="It is there.")], pace=AT_ONCE))
    core = open_core(settings={"otel": {}})
    me = core.acting_as("mina", reason="CHG-1").assistants
    with (
        trace.get_tracer("program").start_as_current_span("request") as request,
        me.ask("asst-1", PROMPT, values={}, user="a customer's words") as reply,
    ):
        answer = reply.answer
    core.close()
    parent = exported.span.parent
    assert parent is not None
    assert parent.span_id == request.get_span_context().span_id
    shown = f"{exported.span.to_json()}{exported.points}"
    assert answer.conversation in shown
    assert [text for text in ("customer's words", answer.text, PROMPT.template) if text in shown] == []


def test_without_the_library_it_says_what_to_install(
    open_core: OpenCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InvalidInput, match=r"plugins\.otel.*jackfield\[otel\]"):
        open_core(settings={"otel": {}})


def test_a_program_without_providers_hears_nothing_and_loses_nothing(open_core: OpenCore) -> None:
    _told(open_core)
