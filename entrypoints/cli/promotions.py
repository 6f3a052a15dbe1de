"""The audit records of promotions, with what became of them at the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.events import Entry
from jackfield.domain.model.exports import promotion_record
from jackfield.entrypoints.core import Core

_REGISTRY = "registry"


def promotion_records(
    core: Core, entries: Sequence[Entry], fates: Mapping[str, Mapping[str, Fate]]
) -> list[Mapping[str, Any]]:
    """Return T0's record of each promotion; `webhookSynced` is true where the registry has it."""
    load = core.prompts.operations.records.load
    found = (
        promotion_record(
            entry,
            template_id=load(entry.event.subject.name).state.remote_id,
            synced=fates[entry.event.id].get(_REGISTRY) is Fate.DELIVERED,
        )
        for entry in entries
    )
    return [record for record in found if record is not None]
