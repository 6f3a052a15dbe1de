"""Conversations as the platform answers them."""

from __future__ import annotations

from typing import Any, Final

from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Opening

ENDS: Final = 60.0
ID: Final = ConversationId("a1b2c3d4")
ANSWER: Final[dict[str, Any]] = {
    "id": ID,
    "type": "chat",
    "state": "active",
    "to": [{"id": "bot-1", "name": "Support"}],
    "from": {"id": "user-456"},
    "startTime": "2024-01-15T10:30:00.000Z",
    "attributes": {"segment": "premium", SESSION_KEY: "s-1"},
}
CLOSED: Final = {
    **ANSWER,
    "state": "closed",
    "endTime": "2024-01-15T10:35:00.000Z",
    "resolutionStatus": "abandoned",
}
OPENING: Final = Opening(session="s-1", bot="bot-1", customer="user-456")


def page(*found: dict[str, Any], number: int = 1, total: int | None = None) -> dict[str, Any]:
    """Return one page of a list."""
    return {"entities": found, "pageNumber": number, "total": len(found) if total is None else total}


def one(number: int, **fields: Any) -> dict[str, Any]:
    """Return the conversation `c-N` of session `s-N`."""
    return {**ANSWER, "id": f"c-{number}", "attributes": {SESSION_KEY: f"s-{number}"}, **fields}
