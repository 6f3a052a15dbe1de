"""What is asked of a service about sessions and advice, each operation once."""

from __future__ import annotations

from typing import Any, Final

BOT: Final = "bot-id-123"
START: Final = {"bot": BOT, "customer": "customer-1"}
TRANSCRIPT: Final = "Customer: I was charged twice for my order, and I want the refund."
ADVICE: Final[dict[str, Any]] = {
    "conversation": "conv-1",
    "transcript": TRANSCRIPT,
    "agent": "agent-204",
    "bases": ["kb-billing"],
}
QUERY: Final[dict[str, Any]] = {
    "interactionContext": {"conversationId": "conv-1", "transcript": TRANSCRIPT, "channel": "chat"},
    "agentProfile": {"agentId": "agent-204", "skills": ["billing"]},
    "knowledgeBaseIds": ["kb-billing"],
}
"""The same as tutorial 004 spells it."""
_CLICKED: Final = {
    "recommendations": [{"id": "rec-1", "source": "kb-billing", "position": 1}],
    "agent": "agent-204",
    "action": "clicked",
    "conversation": "conv-1",
}
ASSISTED: Final[tuple[tuple[str, str, Any], ...]] = (
    ("POST", "/v1/sessions", START),
    ("GET", "/v1/sessions", None),
    ("GET", "/v1/sessions/{session}", None),
    ("POST", "/v1/sessions/{session}/turns", {"text": "Where is my order?"}),
    ("POST", "/v1/sessions/{session}/escalate", {"reason": "by hand"}),
    ("POST", "/v1/sessions/{session}/accept", None),
    ("POST", "/v1/sessions/{session}/hand-back", None),
    ("GET", "/v1/sessions/{session}/explanation", None),
    ("POST", "/v1/sessions/{session}/close", {"resolution": "resolved"}),
    ("GET", "/v1/sessions/report", None),
    ("POST", "/v1/advice/query", ADVICE),
    ("POST", "/v1/advice/feedback", _CLICKED),
    ("POST", "/v1/advice/forget", {"base": "kb-billing"}),
    ("GET", "/v1/advice/report", None),
    ("POST", "/query", QUERY),
    ("POST", "/simulate/recommendations", QUERY),
)
SIGNED: Final = {("POST", "/v1/sessions/notices")}
"""What answers to a signature alone; its own tests have one."""
