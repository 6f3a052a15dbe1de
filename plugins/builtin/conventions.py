"""Names of OpenTelemetry's conventions for generative AI.

All are "Development": they are kept here, and not taken from a package in which they change. Source: the
semantic conventions, "Generative AI", spans and metrics.
"""

from __future__ import annotations

from typing import Final

INVOKE_AGENT: Final = "invoke_agent"
"""An assistant is an agent behind a remote service: its span is a client's."""
PROVIDER: Final = "genesys.cloud"

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
AGENT_ID: Final = "gen_ai.agent.id"
PROMPT_NAME: Final = "gen_ai.prompt.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105  # a name, no secret
ERROR_TYPE: Final = "error.type"

OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105  # a name, no secret

SECONDS: Final = tuple(0.01 * 2**n for n in range(14))
FIRST_SECONDS: Final = (
    0.001,
    0.005,
    0.01,
    0.02,
    0.04,
    0.06,
    0.08,
    0.1,
    0.25,
    0.5,
    0.75,
    1.0,
    2.5,
    5.0,
    7.5,
    10.0,
)
TOKENS: Final = tuple(4.0**n for n in range(14))
"""The boundaries that the conventions advise."""

REASONS: Final = {
    "complete": "stop",
    "budget": "length",
    "length": "length",
    "safety": "content_filter",
    "canceled": "canceled",
    "broken": "error",
}
"""The conventions' words for how an answer ended; for `canceled` they have none."""

VERSION: Final = "jackfield.prompt.version"
"""Ours: the conventions have no version of a prompt."""
