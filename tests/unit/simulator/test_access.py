"""Who may call what: bearer tokens, and the scopes of each endpoint family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform

PROMPTS = "/api/v2/ai/llm/prompts"
VERSIONS = "/api/v2/ai/prompt-templates/a1b2c3d4-e5f6-7890-abcd-ef1234567890/versions"


def refusal(response: Response) -> tuple[int, str]:
    return response.status, orjson.loads(response.body)["code"]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer "}])
def test_a_call_without_a_bearer_is_told_to_bring_one(headers: Mapping[str, str], platform: Platform) -> None:
    refused = platform.send(Request(method="GET", url=f"https://x{PROMPTS}", headers=headers))
    assert refusal(refused) == (401, "authentication.required")


def test_an_unknown_bearer_is_bad_credentials(platform: Platform) -> None:
    headers = {"Authorization": "Bearer nobody"}
    refused = platform.send(Request(method="GET", url=f"https://x{PROMPTS}", headers=headers))
    assert refusal(refused) == (401, "bad.credentials")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", PROMPTS, "ai:llm:manage"),
        ("POST", PROMPTS, "ai:llm:manage"),
        ("GET", f"{PROMPTS}/x", "ai:llm:manage"),
        ("PUT", f"{PROMPTS}/x", "ai:llm:manage"),
        ("GET", VERSIONS, "ai:prompt-template:read"),
        ("POST", VERSIONS, "ai:prompt-template:write"),
        ("GET", f"{VERSIONS}/1.0.0", "ai:prompt-template:read"),
        ("PATCH", f"{VERSIONS}/1.0.0", "ai:prompt-template:write"),
    ],
)
def test_a_token_without_the_scope_is_told_which(
    method: str, path: str, scope: str, platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    refused = connect(platform, scope="conversations:write")(method, path)
    message = orjson.loads(refused.body)["message"]
    assert (*refusal(refused), message) == (
        403,
        "app.not.authorized.for.scope",
        f"App not authorized to use scope {scope}",
    )


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", PROMPTS, "ai:llm:manage"),
        ("GET", VERSIONS, "ai:prompt-template:read"),
        ("PATCH", f"{VERSIONS}/1.0.0", "ai:prompt-template:write"),
        ("PATCH", f"{VERSIONS}/1.0.0", "ai:llm-gateway:manage"),
    ],
)
def test_each_scope_of_a_family_opens_it(
    method: str, path: str, scope: str, platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    document: Any = {} if method == "PATCH" else None
    assert connect(platform, scope=scope)(method, path, document).status == 200


def test_a_granted_client_has_its_grant_alone(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    platform.grant("reader", ["ai:prompt-template:read"])
    assert connect(platform, client="reader")("GET", PROMPTS).status == 403


def test_a_granted_client_cannot_ask_for_more(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    platform.grant("reader", ["ai:prompt-template:read"])
    assert connect(platform, client="reader", scope="ai:llm:manage")("GET", PROMPTS).status == 403


def test_added_scopes_are_in_the_next_token(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    platform.grant("reader", [])
    platform.grant("reader", ["ai:llm:manage"])
    assert connect(platform, client="reader")("GET", PROMPTS).status == 200


def test_a_grant_that_is_lifted_is_all_scopes(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    platform.grant("reader", [])
    platform.grant("reader", None)
    assert connect(platform, client="reader")("GET", PROMPTS).status == 200


ABOUT = "/api/v2/tokens/me"


def test_a_token_is_told_its_scopes_its_client_and_its_end(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    told = orjson.loads(connect(platform, client="reader", scope="ai:llm:manage")("GET", ABOUT).body)
    assert (told["authorizedScope"], told["OAuthClient"]["id"], told["dateTokenIdles"]) == (
        ["ai:llm:manage"],
        "reader",
        "2026-01-02T00:00:00.000Z",
    )


def test_a_token_of_all_scopes_is_told_all_of_them(ask: Callable[..., Response]) -> None:
    assert {"ai:llm:manage", "ai:prompt-template:read"} <= {
        *orjson.loads(ask("GET", ABOUT).body)["authorizedScope"]
    }


def test_a_token_without_any_scope_may_ask_what_it_may(
    platform: Platform, connect: Callable[..., Callable[..., Response]]
) -> None:
    platform.grant("reader", [])
    assert orjson.loads(connect(platform, client="reader")("GET", ABOUT).body)["authorizedScope"] == []


def test_nobody_is_told_without_a_token(platform: Platform) -> None:
    assert refusal(platform.send(Request(method="GET", url=f"https://x{ABOUT}"))) == (
        401,
        "authentication.required",
    )
