"""The platform's own audit log, as the second tutorial writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, ordered
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Rejected, Retry
from jackfield.domain.model.errors import JackfieldError, PlatformRejected, RateLimited
from jackfield.domain.model.events import Entry, timestamp
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "genesys-audit"
_PATH: Final = "/api/v2/users/me/auditlogs"
_ACTIONS: Final = {
    "prompt.publish": "CREATE",
    "prompt.adopt": "CREATE",
    "prompt.promote": "UPDATE",
    "prompt.freeze": "UPDATE",
    "prompt.unfreeze": "UPDATE",
    "prompt.roll_back": "ROLLBACK",
    "prompt.export": "EXPORT",
}
_ERASED: Final = "erased"
"""The platform takes no entry without a version."""

_WANTS: Final = tuple(f"{each}:succeeded" for each in _ACTIONS)


@frozen(kw_only=True)
class GenesysAuditSettings:
    """`[plugins.genesys-audit]`: its presence is all there is to set."""


@frozen
class GenesysAudit:
    """Gives the destination `genesys-audit`."""

    Settings: ClassVar[type[GenesysAuditSettings]] = GenesysAuditSettings

    settings: GenesysAuditSettings = field(factory=GenesysAuditSettings)

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[PlatformLog]:
        """Give the one destination."""
        del http  # the platform is called with its own token, under its own rules
        return [PlatformLog(settings)]


@frozen
class PlatformLog:
    """Writes every change that was made into the platform's log (`wire.md` §6)."""

    settings: DestinationSettings
    name: str = NAME
    wants: tuple[str, ...] = _WANTS

    def deliver(self, entry: Entry) -> Delivery:
        """Post it; what the platform refuses for its content is refused the next time too."""
        body = ordered(self._body(entry)).encode()
        try:
            self.settings.platform("POST", _PATH, body)
        except PlatformRejected as error:
            return Rejected(reason=error.message)
        except RateLimited as error:
            return Retry(reason=error.message, after=error.retry_after)
        except JackfieldError as error:
            return Retry(reason=error.message)
        return Delivered()

    def _body(self, entry: Entry) -> JSON:
        event = entry.event
        payload = event.payload or {}
        return {
            "action": _ACTIONS[event.type],
            "promptId": self.settings.prompt_id(event.subject.name) or event.subject.name,
            "version": payload.get("version", _ERASED),
            "actor": event.actor,
            "timestamp": timestamp(event.time, "milliseconds"),
            "details": {**_exported(payload), **_ours(entry)},
            "platform": "genesys-cloud-llm-gateway",
            "complianceStandard": "ISO27001-AI",
        }

    def close(self) -> None:
        """There is nothing to let go of."""


def _exported(payload: Mapping[str, JSON]) -> dict[str, JSON]:
    """Where an export went."""
    return {"targetEndpoint": payload["target"]} if "target" in payload else {}


def _ours(entry: Entry) -> dict[str, JSON]:
    """What an entry of the platform's log is found by in ours."""
    return {"reason": entry.event.reason, "auditId": entry.event.id, "hash": entry.hash}
