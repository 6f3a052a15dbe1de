"""Webhooks to any receiver, signed as Standard Webhooks has it."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.deliveries.wanting import SETTLED
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.event_types import told
from jackfield.domain.model.events import Entry, timestamp
from jackfield.domain.model.exports import exported
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin import genesys_audit, jsonl, log_lines, registry
from jackfield.plugins.builtin.posting import Posted, given, usable
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.receivers import RECEIVER
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_TAKEN: Final = frozenset(each.NAME for each in (genesys_audit, jsonl, log_lines, registry))
"""The names of the other built-in destinations: progress is kept by name."""


def _name(_instance: object, _field: object, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("a name is letters, digits, '.', '_' and '-', at most 80", place="name")
    if name in _TAKEN:
        raise InvalidInput(
            f"{name!r} is the name of the destination of [plugins.{name}]; give the endpoint another",
            place="name",
        )


def _once(_instance: object, _field: object, endpoints: tuple[Endpoint, ...]) -> None:
    names = [each.name for each in endpoints]
    if len(set(names)) < len(names):
        raise InvalidInput("two endpoints have one name: progress is kept by it", place="name")


@frozen(kw_only=True)
class Endpoint:
    """One `[[plugins.webhooks.endpoints]]`: where webhooks go, which, and by which secrets."""

    name: str = field(validator=_name)
    url: str = field(repr=False, metadata=RECEIVER)
    secret: Secret | None = field(default=None, validator=usable)
    previous_secret: Secret | None = field(default=None, validator=usable)
    types: tuple[str, ...] = field(default=SETTLED, converter=told)


@frozen(kw_only=True)
class WebhooksSettings:
    """`[plugins.webhooks]`."""

    endpoints: tuple[Endpoint, ...] = field(default=(), validator=_once)


@frozen
class Webhooks:
    """Gives a destination for each endpoint of the settings."""

    Settings: ClassVar[type[WebhooksSettings]] = WebhooksSettings

    settings: WebhooksSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Posted]:
        """Give one destination an endpoint."""
        del settings  # an endpoint needs nothing of the target
        return [
            Posted(
                name=each.name,
                url=each.url,
                wants=each.types,
                http=http,
                secrets=given(each.secret, each.previous_secret),
                body=_body,
            )
            for each in self.settings.endpoints
        ]


def _body(entry: Entry) -> JSON:
    """Type, timestamp and data, as Standard Webhooks recommends; the data is the exported line."""
    return {
        "type": entry.event.type,
        "timestamp": timestamp(entry.event.time),
        "data": exported(entry),
    }
