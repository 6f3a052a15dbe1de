"""What choosing a version is made of: what is live, and the key of pins."""

from __future__ import annotations

import secrets
from typing import Final

from jackfield.domain.model.pins import Seal
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.prompts.choosing.choices import Choosing
from jackfield.domain.services.prompts.choosing.seals import Seals
from jackfield.domain.services.prompts.live.versions import LiveVersions
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.settings import Settings

_KEY_BYTES: Final = 32


def choosing(settings: Settings, records: Records, live_versions: LiveVersions) -> Choosing:
    """Return what chooses for one target; nothing is read, and no thread begins, before it is needed."""
    seals = Seals(
        organization=records.organization,
        ledger=records.ledger,
        clock=records.clock,
        new_key=lambda: secrets.token_bytes(_KEY_BYTES),
        given=_given(settings),
        cache=live_versions.kept.cache,
    )
    return Choosing(live_versions, seals, records.clock, router=settings.router)


def _given(settings: Settings) -> Seal | None:
    keys = tuple(map(_bytes, settings.pin_keys))
    if not keys:
        return None
    return Seal(organization=settings.organization, current=keys[0], retired=keys[1:])


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
