"""What is logged of a failing plugin: once a kind, under its name, and nothing that it said."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from loguru import logger

from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Organization
from jackfield.plugins.samples import CANDIDATE
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import bad


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    lines = io.StringIO()
    sink = logger.add(lines, format="{level} {message} {extra}", level="DEBUG")
    logger.enable("jackfield")
    yield lines
    logger.disable("jackfield")
    logger.remove(sink)


def test_a_failure_is_logged_once_a_kind_and_counted_each_time(
    open_core: OpenCore, logged: io.StringIO
) -> None:
    core = open_core(plugins={"odd": bad("jackfield_measure", harm.raises)})
    for value in range(50):
        core.host.measure(Measurement(organization=Organization("a"), name="n", value=value))
    core.close()
    warnings = [line for line in logged.getvalue().splitlines() if line.startswith("WARNING")]
    assert warnings == [
        "WARNING plugin failed {'plugin': 'odd', 'what': 'jackfield_measure', 'error': 'ValueError'}"
    ]
    assert next(r.errors for r in core.plugins if r.name == "odd") == 50


def test_what_a_plugin_said_is_not_logged(open_core: OpenCore, logged: io.StringIO) -> None:
    core = open_core(plugins={"odd": bad("jackfield_review", harm.exits)})
    core.host.review(CANDIDATE)
    assert "'frames': (" in logged.getvalue()
    assert harm.SECRET not in logged.getvalue()
