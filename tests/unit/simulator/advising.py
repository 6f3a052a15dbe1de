"""Queries for advice, and what the platform answers to them."""

from __future__ import annotations

from typing import Any, Final

import orjson

from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Article

PATH: Final = "/api/v2/agentassist/recommendations/query"
BILLED_TWICE: Final = "agent: Hello!\ncustomer: I was charged twice and want to dispute that."
BODY: Final = {
    "interactionContext": {"conversationId": "conv-1", "transcript": BILLED_TWICE, "channel": "chat"},
    "agentProfile": {"agentId": "agent-1", "skills": ["billing"]},
    "knowledgeBaseIds": ["kb-billing", "kb-security"],
}


def saying(transcript: object, *bases: str) -> dict[str, Any]:
    context = {"conversationId": "conv-1", "transcript": transcript, "channel": "chat"}
    return {**BODY, "interactionContext": context, "knowledgeBaseIds": bases}


def told(response: Response) -> Any:
    assert response.status == 200
    return orjson.loads(response.body)


def titles(response: Response) -> list[str]:
    return [each["title"] for each in told(response)["items"]]


def refusal(response: Response) -> tuple[int, str, list[tuple[str, str]]]:
    said = orjson.loads(response.body)
    details = [(each["errorCode"], each["fieldName"]) for each in said["details"]]
    return response.status, said["code"], details


def shelf(number: int) -> list[Article]:
    return [
        Article(id=f"{n:02}", title="Renewing a passport", content="At the office.") for n in range(number)
    ]
