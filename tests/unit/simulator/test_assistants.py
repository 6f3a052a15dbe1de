"""Beginning a conversation with an assistant: what is answered, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Assistant, Platform
from jackfield.adapters.simulator.platform.fresh import ASSISTANTS

Ask = Callable[..., Response]

ASSISTANT = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
PATH = f"/api/v2/ai/assistants/{ASSISTANT}/conversations"


@pytest.fixture
def body() -> dict[str, Any]:
    """The body that tutorial 002 shows."""
    return {
        "assistantId": ASSISTANT,
        "messages": [
            {"role": "system", "content": "You are a compliance-aware financial assistant."},
            {"role": "user", "content": "Explain the refund policy for {{productType}}."},
        ],
        "settings": {"maxTokens": 2048, "temperature": 0.2, "safetyPolicy": "strict"},
    }


def problems(response: Response) -> list[tuple[str, str]]:
    document = orjson.loads(response.body)
    assert (response.status, document["code"]) == (400, "constraint.validation")
    return [(each["errorCode"], each["fieldName"]) for each in document["details"]]


def test_a_conversation_is_queued(ask: Ask, body: dict[str, Any]) -> None:
    response = ask("POST", PATH, body)
    conversation, *rest = orjson.loads(response.body).items()
    assert (response.status, conversation[0], conversation[1][:5]) == (201, "id", "conv-")
    assert rest == [
        ("assistantId", ASSISTANT),
        ("status", "queued"),
        ("createdAt", "2026-01-01T00:00:00.000Z"),
    ]


def test_no_two_conversations_have_one_id(ask: Ask, body: dict[str, Any]) -> None:
    assert len({orjson.loads(ask("POST", PATH, body).body)["id"] for _ in range(5)}) == 5


@pytest.mark.parametrize("assistant", ASSISTANTS)
def test_a_fresh_platform_has_some_assistants(assistant: str, ask: Ask, body: dict[str, Any]) -> None:
    del body["assistantId"]
    assert ask("POST", f"/api/v2/ai/assistants/{assistant}/conversations", body).status == 201


def test_an_unknown_assistant_is_not_found(ask: Ask, platform: Platform, body: dict[str, Any]) -> None:
    path = "/api/v2/ai/assistants/ours/conversations"
    assert ask("POST", path, {**body, "assistantId": "ours"}).status == 404
    platform.script("ours", Assistant())
    assert ask("POST", path, {**body, "assistantId": "ours"}).status == 201


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"messages": None}, [("field.required", "messages")]),
        ({"messages": []}, [("field.required", "messages")]),
        ({"messages": "hello"}, [("field.type", "messages")]),
        ({"messages": ["hello"]}, [("field.type", "messages[0]")]),
        ({"settings": None}, [("field.required", "settings")]),
        ({"settings": 3}, [("field.type", "settings")]),
        ({"assistantId": "another"}, [("field.value", "assistantId")]),
        ({"assistantId": 7}, [("field.value", "assistantId")]),
    ],
)
def test_a_body_that_cannot_be_is_refused(
    change: dict[str, Any], expected: list[tuple[str, str]], ask: Ask, body: dict[str, Any]
) -> None:
    assert problems(ask("POST", PATH, {**body, **change})) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ("field.required", "maxTokens")),
        ({"maxTokens": 0}, ("field.range", "maxTokens")),
        ({"maxTokens": 32_001}, ("field.range", "maxTokens")),
        ({"maxTokens": "2048"}, ("field.type", "maxTokens")),
        ({"maxTokens": 20.5}, ("field.type", "maxTokens")),
        ({"maxTokens": True}, ("field.type", "maxTokens")),
        ({"maxTokens": 9, "temperature": -0.1}, ("field.range", "temperature")),
        ({"maxTokens": 9, "temperature": 2.1}, ("field.range", "temperature")),
        ({"maxTokens": 9, "temperature": "warm"}, ("field.type", "temperature")),
        ({"maxTokens": 9, "temperature": None}, ("field.type", "temperature")),
        ({"maxTokens": 9, "safetyPolicy": "lax"}, ("field.value", "safetyPolicy")),
        ({"maxTokens": 9, "safetyPolicy": 1}, ("field.type", "safetyPolicy")),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    settings: dict[str, Any], expected: tuple[str, str], ask: Ask, body: dict[str, Any]
) -> None:
    code, name = expected
    assert problems(ask("POST", PATH, {**body, "settings": settings})) == [(code, f"settings.{name}")]


@pytest.mark.parametrize(
    "settings",
    [
        {"maxTokens": 1},
        {"maxTokens": 32_000, "temperature": 0},
        {"maxTokens": 7, "temperature": 2, "safetyPolicy": "strict"},
    ],
)
def test_settings_at_their_limits_are_taken(settings: dict[str, Any], ask: Ask, body: dict[str, Any]) -> None:
    assert ask("POST", PATH, {**body, "settings": settings}).status == 201


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "tool", "content": "x"}], ("field.value", "messages[0].role")),
        ([{"content": "x"}], ("field.required", "messages[0].role")),
        ([{"role": "user"}], ("field.required", "messages[0].content")),
        ([{"role": "user", "content": 1}], ("field.type", "messages[0].content")),
        ([{"role": "system", "content": " "}], ("field.required", "messages[0].content")),
        ([{"role": "system", "content": "x" * 4_097}], ("field.length", "messages[0].content")),
        (
            [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}],
            ("message.order", "messages[1].role"),
        ),
        (
            [{"role": "system", "content": "x"}, {"role": "system", "content": "y"}],
            ("message.order", "messages[1].role"),
        ),
        ([{"role": "user", "content": "x" * 128_001}], ("tokens.exceeded", "messages")),
    ],
)
def test_a_message_that_cannot_be_is_refused(
    messages: list[Any], expected: tuple[str, str], ask: Ask, body: dict[str, Any]
) -> None:
    assert problems(ask("POST", PATH, {**body, "messages": messages})) == [expected]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "é" * 4_096}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": "\U0001f600" * 128_000}],
        [{"role": role, "content": "x"} for role in ("user", "assistant", "user")],
    ],
)
def test_messages_at_their_limits_are_taken(messages: list[Any], ask: Ask, body: dict[str, Any]) -> None:
    response = ask("POST", PATH, body=orjson.dumps({**body, "messages": messages})[:600_000])
    assert response.status == (201 if len(messages[0]["content"].encode()) < 512_000 else 413)


def test_every_problem_is_told_at_once(ask: Ask, body: dict[str, Any]) -> None:
    wrong = {
        **body,
        "assistantId": "another",
        "messages": [{"role": "tool"}, {"role": "system", "content": ""}],
        "settings": {"maxTokens": 0, "temperature": 3, "safetyPolicy": "lax"},
    }
    assert problems(ask("POST", PATH, wrong)) == [
        ("field.value", "assistantId"),
        ("field.value", "messages[0].role"),
        ("field.required", "messages[0].content"),
        ("message.order", "messages[1].role"),
        ("field.required", "messages[1].content"),
        ("field.range", "settings.maxTokens"),
        ("field.range", "settings.temperature"),
        ("field.value", "settings.safetyPolicy"),
    ]


def test_a_conversation_needs_its_scope(connect: Callable[..., Ask], platform: Platform, body: Any) -> None:
    refused = connect(platform, scope="ai:assistant:read")("POST", PATH, body)
    told = orjson.loads(refused.body)
    assert (refused.status, told["messageParams"]) == (403, {"scope": "ai:assistant:write"})


def test_what_is_refused_is_not_counted(ask: Ask, platform: Platform, body: dict[str, Any]) -> None:
    ask("POST", PATH, {**body, "messages": []})
    ask("POST", PATH, body)
    assert platform.snapshot()["assistants"][ASSISTANT] == 1


def test_nothing_that_was_said_is_in_the_snapshot(ask: Ask, platform: Platform, body: dict[str, Any]) -> None:
    ask("POST", PATH, body)
    assert b"refund" not in orjson.dumps(platform.snapshot())
