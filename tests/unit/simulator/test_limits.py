"""Rate limits: windows that move with the clock, and what each response tells of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Platform, RateLimits

Ask = Callable[..., Response]
Connect = Callable[..., Ask]

PROMPTS = "/api/v2/ai/llm/prompts"
ELSEWHERE = "/api/v2/elsewhere"


def told(response: Response) -> tuple[str, str, str]:
    names = ("inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset")
    count, allowed, reset = (response.headers[name] for name in names)
    return count, allowed, reset


@pytest.fixture
def limited(clock: FrozenClock) -> Platform:
    return Platform(clock=clock, limits=RateLimits(per_token=4, ai_configuration=3))


def test_the_defaults_are_the_platforms() -> None:
    limits = RateLimits()
    assert (limits.per_token, limits.ai_configuration, limits.window) == (300, 100, timedelta(minutes=1))


@pytest.mark.parametrize("wrong", [{"per_token": 0}, {"ai_configuration": -1}, {"window": timedelta()}])
def test_a_limit_of_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"window|must be >= 1"):
        RateLimits(**wrong)  # type: ignore[arg-type]  # the wrong values are the point


def test_requests_are_counted_in_a_window_from_the_first_one(
    limited: Platform, connect: Connect, clock: FrozenClock
) -> None:
    ask = connect(limited)
    ask("GET", ELSEWHERE)
    clock.advance(timedelta(seconds=12.5))
    assert told(ask("GET", ELSEWHERE)) == ("2", "4", "48")


def test_the_tighter_limit_is_told(limited: Platform, connect: Connect) -> None:
    assert told(connect(limited)("GET", PROMPTS)) == ("1", "3", "60")


def test_a_request_over_a_tokens_limit_is_refused_whole(limited: Platform, connect: Connect) -> None:
    ask = connect(limited)
    refused = [ask("GET", ELSEWHERE) for _ in range(5)][-1]
    assert (refused.status, orjson.loads(refused.body)) == (
        429,
        {
            "message": "Rate limit exceeded the maximum. Retry the request in [60] seconds",
            "code": "too.many.requests.retry.after",
            "status": 429,
            "messageWithParams": "Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
            "messageParams": {"seconds": "60"},
            "contextId": refused.headers["inin-correlation-id"],
            "details": [],
            "errors": [],
            "limit": {
                "key": "client.credentials.token.rate.per.minute",
                "namespace": "platform.api",
                "value": 4,
            },
        },
    )


def test_retry_after_is_whole_seconds_to_the_windows_end(
    limited: Platform, connect: Connect, clock: FrozenClock
) -> None:
    ask = connect(limited)
    for _ in range(4):
        ask("GET", ELSEWHERE)
    clock.advance(timedelta(seconds=30.2))
    assert ask("GET", ELSEWHERE).headers["retry-after"] == "30"


def test_after_retry_after_requests_pass_again(
    limited: Platform, connect: Connect, clock: FrozenClock
) -> None:
    ask = connect(limited)
    for _ in range(4):
        ask("GET", PROMPTS)
    clock.advance(timedelta(seconds=int(ask("GET", PROMPTS).headers["retry-after"])))
    assert ask("GET", PROMPTS).status == 200


def test_the_ai_limit_is_shared_by_the_tokens_of_the_organization(
    limited: Platform, connect: Connect
) -> None:
    one, other = connect(limited), connect(limited)
    statuses = [one("GET", PROMPTS).status, other("GET", PROMPTS).status, one("GET", PROMPTS).status]
    assert [*statuses, other("GET", PROMPTS).status] == [200, 200, 200, 429]


def test_the_ai_limit_names_itself(limited: Platform, connect: Connect) -> None:
    ask = connect(limited)
    refused = [ask("GET", PROMPTS) for _ in range(4)][-1]
    assert orjson.loads(refused.body)["limit"] == {
        "key": "organization.ai.configuration.rate.per.minute",
        "namespace": "platform.api",
        "value": 3,
    }


def test_every_token_has_its_own_limit(limited: Platform, connect: Connect) -> None:
    one, other = connect(limited), connect(limited)
    for _ in range(5):
        one("GET", ELSEWHERE)
    assert other("GET", ELSEWHERE).status == 404


def test_refused_requests_do_not_count(limited: Platform, connect: Connect) -> None:
    ask = connect(limited)
    assert [told(ask("GET", ELSEWHERE))[0] for _ in range(6)] == ["1", "2", "3", "4", "4", "4"]


def test_bad_requests_count(limited: Platform, connect: Connect) -> None:
    ask = connect(limited)
    ask("POST", PROMPTS, {})
    assert told(ask("GET", PROMPTS))[0] == "2"


def test_a_clock_that_steps_back_begins_a_new_window(clock: FrozenClock, connect: Connect) -> None:
    ahead = FrozenClock(clock.now() + timedelta(days=1))
    platform = Platform(clock=ahead, limits=RateLimits(per_token=1))
    ask = connect(platform)
    ask("GET", ELSEWHERE)
    platform.clock = clock
    assert ask("GET", ELSEWHERE).status == 404


def test_the_window_is_a_setting(clock: FrozenClock, connect: Connect) -> None:
    platform = Platform(clock=clock, limits=RateLimits(window=timedelta(seconds=1)))
    assert told(connect(platform)("GET", ELSEWHERE)) == ("1", "300", "1")


def test_without_limits_nothing_is_counted_and_the_headers_are_there(ask: Ask) -> None:
    assert [told(ask("GET", PROMPTS)) for _ in range(2)] == [("0", "300", "60")] * 2


def test_tokens_are_limited_by_client(limited: Platform, connect: Connect) -> None:
    for _ in range(4):
        connect(limited)
    with pytest.raises(KeyError, match="access_token"):
        connect(limited)
