"""Frames of the stream, `wire.md` §7: what arrives as events, and what is sent as text.

Reading is strict about types and tolerant of what is not known here; it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import orjson

from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, StreamEvent, Usage

NOBODY: Final = ""
"""Stands for the conversation of an error event that names none."""

_OWNER: Final = re.compile(rb'"conversationId"\s*:\s*"([^"\\]{1,200})"')
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_DETAILS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not.found": "the platform does not know the conversation",
        "closed": "the conversation is over, and its answer is not kept any more",
        "forbidden": "the OAuth client may not hear this conversation",
        "too.many.subscriptions": "one socket may not hear so many conversations",
    }
)


class Quiet(Enum):
    """A frame that tells nobody anything; of the last two it is counted how many come."""

    HEARTBEAT = "heartbeat"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"


Said: TypeAlias = tuple[str, StreamEvent]
"""A conversation, and what happened in it."""


class _Malformed(Exception):
    """A field that counts is missing or of another type."""


def read(message: str | bytes) -> Said | Quiet:
    """Return whose event a frame is, or that it is none; an error event may be `NOBODY`'s."""
    try:
        frame = orjson.loads(message)
        kind = frame["type"]
        if kind in _EVENTS:
            return _EVENTS[kind](frame["data"])
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, _Malformed):
        return Quiet.MALFORMED
    if kind == "heartbeat":
        return Quiet.HEARTBEAT
    return Quiet.UNKNOWN if type(kind) is str else Quiet.MALFORMED


def owner(message: str | bytes) -> str:
    """Return whose a frame is that cannot be read: the one conversation that it names, or `NOBODY`.

    A quotation mark in a text is escaped, so that no text can name one.
    """
    named = set(_OWNER.findall(message.encode(errors="replace") if isinstance(message, str) else message))
    return named.pop().decode(errors="replace") if len(named) == 1 else NOBODY


def subscribe(conversation: str, after: int | None) -> str:
    """Return what asks for an answer: from its start, or behind the piece *after*."""
    behind = {} if after is None else {"afterSequence": after}
    return _text("subscribe", {"conversationId": conversation, **behind})


def unsubscribe(conversation: str) -> str:
    """Return what asks for no more of an answer."""
    return _text("unsubscribe", {"conversationId": conversation})


def _text(type_: str, data: Mapping[str, str | int]) -> str:
    return orjson.dumps({"type": type_, "data": data}).decode()


def _chunk(data: Any) -> Said:
    conversation, content = data["conversationId"], data["content"]
    if type(conversation) is not str or type(content) is not str:
        raise _Malformed
    return conversation, Chunk(_sequence(data), content)


def _completed(data: Any) -> Said:
    conversation, safety = data["conversationId"], data.get("safetyPolicyTriggered")
    if type(conversation) is not str or (safety is not None and type(safety) is not bool):
        raise _Malformed
    return conversation, Completed(_sequence(data), _usage(data.get("usage")), safety is True)


def _error(data: Any) -> Said:
    """Repeat the code alone: the platform's sentence may echo what was said."""
    conversation, code = data.get("conversationId", NOBODY), data.get("code")
    if type(conversation) is not str:
        raise _Malformed
    named = code if type(code) is str and _CODE.fullmatch(code) else "error"
    return conversation, Failed(named, _DETAILS.get(named, "the platform ended the answer"))


def _sequence(data: Any) -> int | None:
    sequence = data.get("sequence")
    if sequence is None or (type(sequence) is int and sequence >= 0):
        return sequence
    raise _Malformed


def _usage(usage: Any) -> Usage | None:
    """Return what the platform counted; an answer is no less whole for a count that cannot be read."""
    try:
        prompt, completion = usage["promptTokens"], usage["completionTokens"]
    except (KeyError, TypeError, IndexError):
        return None
    counted = type(prompt) is int and type(completion) is int and prompt >= 0 and completion >= 0
    return Usage(prompt, completion) if counted else None


_EVENTS: Final[Mapping[str, Callable[[Any], Said]]] = MappingProxyType(
    {"aiResponseChunk": _chunk, "aiResponseComplete": _completed, "error": _error}
)
