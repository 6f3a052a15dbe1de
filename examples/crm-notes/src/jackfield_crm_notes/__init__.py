"""A destination for Jackfield: every promotion becomes a note in a CRM."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import ClassVar

from attrs import frozen

from jackfield.plugin import (
    Delivery,
    DestinationSettings,
    Entry,
    Http,
    Secret,
    answered,
    hookimpl,
)

__all__ = ["CrmNotes", "CrmNotesSettings", "Notes"]


@frozen(kw_only=True)
class CrmNotesSettings:
    """`[plugins.crm-notes]`."""

    url: str
    token: Secret | None = None


@frozen
class CrmNotes:
    """Gives the destination `crm-notes`."""

    Settings: ClassVar[type[CrmNotesSettings]] = CrmNotesSettings

    settings: CrmNotesSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Notes]:
        """Give the one destination; *http* refuses hosts that are not public."""
        return [Notes(self.settings, http, settings.target)]


@frozen
class Notes:
    """Posts a note for each version that went live."""

    settings: CrmNotesSettings
    http: Http
    target: str
    name: str = "crm-notes"
    wants: tuple[str, ...] = ("prompt.promote:succeeded", "prompt.roll_back:succeeded")

    def deliver(self, entry: Entry) -> Delivery:
        """Post the note; the CRM tells notes that come again by their id."""
        event = entry.event
        version = (event.payload or {}).get("version", "a version")
        said = f"{event.reason} ({event.actor})"
        note = {
            "id": event.id,
            "text": f"{event.subject.name} {version} is live in {self.target}: {said}",
        }
        headers = {"Content-Type": "application/json"}
        if self.settings.token is not None:
            headers["Authorization"] = f"Bearer {self.settings.token.reveal()}"
        answer = self.http("POST", self.settings.url, headers=headers, body=json.dumps(note).encode())
        return answered(answer.status, answer.headers, datetime.now(UTC))

    def close(self) -> None:
        """There is nothing to let go of."""
