"""The scopes that the endpoint families ask for, by the table of §1."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from jackfield.adapters.simulator.platform.answers import Rejection

LLM: Final = ("ai:llm:manage",)
TEMPLATES_READ: Final = ("ai:prompt-template:read",)
TEMPLATES_WRITE: Final = ("ai:prompt-template:write", "ai:llm-gateway:manage")
METRICS: Final = ("ai:metrics:read",)
ANALYTICS: Final = ("analytics:conversation:view", "analytics:conversations:view", "analytics:report:query")
ASSISTANTS_READ: Final = ("ai:assistant:read",)
ASSISTANTS_WRITE: Final = ("ai:assistant:write",)
STREAM: Final = ("conversation:read", "conversation:write")
CONVERSATIONS: Final = ("conversations:write", "conversation:write")
WEBHOOKS: Final = ("integrations:write",)
ADVICE: Final = ("agentassist:view",)
ANY: Final = ()
ALL: Final = (
    *LLM,
    *TEMPLATES_READ,
    *TEMPLATES_WRITE,
    *METRICS,
    *ANALYTICS,
    *ASSISTANTS_READ,
    *ASSISTANTS_WRITE,
    *STREAM,
    CONVERSATIONS[0],
    *WEBHOOKS,
    *ADVICE,
)


def refuse_without(granted: Collection[str] | None, accepted: tuple[str, ...]) -> None:
    """Refuse a token that has none of the scopes; one asked for without scopes has all of them."""
    if accepted and granted is not None and not any(scope in granted for scope in accepted):
        raise Rejection("app.not.authorized.for.scope", scope=accepted[0])
