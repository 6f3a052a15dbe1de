"""What a type checker sees of the doors for plugins and tests; mypy and pyright check it, and it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import jackfield
from jackfield import plugin, testing
from jackfield.plugin import Candidate, Finding, Measurement, PluginReport, Severity, hookimpl
from jackfield.testing import OpenCore, Simulator


class Typed:
    """A plugin whose hooks keep their types under the mark."""

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        """Hear it."""
        assert_type(measurement.value, float)

    @hookimpl
    def jackfield_review(self, version: Candidate) -> Iterator[Finding]:
        """Say something of it."""
        assert_type(version.definition, jackfield.PromptDefinition)
        assert_type(version.before, str | None)
        yield Finding(message="typed", severity=Severity.WARNING)


def check_types(open_core: OpenCore, simulator: Simulator) -> None:
    """Read by the type checkers alone."""
    core = assert_type(open_core(plugins={"typed": Typed}), jackfield.Core)
    assert_type(core.plugins, tuple[PluginReport, ...])
    assert_type(core.prompts.review(core.prompts.definition("a", "1.0.0")), tuple[Finding, ...])
    assert_type(simulator.faults, testing.Faults)


def test_everything_that_the_doors_name_is_there() -> None:
    for door in (plugin, testing):
        assert [name for name in door.__all__ if getattr(door, name, None) is None] == []
