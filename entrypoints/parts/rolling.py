"""What rollouts are made of: the key of pins, choosing, and the way of outcomes into the ledger."""

from __future__ import annotations

import secrets

from attrs import frozen

from jackfield.domain.model.pins import Seal
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.prompts.choosing import Choosing
from jackfield.domain.services.prompts.live import LiveVersions
from jackfield.domain.services.prompts.operations import Operations
from jackfield.domain.services.prompts.seals import Seals
from jackfield.domain.services.rollouts import Rollouts
from jackfield.domain.services.rollouts.folding import Folding, buffered
from jackfield.entrypoints.settings import Settings
from jackfield.plugins.host import Host
from jackfield.ports.prompt_metrics import PromptMetrics

_KEY_BYTES = 32


@frozen(kw_only=True)
class Rolling:
    """Composes it for one target; nothing is read, and no thread begins, before it is needed."""

    settings: Settings
    operations: Operations
    live_versions: LiveVersions
    host: Host
    measured: PromptMetrics

    def opened(self) -> tuple[Choosing, Rollouts]:
        """Return what chooses, and what rolls out."""
        records = self.operations.records
        seals = Seals(
            organization=records.organization,
            ledger=records.ledger,
            clock=records.clock,
            new_key=lambda: secrets.token_bytes(_KEY_BYTES),
            given=self._given(),
            cache=self.live_versions.kept.cache,
        )
        folding = Folding(
            organization=records.organization,
            ledger=records.ledger,
            clock=records.clock,
            measure=self.host.measure,
        )
        choosing = Choosing(self.live_versions, seals, records.clock, router=self.settings.router)
        rollouts = Rollouts(
            operations=self.operations,
            seals=seals,
            folding=folding,
            buffer=buffered(folding),
            measured=self.measured,
        )
        return choosing, rollouts

    def _given(self) -> Seal | None:
        keys = tuple(map(_bytes, self.settings.pin_keys))
        if not keys:
            return None
        return Seal(organization=self.settings.organization, current=keys[0], retired=keys[1:])


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
