"""An MLOps registry that is told of every promotion, in the form of the first tutorial's audit record."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry
from jackfield.domain.model.exports import PROMOTIONS, promotion_record
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.posting import Posted, given, usable
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.receivers import RECEIVER
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "registry"
_WANTS: Final = tuple(f"{each}:{outcome}" for each in PROMOTIONS for outcome in ("succeeded", "failed"))


@frozen(kw_only=True)
class RegistrySettings:
    """`[plugins.registry]`: where the registry hears, and the secrets that sign."""

    url: str = field(repr=False, metadata=RECEIVER)
    secret: Secret | None = field(default=None, validator=usable)
    previous_secret: Secret | None = field(default=None, validator=usable)


@frozen
class Registry:
    """Gives the destination `registry`."""

    Settings: ClassVar[type[RegistrySettings]] = RegistrySettings

    settings: RegistrySettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Posted]:
        """Give the one destination."""
        own = self.settings
        return [
            Posted(
                name=NAME,
                url=own.url,
                wants=_WANTS,
                http=http,
                secrets=given(own.secret, own.previous_secret),
                body=partial(_record, settings),
            )
        ]


def _record(settings: DestinationSettings, entry: Entry) -> JSON:
    """The record as it stands before it is delivered; `audit list --records` says what came of it."""
    return promotion_record(entry, template_id=settings.prompt_id(entry.event.subject.name), synced=False)
