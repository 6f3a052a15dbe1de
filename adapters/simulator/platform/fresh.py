"""What a fresh platform holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_RULE: Final[Mapping[str, Any]] = {
    "source": "conversation_history",
    "maxTokens": 1500,
    "injectionPoint": "system",
}


def _variable(name: str, type_: str = "string") -> Mapping[str, Any]:
    return {"name": name, "type": type_, "required": True}


PROMPTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "a1b2c3d4-e5f6-7890-abcd-ef1234567890": {
        "name": "escalation-routing",
        "version": "1.0.0",
        "template": "You are a support agent. Analyze the customer issue: {{customer_issue}}. "
        "Provide a resolution using {{tone_preference}}.",
        "variables": [_variable("customer_issue"), _variable("tone_preference")],
        "contextRules": [_RULE],
        "modelId": "openai-gpt-4-turbo",
        "maxTokens": 4096,
    },
    "b2c3d4e5-f6a7-4801-8bcd-f12345678901": {
        "name": "order-status",
        "version": "1.2.0",
        "template": "You answer questions about orders. Order: {{order_id}}, placed {{days}} days ago. "
        "Answer in {{language}}.",
        "variables": [
            _variable("order_id"),
            _variable("days", "number"),
            {"name": "language", "type": "string", "required": False, "defaultValue": "English"},
        ],
        "contextRules": [{"source": "external_api", "maxTokens": 600, "injectionPoint": "user"}],
        "modelId": "openai-gpt-4-turbo",
        "maxTokens": 2048,
    },
    "c3d4e5f6-a7b8-4902-9cde-012345678912": {
        "name": "conversation-summary",
        "version": "0.9.0-beta.1",
        "template": "Summarize the conversation for the next agent in at most {{sentences}} sentences.",
        "variables": [{"name": "sentences", "type": "number", "required": False, "defaultValue": "3"}],
        "contextRules": [
            _RULE,
            {"source": "knowledge_base", "maxTokens": 400, "injectionPoint": "assistant"},
        ],
        "modelId": "anthropic-claude-3-haiku",
        "maxTokens": 4096,
    },
}

ASSISTANTS: Final[Mapping[str, str]] = {
    "a1b2c3d4-e5f6-7890-abcd-ef1234567890": "financial-assistant",
    "d4e5f6a7-b8c9-4a03-8def-123456789123": "order-assistant",
    "e5f6a7b8-c9d0-4b14-9ef0-234567891234": "billing-assistant",
}

QUEUES: Final = ("human-support-queue", "billing-queue", "technical-queue", "complaints-queue")
