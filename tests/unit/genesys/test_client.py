from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from math import inf

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken, Token, TokenSource
from jackfield.adapters.genesys.client import Change, Client, path
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    BreakerOpen,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    PlatformRejected,
    RateLimited,
    RollbackActive,
    Unavailable,
    VersionExists,
)
from jackfield.domain.model.secrets import Secret

HOSTS = Hosts(api="https://api.example", login="https://login.example")
CANARY = "canary-7f3a"
CHANGE = Change(method="POST", path="/api/v2/things", body=b"{}", name="escalation")


class Platform:
    """Gives the answers that it was told to give, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Response | JackfieldError) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        found = self.answers.pop(0)
        if isinstance(found, JackfieldError):
            raise found
        return found


class Numbered:
    """A token source whose tokens are numbered, as many as are dropped."""

    def __init__(self) -> None:
        self.made = 0
        self._token: Token | None = None

    def current(self, ends: float = inf) -> Token:
        del ends
        if self._token is None:
            self.made += 1
            self._token = Token(Secret(f"{CANARY}-{self.made}"))
        return self._token

    def drop(self, token: Token) -> None:
        if self._token is token:
            self._token = None


def envelope(status: int, code: str = "", *details: tuple[str, str], **more: object) -> Response:
    body = {
        "message": f"the value {CANARY} is wrong",
        "code": code,
        "status": status,
        "details": [{"errorCode": c, "fieldName": f} for c, f in details],
        **more,
    }
    return Response(status=status, headers={"inin-correlation-id": "c-1"}, body=orjson.dumps(body))


OK = Response(status=200, body=b"fine")


def text(body: bytes) -> str:
    return body.decode()


def unreadable(body: bytes) -> str:
    raise InvalidInput("the answer is no Thing")


def client(platform: Platform, tokens: TokenSource | None = None) -> Client:
    """A client that makes each call once, or twice around a new token."""
    policy = Policy(platform, FrozenClock(), rules=CallRules(retries=0))
    return Client(policy, [policy.lane(tokens or Numbered())], HOSTS)


def read(platform: Platform) -> object:
    return client(platform).read("/api/v2/things?name=x", text)


def change(platform: Platform) -> object:
    return client(platform).change(CHANGE, text)


def test_reads_with_a_bearer_token() -> None:
    platform = Platform(OK)
    assert read(platform) == "fine"
    assert [(r.method, r.url, dict(r.headers), r.body) for r in platform.requests] == [
        (
            "GET",
            "https://api.example/api/v2/things?name=x",
            {"Accept": "application/json", "Authorization": f"Bearer {CANARY}-1"},
            None,
        )
    ]


def test_changes_with_a_json_body_and_extra_headers() -> None:
    platform = Platform(OK)
    client(platform).change(Change(method="PUT", path="/x", body=b"{}", headers={"X-A": "b"}), text)
    request = platform.requests[0]
    assert (request.method, request.body, request.headers["Content-Type"], request.headers["X-A"]) == (
        "PUT",
        b"{}",
        "application/json",
        "b",
    )


def test_an_unauthorized_call_is_repeated_once_with_a_new_token() -> None:
    platform = Platform(envelope(401, "bad.credentials"), OK)
    assert change(platform) == "fine"
    assert [r.headers["Authorization"] for r in platform.requests] == [
        f"Bearer {CANARY}-1",
        f"Bearer {CANARY}-2",
    ]


def test_the_repeated_call_has_the_same_body() -> None:
    platform = Platform(envelope(401), OK)
    change(platform)
    assert [r.body for r in platform.requests] == [b"{}", b"{}"]


def test_a_second_unauthorized_answer_is_the_end() -> None:
    platform = Platform(envelope(401, "bad.credentials"), envelope(401, "bad.credentials"))
    with pytest.raises(AuthenticationFailed) as caught:
        read(platform)
    assert [(a.status, a.error) for a in caught.value.attempts] == [(401, "bad.credentials")] * 2


def test_a_fixed_token_is_not_tried_twice() -> None:
    platform = Platform(envelope(401))
    with pytest.raises(AuthenticationFailed):
        client(platform, FixedToken(Secret(CANARY))).read("/x", text)
    assert len(platform.requests) == 1


def test_a_forbidden_call_drops_the_token_and_is_not_repeated() -> None:
    platform, tokens = Platform(envelope(403), OK), Numbered()
    calls = client(platform, tokens)
    with pytest.raises(PermissionDenied):
        calls.read("/x", text)
    calls.read("/x", text)
    assert (tokens.made, len(platform.requests)) == (2, 2)


@pytest.mark.parametrize(
    ("message", "lacks"),
    [
        ("App not authorized to use scope ai:llm:manage", "lacks ai:llm:manage"),
        (
            "You must have at least one of the following permissions assigned: [ai:prompt:edit, ai:prompt:*]",
            "lacks ai:prompt:edit, ai:prompt:\\*",
        ),
        ("no", "lacks a scope or a role that the platform does not name"),
    ],
)
def test_a_forbidden_call_names_what_is_missing(message: str, lacks: str) -> None:
    with pytest.raises(PermissionDenied, match=lacks):
        read(Platform(envelope(403, "missing.any.permissions", message=message)))


@pytest.mark.parametrize("call", [read, change])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(400, "bad.request"), PlatformRejected),
        (envelope(404, "not.found"), NotFound),
        (envelope(409, "request.conflict"), PlatformRejected),
        (envelope(409, "request.conflict", ("version.exists", "version")), VersionExists),
        (envelope(409, "request.conflict", ("rollback.active", "version")), RollbackActive),
        (envelope(413, "request.entity.too.large"), PlatformRejected),
        (envelope(415, "unsupported.media.type"), PlatformRejected),
        (envelope(429, "too.many.requests.retry.after"), RateLimited),
        (Response(status=404, body=b"<html>"), NotFound),
        (Response(status=301, headers={"location": "https://elsewhere.example"}), PlatformRejected),
        (Response(status=429, body=b"\xff"), RateLimited),
    ],
)
def test_a_refusal_is_told_by_its_kind(
    call: Callable[[Platform], object], answer: Response, kind: type[JackfieldError]
) -> None:
    with pytest.raises(kind) as caught:
        call(Platform(answer))
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_a_failing_platform_makes_a_read_unavailable(status: int) -> None:
    with pytest.raises(Unavailable, match=f"{status} some.code"):
        read(Platform(envelope(status, "some.code")))


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_a_failing_platform_leaves_the_outcome_of_a_change_unknown(status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        change(Platform(envelope(status, "some.code")))


@pytest.mark.parametrize(
    ("call", "error", "kind"),
    [
        (read, Unavailable("down"), Unavailable),
        (read, OutcomeUnknown("broken"), Unavailable),
        (change, Unavailable("down"), Unavailable),
        (change, OutcomeUnknown("broken"), OutcomeUnknown),
        (change, BreakerOpen("open"), BreakerOpen),
    ],
)
def test_a_call_without_an_answer_is_unknown_only_if_it_changes_something(
    call: Callable[[Platform], object], error: JackfieldError, kind: type[JackfieldError]
) -> None:
    with pytest.raises(JackfieldError) as caught:
        call(Platform(error))
    assert type(caught.value) is kind


def test_an_unreadable_success_is_no_answer_to_a_read() -> None:
    with pytest.raises(Unavailable, match="no Thing"):
        client(Platform(OK)).read("/x", unreadable)


def test_an_unreadable_success_leaves_the_outcome_of_a_change_unknown() -> None:
    with pytest.raises(OutcomeUnknown, match="no Thing"):
        client(Platform(OK)).change(CHANGE, unreadable)


def test_an_error_carries_every_attempt_and_the_correlation_id() -> None:
    with pytest.raises(NotFound) as caught:
        read(Platform(envelope(401, "bad.credentials"), envelope(404, "not.found")))
    error = caught.value
    assert error.correlation_id == "c-1"
    assert [(a.method, a.path, a.status, a.error, a.elapsed) for a in error.attempts] == [
        ("GET", "/api/v2/things", 401, "bad.credentials", timedelta()),
        ("GET", "/api/v2/things", 404, "not.found", timedelta()),
    ]


def test_attempts_of_a_retrying_send_are_kept() -> None:
    tried = Unavailable("down", attempts=[])
    with pytest.raises(Unavailable) as caught:
        read(Platform(envelope(401, "bad.credentials"), tried))
    assert [a.error for a in caught.value.attempts] == ["bad.credentials", "down"]


def test_a_rejection_names_fields_and_codes_and_nothing_that_was_sent() -> None:
    rejected = envelope(
        400, "constraint.validation", ("field.length", "template"), (f"{CANARY} is too long", "modelId")
    )
    with pytest.raises(PlatformRejected) as caught:
        change(Platform(rejected))
    assert (caught.value.message, caught.value.code) == (
        "the platform answered 400 constraint.validation: template field.length, modelId",
        "constraint.validation",
    )


def test_another_conflict_is_told_by_its_detail() -> None:
    with pytest.raises(PlatformRejected) as caught:
        change(Platform(envelope(409, "request.conflict", ("name.exists", "name"))))
    assert caught.value.code == "name.exists"


def test_the_remedy_of_a_rollback_directive_names_the_command() -> None:
    with pytest.raises(RollbackActive) as caught:
        change(Platform(envelope(409, "request.conflict", ("rollback.active", "version"))))
    assert caught.value.remedy == "run `jackfield unfreeze escalation` first"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("86400", timedelta(days=1)),
        ("Thu, 01 Jan 2026 00:00:30 GMT", timedelta(seconds=30)),
        ("Wed, 31 Dec 2025 23:59:30 GMT", timedelta()),
        ("Thu, 01 Jan 2026 00:00:30 -0000", timedelta(seconds=30)),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("99999999999999999999", None),
        ("Thu, 99 Foo 2026", None),
    ],
)
def test_a_rate_limit_says_when_to_come_back(header: str, wait: timedelta | None) -> None:
    limited = Response(status=429, headers={"retry-after": header})
    with pytest.raises(RateLimited) as caught:
        read(Platform(limited))
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("call", [read, change])
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 429, 500, 503])
def test_no_error_shows_a_token_or_what_the_platform_echoes(
    call: Callable[[Platform], object], status: int
) -> None:
    echo = envelope(status, CANARY + " x", (CANARY + " x", CANARY + " x"))
    with pytest.raises(JackfieldError) as caught:
        call(Platform(echo, echo))
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format())
    assert CANARY not in f"{told} {caught.value!r} {caught.value.attempts}"


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_path_is_not_led_elsewhere(part: str) -> None:
    with pytest.raises(InvalidInput):
        path("api", part)


def test_parts_and_queries_are_percent_encoded() -> None:
    assert (
        path("a/b", "1.0.0+c d", "ü?#%", name="x&y=ü")
        == "/a%2Fb/1.0.0%2Bc%20d/%C3%BC%3F%23%25?name=x%26y%3D%C3%BC"
    )


def test_a_refusal_is_read_in_no_time_whatever_it_says() -> None:
    body = orjson.dumps({"message": "a" * 4_000_000, "code": "x"})
    with pytest.raises(PermissionDenied, match="does not name"):
        read(Platform(Response(status=403, body=body)))


@pytest.mark.parametrize("status", [400, 403, 503])
def test_a_refusal_that_is_nested_deeply_is_a_refusal(status: int) -> None:
    body = b'{"code":"x","messageParams":' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}"
    with pytest.raises(JackfieldError):
        read(Platform(Response(status=status, body=body)))
