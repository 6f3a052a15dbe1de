"""Tokens: every way in which the tutorials' programs ask for one, and every way to be refused."""

from __future__ import annotations

import base64
from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform

FORM = {"content-type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"
REFUSED = {"description": "authentication failed", "error_description": "authentication failed"}


def basic(credentials: str = "id:s3cret") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


def token_call(
    platform: Platform,
    *,
    query: str = "",
    body: str = "",
    headers: dict[str, str] | None = None,
    host: str = "login",
    method: str = "POST",
) -> Response:
    url = f"https://{host}.mypurecloud.de/oauth/token{query}"
    return platform.send(
        Request(method=method, url=url, headers=FORM if headers is None else headers, body=body.encode())
    )


def read(platform: Platform, token: str) -> int:
    url = "https://api.mypurecloud.de/api/v2/ai/llm/prompts"
    headers = {"authorization": f"Bearer {token}"}
    return platform.send(Request(method="GET", url=url, headers=headers)).status


def token_of(response: Response) -> str:
    return str(orjson.loads(response.body)["access_token"])


@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [
        ("", GRANT, {**FORM, **basic()}),
        ("", f"{GRANT}&scope=ai%3Allm%3Amanage", {**FORM, **basic()}),
        ("", f"{GRANT}&client_id=id&client_secret=s3cret&scope=a:b c:d", FORM),
        (f"?{GRANT}", "", {**FORM, **basic()}),
        (f"?{GRANT}", "", basic()),
        (f"?{GRANT}&client_id=id&client_secret=s3cret", "", {**FORM, **basic()}),
        (f"?{GRANT}&client_id=id&client_secret=s3cret", "", {}),
        ("", GRANT, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **basic()}),
    ],
)
def test_a_token_may_be_asked_for_in_each_of_the_tutorials_ways(
    query: str, body: str, headers: dict[str, str], clock: FrozenClock
) -> None:
    platform = Platform(clock=clock, clients={"id": "s3cret"})
    assert token_call(platform, query=query, body=body, headers=headers).status == 200


def test_a_token_is_a_bearer_token_with_its_lifetime_in_seconds(platform: Platform) -> None:
    answered = orjson.loads(token_call(platform, body=GRANT, headers={**FORM, **basic()}).body)
    assert {**answered, "access_token": "…"} == {
        "access_token": "…",
        "token_type": "bearer",
        "expires_in": 86_400,
    }


def test_the_token_path_is_on_the_api_host_too(platform: Platform) -> None:
    headers = {**FORM, **basic()}
    assert token_call(platform, body=GRANT, headers=headers, host="api").status == 200


def test_any_id_and_secret_is_a_client_unless_some_are_given(platform: Platform) -> None:
    headers = {**FORM, **basic("whoever:whatever")}
    assert token_call(platform, body=GRANT, headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {**FORM, **basic("id:wrong")},
        {**FORM, **basic("other:s3cret")},
        {**FORM, **basic(":")},
        {**FORM, "authorization": "Basic !!!"},
        {**FORM, "authorization": "Basic /w=="},
        FORM,
    ],
)
def test_another_client_is_refused_as_invalid(headers: dict[str, str], clock: FrozenClock) -> None:
    platform = Platform(clock=clock, clients={"id": "s3cret"})
    refused = token_call(platform, body=GRANT, headers=headers)
    assert (refused.status, orjson.loads(refused.body)) == (400, {"error": "invalid_client", **REFUSED})


def test_a_client_without_id_or_secret_is_refused_even_where_any_is_one(platform: Platform) -> None:
    assert token_call(platform, body=GRANT, headers={**FORM, **basic(":")}).status == 400


@pytest.mark.parametrize("body", ["", "grant_type=", "grant_type=password", "scope=x"])
def test_another_grant_is_refused_as_invalid(body: str, platform: Platform) -> None:
    refused = token_call(platform, body=body, headers={**FORM, **basic()})
    assert (refused.status, orjson.loads(refused.body)) == (400, {"error": "invalid_grant", **REFUSED})


def test_escaped_basic_credentials_are_the_same_client(clock: FrozenClock) -> None:
    platform = Platform(clock=clock, clients={"id": "a secret&more"})
    headers = {**FORM, **basic("id:a+secret%26more")}
    assert token_call(platform, body=GRANT, headers=headers).status == 200


def test_a_form_of_another_media_type_is_refused(platform: Platform) -> None:
    headers = {"content-type": "application/json", **basic()}
    assert token_call(platform, body='{"grant_type":"client_credentials"}', headers=headers).status == 415


def test_a_token_is_only_posted_for(platform: Platform) -> None:
    refused = token_call(platform, query=f"?{GRANT}", headers=basic(), method="GET")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")


def test_a_token_is_good_until_its_lifetime_is_over(clock: FrozenClock) -> None:
    platform = Platform(clock=clock, token_lifetime=timedelta(minutes=5))
    token = token_of(token_call(platform, body=GRANT, headers={**FORM, **basic()}))
    clock.advance(timedelta(seconds=299))
    assert read(platform, token) == 200


def test_a_token_is_bad_when_its_lifetime_is_over(clock: FrozenClock) -> None:
    platform = Platform(clock=clock, token_lifetime=timedelta(minutes=5))
    token = token_of(token_call(platform, body=GRANT, headers={**FORM, **basic()}))
    clock.advance(timedelta(seconds=300))
    assert read(platform, token) == 401


def test_revoked_tokens_are_unknown(platform: Platform) -> None:
    token = token_of(token_call(platform, body=GRANT, headers={**FORM, **basic()}))
    platform.revoke_tokens()
    assert read(platform, token) == 401


def test_every_token_is_another(platform: Platform) -> None:
    tokens = {token_of(token_call(platform, body=GRANT, headers={**FORM, **basic()})) for _ in range(100)}
    assert len(tokens) == 100
