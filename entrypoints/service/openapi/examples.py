"""Examples of requests: a body that fits its schema, with words that say something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from json import dumps
from shlex import quote
from typing import Any, Final, cast

_HOST: Final = "127.0.0.1:8080"
_JSON: Final = "application/json"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_IN_PATHS: Final[Mapping[str, str]] = {"name": "refund", "session": "SESSION"}
_WORDS: Final[Mapping[str, object]] = {
    "agent": "agent-204",
    "agentId": "agent-204",
    "assistant": "ASSISTANT",
    "base": "kb-billing",
    "bases": ["kb-billing"],
    "bot": "bot-id-123",
    "channel": "chat",
    "conversation": "conv-1",
    "conversationId": "conv-1",
    "customer": "customer-1",
    "id": "rec-1",
    "knowledgeBaseIds": ["kb-billing"],
    "pin": "PIN",
    "position": 1,
    "prompt": "refund",
    "skills": ["billing"],
    "source": "kb-billing",
    "success": True,
    "text": "Where is my order?",
    "transcript": "Customer: I was charged twice for my order.",
    "unit": "customer-1",
    "user": "Where is my refund?",
    "version": "1.1.0",
}
_ALSO: Final = frozenset(
    {"bases", "channel", "knowledgeBaseIds", "position", "skills", "source", "success", "user"}
)
"""Fields that may be left out, and are worth to be seen."""


def resolved(schema: Any, named: Mapping[str, Any]) -> Any:
    """Return a schema with what it refers to in its place; none of ours holds itself."""
    if isinstance(schema, list):
        return [resolved(each, named) for each in cast("Iterable[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    own = {name: resolved(value, named) for name, value in cast("dict[str, Any]", schema).items()}
    place = own.pop("$ref", None)
    return own if place is None else {**resolved(named[place.rpartition("/")[2]], named), **own}


def example(schema: Mapping[str, Any]) -> Any:
    """Return a value that fits a *resolved* schema."""
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind: Any = schema.get("type")
    found: object = "text"
    match kind if isinstance(kind, str) or kind is None else kind[0]:
        case "object":
            found = _object(schema)
        case "array":
            found = [example(schema["items"])]
        case "integer" | "number":
            found = schema.get("default") or schema.get("minimum") or 1
        case "boolean":
            found = schema.get("default", True)
        case _:
            pass
    return found


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    needed = schema.get("required", ())
    return {
        name: _WORDS[name] if name in _WORDS else example(each)
        for name, each in schema.get("properties", {}).items()
        if name in needed or name in _ALSO
    }


def command(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """Return the request as a line of a shell, for the document's own example of its body."""
    where = _VARIABLE.sub(lambda found: _IN_PATHS.get(found[1], found[1].upper()), path)
    parts = ["curl", *(() if method == "get" else ("-X", method.upper())), f"{_HOST}{where}"]
    body = operation.get("requestBody")
    if body is not None:
        said = dumps(body["content"][_JSON]["example"], ensure_ascii=False)
        parts += ["-H", quote(f"Content-Type: {_JSON}"), "-d", quote(said)]
    return " ".join(parts)
