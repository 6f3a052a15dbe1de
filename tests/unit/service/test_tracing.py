"""The W3C trace of a request goes out with its calls to the platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jackfield.adapters.around import TRACE
from jackfield.adapters.http import Request
from tests.unit.service.assisted import ADVICE, QUERY, START
from tests.unit.service.house import NAME, House, published
from tests.unit.service.recorded import Recorded, recorded

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
PARENT = f"00-{ID}-{CALLER}-01"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Recorded, House]]:
    with recorded(tmp_path) as (platform, core):
        published(core, "1.0.0", "1.1.0")
        yield platform, House(core)


def _told(requests: list[Request]) -> list[list[str]]:
    assert requests
    return [each.headers["traceparent"].split("-") for each in requests]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"}),
        ("/v1/advice/query", ADVICE),
        ("/query", QUERY),
        ("/v1/sessions", START),
    ],
)
def test_every_call_belongs_to_it_with_a_parent_id_of_its_own(
    asked: tuple[Recorded, House], path: str, body: object
) -> None:
    platform, house = asked
    calls = platform.during(lambda: house.post(path, body, traceparent=PARENT, tracestate="vendor=1"))
    told = _told(calls)
    spans = [span for _, _, span, _ in told]
    assert {(version, trace, flags) for version, trace, _, flags in told} == {("00", ID, "01")}
    assert len({*spans, CALLER}) == len(calls) + 1
    assert {each.headers["tracestate"] for each in calls} == {"vendor=1"}


@pytest.mark.parametrize(
    "parent", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01", f"00-{ID.upper()}-{CALLER}-01"]
)
def test_without_one_that_is_good_a_new_one_begins(asked: tuple[Recorded, House], parent: str) -> None:
    platform, house = asked
    headers = {"traceparent": parent} if parent else {}
    path = f"/v1/prompts/{NAME}"
    first = platform.during(lambda: house.get(path, **headers, tracestate="vendor=1"))
    other = platform.during(lambda: house.get(path, **headers))
    traces = {trace for _, trace, _, _ in (*_told(first), *_told(other))}
    assert len(traces) == 2
    assert ID not in traces
    assert not any("tracestate" in each.headers for each in first)


def test_nothing_of_it_is_left_behind(asked: tuple[Recorded, House]) -> None:
    platform, house = asked
    house.get(f"/v1/prompts/{NAME}", traceparent=PARENT)
    calls = platform.during(lambda: house.core.prompts.status(NAME))
    assert (TRACE.get(), [each for each in calls if "traceparent" in each.headers]) == (None, [])
