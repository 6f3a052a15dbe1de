"""The remote audit log, §6 of the wire contract: entries are checked and kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.reading import Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import LLM

PATH: Final = "/api/v2/users/me/auditlogs"
LOGS: Final = "audit-logs"

_ACTIONS: Final = ("CREATE", "UPDATE", "ROLLBACK", "EXPORT")
_PLATFORM: Final = "genesys-cloud-llm-gateway"
_STANDARD: Final = "ISO27001-AI"


def create(call: Call) -> Answer:
    """Keep an entry."""
    entry = _read(call)
    entry_id = call.ids.uuid("audit-log")
    kept = {
        "id": entry_id,
        **entry,
        "dateCreated": call.timestamp(),
        "selfUri": f"{PATH}/{entry_id}",
    }
    call.state.put(LOGS, entry_id, kept)
    return Answer(201, kept)


def _read(call: Call) -> dict[str, Any]:
    fields = Fields(call.document())
    entry: dict[str, Any] = {
        "action": fields.choice("action", _ACTIONS),
        **{name: fields.text(name) for name in ("promptId", "version", "actor")},
        "timestamp": _read_time(fields),
        "details": _read_details(fields),
        "platform": fields.choice("platform", (_PLATFORM,)),
        "complianceStandard": fields.choice("complianceStandard", (_STANDARD,)),
    }
    fields.refuse_faults()
    return entry


def _read_time(fields: Fields) -> str:
    text = fields.text("timestamp")
    try:
        zoned = not text or datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        fields.fault("date.format", "timestamp")
    return text


def _read_details(fields: Fields) -> dict[str, Any]:
    details = fields.object("details")
    return {} if details is None else dict(details.values)


ROUTES: Final = (Route(PATH, {"POST": create}, LLM),)
