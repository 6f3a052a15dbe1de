"""The question on its way: byte for byte, once, and under its deadline."""

from __future__ import annotations

from collections.abc import Generator

import orjson
import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.conversations.messages import Message, Question, Role
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, PermissionDenied, PlatformRejected
from tests.unit.genesys.stream.gateways import ASSISTANT, QUESTION, Desk, in_process, made

POST = f"/api/v2/ai/assistants/{ASSISTANT}/conversations"
OF_THE_TUTORIAL = (
    b'{"assistantId":"a1b2c3d4-e5f6-7890-abcd-ef1234567890",'
    b'"messages":[{"role":"system","content":"You are a compliance-aware financial assistant."},'
    b'{"role":"user","content":"Explain the refund policy for Gr\xc3\xbc\xc3\x9fe."}],'
    b'"settings":{"maxTokens":2048,"temperature":0.2,"safetyPolicy":"strict"}}'
)


@pytest.fixture
def desk() -> Generator[Desk]:
    clock = FrozenClock()
    with in_process(Platform(clock=clock), clock) as desk:
        yield desk


def posts(desk: Desk) -> int:
    return int(desk.platform.snapshot()["assistants"][ASSISTANT])


def test_the_body_is_the_tutorials_byte_for_byte() -> None:
    clock, sent = FrozenClock(), list[Request]()
    platform = Platform(clock=clock)

    def send(request: Request) -> Response:
        sent.append(request)
        return platform.send(request)

    gateway = made(send, platform.dial, clock)
    question = Question(
        assistant=ASSISTANT,
        messages=(
            Message(Role.SYSTEM, "You are a compliance-aware financial assistant."),
            Message(Role.USER, "Explain the refund policy for Grüße."),
        ),
        output=2048,
    )
    assert gateway.ask(question, 60).startswith("conv-")
    assert (sent[-1].method, sent[-1].url, sent[-1].body) == (
        "POST",
        f"http://simulator{POST}",
        OF_THE_TUTORIAL,
    )
    assert sent[-1].headers["Content-Type"] == "application/json"
    assert sent[-1].deadline.total_seconds() == 60
    gateway.close()


@pytest.mark.parametrize("kind", ["504-after", "drop-after", "truncated", "garbage"])
def test_what_got_no_answer_is_not_sent_again(kind: str, desk: Desk) -> None:
    desk.faults.next("POST", POST, kind)
    with pytest.raises(OutcomeUnknown):
        desk.gateway.ask(QUESTION, desk.ends)
    assert posts(desk) == 1


def test_what_was_throttled_is_sent_when_it_may_be(desk: Desk) -> None:
    desk.faults.next("POST", POST, "429", seconds=2)
    desk.gateway.ask(QUESTION, desk.ends)
    assert posts(desk) == 1


def test_what_never_arrived_is_sent_again(desk: Desk) -> None:
    desk.faults.next("POST", POST, "refused")
    desk.gateway.ask(QUESTION, desk.ends)
    assert posts(desk) == 1


def test_a_missing_scope_is_named(desk: Desk) -> None:
    desk.platform.grant("client", ["conversation:read"])
    with pytest.raises(PermissionDenied, match="ai:assistant:write"):
        desk.gateway.ask(QUESTION, desk.ends)


def test_what_the_platform_does_not_take_is_refused(desk: Desk) -> None:
    question = Question(assistant=ASSISTANT, messages=(Message(Role.USER, "x"),), output=40_000)
    with pytest.raises(PlatformRejected, match="maxTokens"):
        desk.gateway.ask(question, desk.ends)


def test_an_assistant_of_dots_is_no_path(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.gateway.ask(Question(assistant="..", messages=(), output=1), desk.ends)


@pytest.mark.parametrize("number", ["", "x" * 201, "conv-1\n", "\x1b[2J", "conv\u200b-1"])
def test_an_id_that_is_none_is_an_outcome_that_nobody_knows(number: str) -> None:
    with pytest.raises(OutcomeUnknown):
        _created(number)


@pytest.mark.parametrize("number", ["c", "conv-é 1", "x" * 200])
def test_an_id_is_any_short_text_that_can_be_shown(number: str) -> None:
    assert _created(number) == number


def _created(number: str) -> str:
    clock = FrozenClock()
    platform = Platform(clock=clock)

    def send(request: Request) -> Response:
        answer = platform.send(request)
        return evolve(answer, body=orjson.dumps({"id": number})) if request.url.endswith(POST) else answer

    gateway = made(send, platform.dial, clock)
    try:
        return gateway.ask(QUESTION, 60)
    finally:
        gateway.close()
