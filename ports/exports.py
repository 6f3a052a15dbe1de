"""What is told of a prompt to other programs, and where to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jackfield.ports.prompts import RemoteId


class PromptMetadata(Protocol):
    """A platform that tells what is live of a prompt in its own words."""

    def metadata(self, prompt: RemoteId) -> Mapping[str, Any]:
        """Return the whole of what the platform tells; it has a `version`. Raises what reading raises."""
        ...


class ExportTarget(Protocol):
    """One place to export to."""

    @property
    def shown(self) -> str:
        """Return the place as it may be recorded: without credentials, query or fragment."""
        ...

    def send(self, document: Mapping[str, Any]) -> None:
        """Hand *document* over, once: nothing is sent a second time.

        Raises a `NotSent` or a `Refused` if it did not happen, `OutcomeUnknown` without a usable answer.
        """
        ...


class ExportTargets(Protocol):
    """Finds places to export to."""

    def __call__(self, place: str) -> ExportTarget:
        """Return the place that a URL or a path names; raise `InvalidInput` for what may not be one."""
        ...
