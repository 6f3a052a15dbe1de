"""A client: what it sends, and by which token."""

from __future__ import annotations

import pytest

from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Change, path
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    InvalidInput,
    PermissionDenied,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.scripted import CANARY, OK, Numbered, Platform, change, client, envelope, read, text


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


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_path_is_not_led_elsewhere(part: str) -> None:
    with pytest.raises(InvalidInput):
        path("api", part)


def test_parts_and_queries_are_percent_encoded() -> None:
    assert (
        path("a/b", "1.0.0+c d", "ü?#%", name="x&y=ü")
        == "/a%2Fb/1.0.0%2Bc%20d/%C3%BC%3F%23%25?name=x%26y%3D%C3%BC"
    )
