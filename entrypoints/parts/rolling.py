"""What rollouts are made of: the way of outcomes into the ledger, and what the platform measures."""

from __future__ import annotations

from attrs import frozen

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.domain.services.prompts.choosing.seals import Seals
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.rollouts import Rollouts
from jackfield.domain.services.rollouts.folding import Folding, buffered
from jackfield.entrypoints.parts.late import Closing
from jackfield.ports.telemetry import Measure


@frozen(kw_only=True)
class Rolling:
    """Composes it for one target; nothing is read, and no thread begins, before it is needed."""

    operations: Operations
    seals: Seals
    client: Client
    measure: Measure

    def opened(self) -> tuple[Rollouts, Closing]:
        """Return what rolls out, and what closes it: outcomes under way are written first."""
        records = self.operations.records
        folding = Folding(
            organization=records.organization,
            ledger=records.ledger,
            clock=records.clock,
            measure=self.measure,
        )
        rollouts = Rollouts(
            operations=self.operations,
            seals=self.seals,
            folding=folding,
            buffer=buffered(folding),
            measured=GenesysMetrics(self.client.of("metrics")),
        )
        return rollouts, rollouts.buffer.close
