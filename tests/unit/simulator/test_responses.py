"""What every response carries, and which requests have no operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform

Ask = Callable[..., Response]

PROMPTS = "/api/v2/ai/llm/prompts"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_refusal_is_the_whole_envelope(ask: Ask) -> None:
    refused = ask("GET", f"{PROMPTS}/none")
    assert orjson.loads(refused.body) == {
        "message": "The requested resource was not found.",
        "code": "not.found",
        "status": 404,
        "messageWithParams": "The requested resource was not found.",
        "messageParams": {},
        "contextId": refused.headers["inin-correlation-id"],
        "details": [],
        "errors": [],
    }


def test_every_response_has_a_correlation_id_of_its_own(ask: Ask) -> None:
    ids = [ask("GET", path).headers["inin-correlation-id"] for path in (PROMPTS, PROMPTS, "/none")]
    assert (len(set(ids)), all(UUID.fullmatch(each) for each in ids)) == (3, True)


def test_responses_have_the_date_of_the_platforms_clock(ask: Ask, clock: FrozenClock) -> None:
    clock.advance(timedelta(seconds=90))
    assert ask("GET", PROMPTS).headers["date"] == "Thu, 01 Jan 2026 00:01:30 GMT"


def test_responses_are_json(ask: Ask) -> None:
    assert ask("GET", PROMPTS).headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/", "", "/api/v2/none", f"{PROMPTS}/", f"{PROMPTS}/a/b", f"//{PROMPTS}"])
def test_an_unknown_path_is_not_found(path: str, ask: Ask) -> None:
    assert ask("GET", path).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", PROMPTS, "GET, POST"),
        ("POST", f"{PROMPTS}/x", "GET, PUT"),
        ("PUT", "/api/v2/ai/prompt-templates/x/versions", "GET, POST"),
        ("POST", "/api/v2/ai/prompt-templates/x/versions/1.0.0", "GET, PATCH"),
    ],
)
def test_another_method_is_told_which_are_allowed(method: str, path: str, allowed: str, ask: Ask) -> None:
    refused = ask(method, path)
    code = orjson.loads(refused.body)["code"]
    assert (refused.status, code, refused.headers["allow"]) == (405, "method.not.allowed", allowed)


def test_the_host_and_a_fragment_are_ignored(platform: Platform) -> None:
    url = "http://127.0.0.1:9/oauth/token?grant_type=client_credentials#here"
    granted = platform.send(Request(method="POST", url=url, headers={"AUTHORIZATION": "basic YTpi"}))
    assert granted.status == 200


def identifiers(seed: int) -> list[str]:
    platform = Platform(clock=FrozenClock(), seed=seed)
    url = "https://x/oauth/token?grant_type=client_credentials"
    granted = platform.send(Request(method="POST", url=url, headers={"authorization": "Basic YTpi"}))
    token = orjson.loads(granted.body)["access_token"]
    return [granted.headers["inin-correlation-id"], token]


def test_equal_seeds_make_equal_identifiers() -> None:
    assert identifiers(7) == identifiers(7)


def test_other_seeds_make_other_identifiers() -> None:
    assert set(identifiers(7)).isdisjoint(identifiers(8))


def test_a_reset_platform_holds_what_a_fresh_one_holds(ask: Ask, platform: Platform, prompt_id: str) -> None:
    platform.reset()
    assert list(platform.snapshot()["prompts"]) == list(Platform(clock=FrozenClock()).snapshot()["prompts"])
    assert prompt_id not in platform.snapshot()["prompts"]


def test_a_reset_platform_knows_no_token(ask: Ask, platform: Platform) -> None:
    platform.reset()
    assert ask("GET", PROMPTS).status == 401


def test_identifiers_do_not_come_back_after_a_reset(platform: Platform) -> None:
    request = Request(method="GET", url="https://x/")
    before = {platform.send(request).headers["inin-correlation-id"] for _ in range(5)}
    platform.reset()
    after = {platform.send(request).headers["inin-correlation-id"] for _ in range(5)}
    assert before.isdisjoint(after)


def test_the_snapshot_is_a_copy(platform: Platform) -> None:
    platform.snapshot()["prompts"].clear()
    assert len(platform.snapshot()["prompts"]) == 3


def test_the_snapshot_shows_prompts_with_their_versions(platform: Platform) -> None:
    held = platform.snapshot()["prompts"]["a1b2c3d4-e5f6-7890-abcd-ef1234567890"]
    assert (held["live"]["version"], [v["version"] for v in held["versions"]]) == ("1.0.0", ["1.0.0"])


def test_no_secret_and_no_token_is_shown() -> None:
    platform = Platform(clock=FrozenClock(), clients={"id": "canary-secret"})
    headers = {"authorization": "Basic aWQ6Y2FuYXJ5LXNlY3JldA=="}
    url = "https://x/oauth/token?grant_type=client_credentials&client_secret=canary-secret"
    granted = platform.send(Request(method="POST", url=url, headers=headers))
    token = orjson.loads(granted.body)["access_token"]
    refused = platform.send(Request(method="GET", url=url, headers={"authorization": f"Bearer {token}"}))
    shown = (
        f"{platform.snapshot()!r} {platform!r} {platform._office!r} {granted!r} {refused!r} {refused.body!r}"
    )
    assert [secret for secret in ("canary-secret", token) if secret in shown] == []
