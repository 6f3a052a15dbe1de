"""The built-in plugin `telemetry`: the tutorial's shape, on a real socket, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from jackfield.adapters.simulator import AT_ONCE, Assistant, Scripted
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.entrypoints.core import Core
from jackfield.plugin import Measurement, PluginReport, PluginState
from jackfield.plugins.samples import MEASUREMENT
from jackfield.testing import OpenCore, Simulator
from tests.plugins.measuring import Endpoint, asked, listening

GOLDEN: Final = (
    b'{"conversationId":"conv-1","assistantId":"asst-1","injectionLatencyMs":42,"tokensConsumed":16,'
    b'"timestamp":"2026-11-21T09:30:00.123Z","safetyPolicyTriggered":false,"tokensPerSecond":10.667}'
)
PROMPT: Final = PromptDefinition(
    name="refund", version="1.2.0", model="gpt-small", max_tokens=500, template="You help customers."
)


@pytest.fixture
def served() -> Iterator[tuple[Endpoint, str]]:
    with listening() as there:
        yield there


def _core(open_core: OpenCore, url: str) -> Core:
    return open_core(settings={"telemetry": {"endpoint": url}})


def _report(core: Core) -> PluginReport:
    return next(report for report in core.plugins if report.name == "telemetry")


def _told(core: Core, *measurements: Measurement) -> PluginReport:
    for measurement in measurements:
        core.host.measure(measurement)
    core.close()
    return _report(core)


def test_an_answer_is_posted_in_the_tutorials_shape(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    report = _told(_core(open_core, url), asked())
    assert endpoint.came == [("/telemetry?token=canary", "application/json", GOLDEN)]
    assert (report.errors, report.state) == (0, PluginState.LOADED)


def test_what_was_not_measured_and_a_safety_policy_are_said(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    _told(_core(open_core, url), asked(safety=True, end="safety", tokens_per_second=None))
    assert endpoint.came[0][2].endswith(b'"safetyPolicyTriggered":true,"tokensPerSecond":null}')


def test_nothing_else_is_posted(open_core: OpenCore, served: tuple[Endpoint, str]) -> None:
    endpoint, url = served
    _told(_core(open_core, url), MEASUREMENT)
    assert endpoint.came == []


def test_an_answer_of_an_assistant_is_told(
    open_core: OpenCore, simulator: Simulator, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    simulator.platform.script("asst-1", Assistant(scripts=[Scripted(text="It is there.")], pace=AT_ONCE))
    core = _core(open_core, url)
    me = core.acting_as("mina", reason="CHG-1").assistants
    with me.ask("asst-1", PROMPT, values={}, user="Where is it?") as reply:
        conversation = reply.answer.conversation
    core.close()
    assert f'"conversationId":"{conversation}","assistantId":"asst-1"'.encode() in endpoint.came[0][2]


def test_the_endpoint_may_be_named_by_the_environment(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    core = open_core(settings={"telemetry": {}}, environ={"OBSERVABILITY_ENDPOINT": url})
    _told(core, asked())
    assert len(endpoint.came) == 1


def test_the_table_wins_over_the_environment(open_core: OpenCore, served: tuple[Endpoint, str]) -> None:
    endpoint, url = served
    table = {"telemetry": {"endpoint": url}}
    core = open_core(settings=table, environ={"OBSERVABILITY_ENDPOINT": "https://elsewhere.example"})
    _told(core, asked())
    assert len(endpoint.came) == 1


def test_without_a_table_the_environment_is_not_read(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    core = open_core(environ={"OBSERVABILITY_ENDPOINT": url})
    core.host.measure(asked())
    core.close()
    assert endpoint.came == []


@pytest.mark.parametrize("environ", [{}, {"OBSERVABILITY_ENDPOINT": ""}])
def test_without_an_endpoint_it_is_not_opened(open_core: OpenCore, environ: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="set it, or the variable OBSERVABILITY_ENDPOINT"):
        open_core(settings={"telemetry": {}}, environ=environ)


@pytest.mark.parametrize(
    "url",
    [
        "http://metrics.example/x",
        "https://10.0.0.1/canary",
        "https://user:canary@metrics.example",
        "ftp://x.example",
    ],
)
def test_an_endpoint_that_may_not_be_called_is_refused_at_opening(open_core: OpenCore, url: str) -> None:
    with pytest.raises(InvalidInput, match=r"plugins\.telemetry\.endpoint") as caught:
        _core(open_core, url)
    assert "canary" not in str(caught.value)


def test_what_an_endpoint_refuses_is_counted_and_the_next_is_posted(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    endpoint.status = 503
    report = _told(_core(open_core, url), asked(), asked())
    assert (len(endpoint.came), report.errors) == (2, 2)
    assert report.trouble == "jackfield_measure: the endpoint answers with status 503"
    assert report.state is PluginState.LOADED


def test_an_endpoint_that_is_away_is_counted_without_its_address(open_core: OpenCore) -> None:
    report = _told(_core(open_core, "http://127.0.0.1:9/canary"), asked())
    assert report.errors == 1
    assert report.trouble.startswith("jackfield_measure: the endpoint was not reached: ")
    assert "canary" not in report.trouble


def test_an_endpoint_that_does_not_answer_holds_up_nobody_and_what_waits_is_bounded(
    open_core: OpenCore, served: tuple[Endpoint, str]
) -> None:
    endpoint, url = served
    core = _core(open_core, url)
    capacity = core.host.patience.waiting
    endpoint.held.clear()
    core.host.measure(asked())
    endpoint.wait_for(1)
    for _ in range(capacity + 200):
        core.host.measure(asked())
    assert _report(core).dropped == 200
    endpoint.held.set()
