"""Destinations that plugins give, and what they do wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import define

from jackfield.entrypoints.core import Core
from jackfield.plugin import DestinationSettings, Http, hookimpl
from jackfield.plugins.samples import CANDIDATE

LONG = timedelta(hours=1)


@define
class Gives:
    """A plugin that gives what it is told to."""

    things: Any

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> Any:
        return self.things


def publish_candidate(core: Core) -> None:
    core.acting_as("mina", reason="CHG-1").prompts.publish(CANDIDATE.definition)
