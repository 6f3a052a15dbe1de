"""Mappings for CRMs that many have; each may be overridden field by field."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen

_HOST: Final = "HOST"


class Method(StrEnum):
    """How a CRM is called."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"


class PresetName(StrEnum):
    """The CRMs that there are mappings for."""

    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    ZENDESK = "zendesk"


@frozen(kw_only=True)
class Preset:
    """A mapping; `refused` are statuses that look fine, or as if later were better, and say no."""

    url: str
    method: Method
    fields: Mapping[str, Any]
    idempotency_header: str = ""
    refused: frozenset[int] = field(factory=frozenset[int])

    @property
    def needs_host(self) -> bool:
        """Whether each customer of the CRM has a host of their own."""
        return _HOST in self.url

    def at(self, host: str) -> str:
        """Return the URL at *host*."""
        return self.url.replace(_HOST, host)


_SUBJECT: Final = "Virtual agent session {session}: {resolution}"
_SUMMARY: Final = "\n".join(
    (
        "Conversation {conversation} with {bot}, from {started} to {ended}",
        "Ended by {reason}, held by {holder}",
        "Customer messages: {messages}, hand-offs: {handoffs}",
        "Intent: {intent}",
    )
)

PRESETS: Final = {
    # One call makes the case or changes it: sending it twice is sending it once. 300: two cases have the id.
    PresetName.SALESFORCE: Preset(
        url="https://HOST/services/data/v60.0/sobjects/Case/ExternalId__c/{conversation}",
        method=Method.PATCH,
        fields={"Subject": _SUBJECT, "Origin": "Chat", "Description": _SUMMARY},
        refused=frozenset({300}),
    ),
    # A batch of one: only batches make a ticket, or change it, by an id of ours. 207: the one was refused.
    PresetName.HUBSPOT: Preset(
        url="https://api.hubapi.com/crm/v3/objects/tickets/batch/upsert",
        method=Method.POST,
        fields={
            "inputs.0.idProperty": "jackfield_conversation",
            "inputs.0.id": "{conversation}",
            "inputs.0.properties": {
                "subject": _SUBJECT,
                "content": _SUMMARY,
                "hs_pipeline": "0",
                "hs_pipeline_stage": "1",
            },
        },
        refused=frozenset({207}),
    ),
    # Tickets have no upsert. Of tries with the same key Zendesk makes one ticket, for two hours.
    PresetName.ZENDESK: Preset(
        url="https://HOST/api/v2/tickets",
        method=Method.POST,
        fields={
            "ticket": {
                "external_id": "{conversation}",
                "subject": _SUBJECT,
                "comment": {"body": _SUMMARY, "public": False},
                "tags": ["virtual_agent", "{resolution}"],
            }
        },
        idempotency_header="Idempotency-Key",
    ),
}
