"""What we export is what T1's program exports, byte for byte."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.prompts import ContextRule, ContextSource, PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings

RECORDED: Final = Path(__file__).parent / "goldens" / "exports" / "t1_genesys_auth_axios.http"
TARGET: Final = "http://127.0.0.1:18081/prompts"
PROMPT: Final = PromptDefinition(
    name="customer-support-assistant",
    version="1.0.0",
    model="openai-gpt-4-turbo",
    max_tokens=4096,
    template="You are a support agent. Context: {{context}}. User: {{user_input}}",
    variables=(Variable(name="context", max_length=100), Variable(name="user_input", max_length=100)),
    context_rules=(ContextRule(source=ContextSource.CONVERSATION_HISTORY, max_tokens=1500),),
)


class Receiver:
    """Takes what it is sent, and keeps it."""

    def __init__(self) -> None:
        self.requests = list[Request]()

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(status=202)


@pytest.fixture
def exported(tmp_path: Path) -> Request:
    """Our export of the program's prompt, at its time, to its receiver."""
    clock, receiver = FrozenClock(), Receiver()
    settings = Settings(
        target="t1", platform="simulator", organization=organization("t1"), folder=tmp_path / "state" / "t1"
    )
    parts = Parts(clock=clock, send=Platform(clock=clock).send, webhooks=receiver)
    with build(settings, parts) as core:
        me = core.acting_as("automation-service", reason="T1")
        me.prompts.publish(PROMPT)
        clock.advance(timedelta(hours=1))
        me.prompts.export(PROMPT.name, to=TARGET)
    (request,) = receiver.requests
    return request


def test_the_body_is_that_of_the_program(exported: Request) -> None:
    assert exported.body == RECORDED.read_bytes().partition(b"\n\n")[2]


def test_it_goes_where_the_programs_goes(exported: Request) -> None:
    assert (exported.method, exported.url, exported.headers["Content-Type"]) == (
        "POST",
        TARGET,
        "application/json",
    )
