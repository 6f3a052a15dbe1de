"""Where a prompt's metadata may go: to a URL, or else to a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.parts.calling import allowed
from jackfield.entrypoints.settings import Settings
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.genesys.client import Client
    from jackfield.adapters.http import Send
    from jackfield.ports.exports import ExportTarget, ExportTargets
    from jackfield.ports.http import Http
    from jackfield.ports.prompts import RemoteId

_TIMEOUT: Final = timedelta(seconds=15)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_MEANT: Final = re.compile(r"\s*https?:|.*:.*@", re.IGNORECASE | re.DOTALL)
"""What was meant as a URL, and may hold a password: as a path it would be shown, and kept in the log."""


@frozen
class LateMetadata:
    """The `PromptMetadata` of the platform, loaded by the first export."""

    client: Callable[[], Client]

    def metadata(self, prompt: RemoteId) -> Mapping[str, Any]:
        """Return every field of what the platform tells of a prompt."""
        from jackfield.adapters.genesys.metadata import GenesysMetadata

        return GenesysMetadata(self.client()).metadata(prompt)


def export_targets(http: Callable[[], Http]) -> ExportTargets:
    """Return what finds the place that a URL or a path names; *http* is opened for the first URL."""

    def find(place: str) -> ExportTarget:
        from jackfield.adapters.exports.files import ExportFile
        from jackfield.adapters.exports.urls import ExportUrl

        if _SCHEME.match(place):
            return ExportUrl.of(place, http())
        if place == "-":
            raise InvalidInput(
                "an export goes to a URL or a new file, not to standard output",
                place="export",
                remedy="name a file and read that; one that is called '-' is './-'",
            )
        if not place or "\0" in place or _MEANT.match(place):
            raise InvalidInput(
                "it is neither a URL nor a path",
                place="export",
                remedy="write a URL as https://host/path, or name a new file without ':' and '@'",
            )
        return ExportFile(Path(place))

    return find


def export_http(settings: Settings, clock: Clock, send: Send) -> Http:
    """Return what calls URLs by *send*: guarded as deliveries are, with the time that an export may take."""
    from jackfield.adapters.webhooks import GuardedHttp

    return GuardedHttp(send=send, clock=clock, allowed=allowed(settings), deadline=_TIMEOUT)
