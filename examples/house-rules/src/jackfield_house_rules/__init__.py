"""A plugin for Jackfield: the rules of the house."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from jackfield.plugin import Candidate, Finding, Measurement, hookimpl
from jackfield_house_rules.rules import HouseRulesSettings, check
from jackfield_house_rules.statsd import StatsD

if TYPE_CHECKING:
    from click import Command

__all__ = ["HouseRules", "HouseRulesSettings"]


class HouseRules:
    """Made when a core is opened, with its settings; closed with the core."""

    Settings: ClassVar[type[HouseRulesSettings]] = HouseRulesSettings

    def __init__(self, settings: HouseRulesSettings) -> None:
        self.settings = settings
        self.statsd = StatsD.at(settings.statsd) if settings.statsd else None

    @hookimpl
    def jackfield_review(self, version: Candidate) -> Iterator[Finding]:
        """Say which rules the version breaks."""
        return check(self.settings, version)

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        """Pass it on to StatsD."""
        if self.statsd is not None:
            self.statsd.send(measurement)

    @hookimpl
    def jackfield_commands(self) -> list[Command]:
        """Add `jackfield house-rules`; click is imported only when somebody asks for commands."""
        from jackfield_house_rules.command import rules_command

        return [rules_command(self.settings)]

    def close(self) -> None:
        """Let go of the socket."""
        if self.statsd is not None:
            self.statsd.close()
