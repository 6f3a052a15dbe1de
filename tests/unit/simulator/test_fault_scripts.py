"""Scripted faults that let some calls pass first."""

from __future__ import annotations

import orjson
import pytest

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.faults import Fault, Faults, Rule
from jackfield.adapters.simulator.faults.rules import read
from jackfield.domain.model.errors import InvalidInput


def kinds(faults: Faults, *paths: str) -> list[str | None]:
    requests = (Request(method="GET", url=f"http://host{path}") for path in paths)
    return [None if (met := faults.choose(each)) is None else met.kind for each in requests]


def test_a_script_lets_some_calls_of_its_route_pass() -> None:
    faults = Faults()
    faults.next("GET", "/a", "503", times=2, after=2)
    assert kinds(faults, "/a", "/b", "/a", "/a", "/a", "/a") == [None, None, None, "503", "503", None]


def test_scripts_count_for_themselves() -> None:
    faults = Faults()
    faults.next("GET", "**", "503", after=1)
    faults.next("GET", "**", "drop", after=1)
    assert kinds(faults, "/", "/", "/", "/") == [None, "503", "drop", None]


def test_what_is_still_let_through_is_told() -> None:
    faults = Faults()
    faults.next("GET", "**", "503", after=2)
    seen = []
    for _ in range(2):
        kinds(faults, "/")
        seen.append(faults.view()["faults"][0]["after"])
    assert seen == [1, 0]


def test_a_script_is_read_with_what_it_lets_pass() -> None:
    rule = read(orjson.dumps({"kind": "stream-drop", "times": 1, "after": 4}))
    assert (rule.fault, rule.times, rule.after) == (Fault("stream-drop"), 1, 4)


@pytest.mark.parametrize("after", [-1, 1_000_001])
def test_a_number_of_calls_to_pass_is_limited(after: int) -> None:
    with pytest.raises(InvalidInput):
        Rule(fault=Fault("503"), after=after)


def test_chance_lets_nobody_pass_first() -> None:
    with pytest.raises(InvalidInput):
        Rule(fault=Fault("503"), rate=0.5, after=1)
    with pytest.raises(InvalidInput):
        read(orjson.dumps({"kind": "503", "rate": 0.5, "after": 1}))
