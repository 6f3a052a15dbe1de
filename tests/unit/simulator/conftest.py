"""A platform on a clock that stands still, and calls of it with a token of all scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, TypeAlias

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, StreamRules
from jackfield.adapters.sockets import Socket
from tests.unit.simulator.faces import ASSISTANT, AT_ONCE_SAYING, Face, Make, at_the_server, in_process

Ask: TypeAlias = Callable[..., Response]

HOST = "https://api.mypurecloud.com"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def platform(clock: FrozenClock) -> Platform:
    return Platform(clock=clock)


@pytest.fixture
def connect() -> Callable[..., Ask]:
    """Get a token of the platform, and return the function that calls it: method, path, JSON document."""
    return connected


@pytest.fixture
def ask(platform: Platform) -> Ask:
    return connected(platform)


@pytest.fixture
def definition() -> dict[str, Any]:
    return {
        "name": "greeting",
        "version": "1.0.0",
        "template": "Greet {{name}} in {{language}}.",
        "variables": [
            {"name": "name", "type": "string", "required": True},
            {"name": "language", "type": "string", "required": False, "defaultValue": "English"},
        ],
        "contextRules": [{"source": "knowledge_base", "maxTokens": 10, "injectionPoint": "system"}],
        "modelId": "gpt-small",
        "maxTokens": 100,
    }


@pytest.fixture
def version(prompt_id: str) -> dict[str, Any]:
    return {
        "templateId": prompt_id,
        "version": "2.0.0",
        "content": "Welcome {{name}}.",
        "variables": {"name": "string"},
        "rollbackDirective": False,
    }


@pytest.fixture
def prompt_id(ask: Ask, definition: Mapping[str, Any]) -> str:
    made = orjson.loads(ask("POST", "/api/v2/ai/llm/prompts", definition).body)
    return str(made["id"])


@pytest.fixture
def live(prompt_id: str) -> str:
    """The path of the live definition."""
    return f"/api/v2/ai/llm/prompts/{prompt_id}"


@pytest.fixture
def versions(prompt_id: str) -> str:
    """The path of the versions."""
    return f"/api/v2/ai/prompt-templates/{prompt_id}/versions"


def connected(platform: Platform, *, client: str = "client", scope: str = "") -> Ask:
    form = f"grant_type=client_credentials&client_id={client}&client_secret=secret&scope={scope}"
    granted = platform.send(
        Request(
            method="POST",
            url=f"{HOST}/oauth/token",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=form.encode(),
        )
    )
    token = orjson.loads(granted.body)["access_token"]

    def ask(
        method: str,
        path: str,
        document: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        plain = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        sent = orjson.dumps(document) if body is None and document is not None else body
        return platform.send(
            Request(method=method, url=f"{HOST}{path}", headers={**plain, **(headers or {})}, body=sent)
        )

    return ask


FACES: Final = {"in process": in_process, "server": at_the_server}


@pytest.fixture(params=FACES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make a platform with an assistant that answers at once, as either of its faces shows it."""
    with ExitStack() as opened:

        def made(rules: StreamRules | None = None, **options: Any) -> Face:
            clock, streams = FrozenClock(), rules or StreamRules()
            assistants = {ASSISTANT: AT_ONCE_SAYING}
            platform = Platform(clock=clock, assistants=assistants, streams=streams, **options)
            return opened.enter_context(FACES[request.param](platform, clock))

        yield made


@pytest.fixture
def face(make: Make) -> Face:
    return make()


@pytest.fixture
def token(face: Face) -> str:
    return face.login()


@pytest.fixture
def socket(face: Face, token: str) -> Socket:
    return face.open(token)
