"""Who may call without a token, told by what comes over a socket: a server may keep headers from us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import Served, served
from tests.unit.service.assisted import QUERY


@pytest.fixture(params=NAMES, scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """One service without tokens, which nothing here changes."""
    with served(tmp_path_factory.mktemp("served"), "--server", request.param) as service:
        yield service


def statuses(found: Served, **headers: str) -> list[int]:
    """What a read and a query by those headers are answered with."""
    return [
        found.ask("GET", "/v1/prompts", **headers)[0],
        found.ask("POST", "/query", QUERY, **headers)[0],
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"])
def test_a_program_of_this_machine_may(found: Served, host: str) -> None:
    assert statuses(found, host=host) == [200, 200]


@pytest.mark.parametrize(
    "header",
    [
        "forwarded",
        "via",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-by",
        "x-forwarded-client-cert",
    ],
)
def test_whoever_comes_by_a_proxy_needs_a_token(found: Served, header: str) -> None:
    assert statuses(found, **{header: "203.0.113.9"}) == [403, 403]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "evil.example:8080"},
        {"host": "127.0.0.1.evil.example"},
        {"origin": "http://evil.example", "host": "evil.example"},
    ],
)
def test_a_page_of_another_site_may_not_call(found: Served, headers: dict[str, str]) -> None:
    assert statuses(found, **headers) == [403, 403]


@pytest.mark.parametrize("value", ["", "Bearer made-up"])
def test_a_wrong_token_is_no_anonymous_one(found: Served, value: str) -> None:
    assert statuses(found, authorization=value) == [401, 401]
