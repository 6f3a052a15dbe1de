"""A client that is refused: by which error, told how, and without what was sent."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.http import Response
from jackfield.domain.model.errors import (
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
from tests.unit.genesys.scripted import CANARY, CHANGE, OK, Platform, change, client, envelope, read


def unreadable(body: bytes) -> str:
    raise InvalidInput("the answer is no Thing")


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


def test_a_refusal_is_read_in_no_time_whatever_it_says() -> None:
    body = orjson.dumps({"message": "a" * 4_000_000, "code": "x"})
    with pytest.raises(PermissionDenied, match="does not name"):
        read(Platform(Response(status=403, body=body)))


@pytest.mark.parametrize("status", [400, 403, 503])
def test_a_refusal_that_is_nested_deeply_is_a_refusal(status: int) -> None:
    body = b'{"code":"x","messageParams":' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}"
    with pytest.raises(JackfieldError):
        read(Platform(Response(status=status, body=body)))
