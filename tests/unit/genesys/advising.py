"""Recommendations as the platform answers them, and what the gateway makes of them."""

from __future__ import annotations

from typing import Any, Final

from jackfield.adapters.genesys.advice import GenesysAdvice
from jackfield.adapters.http import Send
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.ports.advice import Recommended
from tests.unit.genesys.answering import client

ENDS: Final = 60.0
PATH: Final = "/api/v2/agentassist/recommendations/query"
QUERY: Final = AdviceQuery(
    conversation="conv-1",
    transcript="canary: Grüße <b>",
    agent="agent-1",
    skills=["billing", "french"],
    bases=["kb-billing", "kb-security"],
)
ANYWHERE: Final = AdviceQuery(conversation="conv-1", transcript="canary", agent="agent-1")
ITEM: Final = {
    "id": "rec-1",
    "title": "Refunds",
    "content": "Look at the bank.",
    "relevanceScore": 0.92,
    "publishedDate": "2026-01-01T10:00:00+02:00",
    "sourceId": "kb-billing",
}


def item(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {**ITEM, "id": f"rec-{number}", **fields}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ITEM.items() if key != name}


def page(*items: Any, **more: Any) -> dict[str, Any]:
    return {"items": items, **more}


def recommended(send: Send, query: AdviceQuery = QUERY) -> list[Recommended]:
    pages = GenesysAdvice(client(send)).recommend(query, wanted=5, ends=ENDS)
    return [each for page in pages for each in page]


def ids(found: list[Recommended]) -> list[str | None]:
    return [each.id for each in found]
