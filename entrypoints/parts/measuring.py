"""What the platform's measurements of prompts are read by."""

from __future__ import annotations

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.domain.services.metrics import Metrics
from jackfield.domain.services.prompts.records import Records


def metrics(records: Records, client: Client) -> Metrics:
    """Return what reads them."""
    return Metrics(prompts=records, measured=GenesysMetrics(client.of("metrics")))
