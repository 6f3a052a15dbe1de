"""Conversations with assistants, §7 of the wire contract: what is asked is checked, the answer is planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from jackfield.adapters.simulator.platform.answers import Answer, missing
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.conversations import to_ms
from jackfield.adapters.simulator.platform.oauth import bearer
from jackfield.adapters.simulator.platform.pieces import Dice, cut, times
from jackfield.adapters.simulator.platform.reading import (
    NOT_ALLOWED,
    OUT_OF_RANGE,
    REQUIRED,
    WRONG_TYPE,
    Fields,
)
from jackfield.adapters.simulator.platform.repertoire import Assistant
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ASSISTANTS_WRITE
from jackfield.adapters.simulator.platform.templates import tokens
from jackfield.adapters.simulator.store import Document, Transaction

PATH: Final = "/api/v2/ai/assistants"
ANSWERS: Final = "assistant-answers"
COUNTS: Final = "assistant-counts"
WINDOW: Final = 32_000

_ROLES: Final = ("system", "user", "assistant")
_POLICIES: Final = ("strict",)
_LONGEST_SYSTEM: Final = 4_096
_HOTTEST: Final = 2.0
_TOKEN_CHARACTERS: Final = 4


def create(call: Call) -> Answer:
    """Begin a conversation; its answer is planned at once, and streamed by its times."""
    assistant = call.path[-2]
    if assistant not in call.repertoire:
        raise missing()
    messages, limit = _read(call, assistant)
    conversation = f"conv-{call.ids.uuid('assistant-conversation')}"
    _file(call, conversation, Dice(call.ids.seed, assistant, count(call.state, assistant)), messages, limit)
    shown = {"id": conversation, "assistantId": assistant, "status": "queued"}
    return Answer(201, {**shown, "createdAt": call.timestamp()})


def count(state: Transaction, assistant: str) -> int:
    """Return how many conversations the assistant has had."""
    held = state.get(COUNTS, assistant)
    return 0 if held is None else int(held["count"])


def _file(call: Call, conversation: str, dice: Dice, messages: Sequence[Document], limit: int) -> None:
    """Keep the conversation with its answer, and count it."""
    call.state.put(COUNTS, dice.assistant, {"count": dice.number + 1})
    held = {
        "id": conversation,
        "assistant": dice.assistant,
        "number": dice.number,
        "client": bearer(call).client,
        "at": to_ms(call.now),
        **_plan(call.repertoire[dice.assistant], dice, messages, limit),
    }
    call.state.put(ANSWERS, conversation, held)


def _plan(assistant: Assistant, dice: Dice, messages: Sequence[Document], limit: int) -> Document:
    """Return the answer's pieces with their times, and how it ends."""
    asked = next((each["content"] for each in reversed(messages) if each["role"] == "user"), "")
    said = assistant.answer(asked, dice.of("answer"))
    whole = tokens(said.text) <= limit
    text = said.text if whole else said.text[: limit * _TOKEN_CHARACTERS]
    pieces = list(cut(text, dice))
    prompt = sum(tokens(each["content"]) for each in messages)
    return {
        "pieces": pieces,
        "times": list(times(len(pieces), assistant.pace, dice)),
        "usage": {"promptTokens": prompt, "completionTokens": tokens(text)},
        "safety": said.safety,
        "error": said.error if whole else None,
    }


def _read(call: Call, assistant: str) -> tuple[Sequence[Document], int]:
    fields = Fields(call.document())
    if fields.values.get("assistantId", assistant) != assistant:
        fields.fault(NOT_ALLOWED, "assistantId")
    messages = _read_messages(fields)
    limit = _read_settings(fields)
    fields.refuse_faults()
    return messages, limit


def _read_messages(fields: Fields) -> Sequence[Document]:
    if fields.values.get("messages") == []:
        fields.fault(REQUIRED, "messages")
    messages = [_read_message(each, at) for at, each in enumerate(fields.objects("messages"))]
    if sum(tokens(each["content"]) for each in messages) > WINDOW:
        fields.fault("tokens.exceeded", "messages")
    return messages


def _read_message(fields: Fields, at: int) -> Document:
    role, content = fields.choice("role", _ROLES), fields.values.get("content")
    if role == "system" and at > 0:
        fields.fault("message.order", "role")
    if not isinstance(content, str):
        fields.fault(REQUIRED if content is None else WRONG_TYPE, "content")
        content = ""
    elif role == "system" and not content.strip():
        fields.fault(REQUIRED, "content")
    elif role == "system" and len(content) > _LONGEST_SYSTEM:
        fields.fault("field.length", "content")
    return {"role": role, "content": content}


def _read_settings(fields: Fields) -> int:
    settings = fields.object("settings")
    if settings is None:
        if fields.values.get("settings") is None:
            fields.fault(REQUIRED, "settings")
        return 0
    limit = settings.count("maxTokens")
    if limit > WINDOW:
        settings.fault(OUT_OF_RANGE, "maxTokens")
    _check_temperature(settings, settings.values.get("temperature", 0.2))
    if "safetyPolicy" in settings.values:
        settings.choice("safetyPolicy", _POLICIES)
    return limit


def _check_temperature(settings: Fields, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        settings.fault(WRONG_TYPE, "temperature")
    elif not 0 <= value <= _HOTTEST:
        settings.fault(OUT_OF_RANGE, "temperature")


ROUTES: Final = (Route(f"{PATH}/*/conversations", {"POST": create}, ASSISTANTS_WRITE),)
