"""An entry of the log as others read it: an exported line, and the records of the tutorials."""

from __future__ import annotations

from typing import Final

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, Outcome, timestamp

PROMOTIONS: Final = ("prompt.publish", "prompt.promote", "prompt.roll_back")
"""What T0 calls a promotion: a version came to the platform, or went live there."""

_STATUS: Final = {Outcome.SUCCEEDED: "PROMOTED", Outcome.FAILED: "FAILED"}


def exported(entry: Entry) -> dict[str, JSON]:
    """Return every key of an entry, with what its hash is taken of (docs/reference/events.md)."""
    event = entry.event
    return {
        "position": entry.position,
        "id": event.id,
        "time": timestamp(event.time),
        "organization": event.subject.organization,
        "kind": event.subject.kind.value,
        "name": event.subject.name,
        "type": event.type,
        "outcome": event.outcome.value,
        "actor": event.actor,
        "reason": event.reason,
        "correlation_id": event.correlation_id,
        "payload": None if event.payload is None else dict(event.payload),
        "payload_hash": entry.payload_hash,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def promotion_record(entry: Entry, *, template_id: str | None, synced: bool) -> dict[str, JSON] | None:
    """Return T0's audit record (`wire.md` §11) of *entry*, or None if it tells of no promotion that ended.

    What an erased payload held is null, and so is the success rate: nothing was generated yet.
    """
    event = entry.event
    if event.type not in PROMOTIONS or event.outcome not in _STATUS:
        return None
    erased, payload = event.payload is None, event.payload or {}
    latency = payload.get("latency_us")
    return {
        "timestamp": timestamp(event.time),
        "templateId": template_id,
        "version": payload.get("version"),
        "action": "VERSION_PROMOTION",
        "status": _STATUS[event.outcome],
        "latencyMs": round(latency / 1000) if isinstance(latency, int) else None,
        "generationSuccessRate": None,
        "webhookSynced": synced,
        "auditId": event.id,
        "rollbackDirective": None if erased else bool(payload.get("rollback_directive", False)),
        "estimatedContextTokens": payload.get("estimated_context_tokens"),
    }
