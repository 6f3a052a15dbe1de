"""Who may call, and what the log is told of them."""

from __future__ import annotations

import pytest

from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.tokens import new_token
from jackfield.entrypoints.settings.service import OwnToken, Scope, ServiceRules
from tests.unit.service.assisted import QUERY
from tests.unit.service.house import NAME, House, published

READER, WRITER = new_token(), new_token()


@pytest.fixture
def guarded(core: Core) -> House:
    tokens = (
        OwnToken(name="dashboard", scopes=(Scope.READ,), hash=READER[1]),
        OwnToken(name="ci", scopes=(Scope.WRITE,), hash=WRITER[1]),
    )
    return House(core, given=Given(rules=ServiceRules(require=True, tokens=tokens)))


def bearer(token: tuple[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {token[0]}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer made-up"},
        {"authorization": f"Basic {READER[0]}"},
        {"authorization": f"Bearer {READER[1]}"},
    ],
)
def test_who_has_no_token_may_not_call(guarded: House, headers: dict[str, str]) -> None:
    found = guarded.get("/v1/prompts", **headers)
    assert (found.status, found.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_is_good_for_its_scope_and_those_before_it(guarded: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    path, body = f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"}
    assert guarded.get("/v1/prompts", **bearer(READER)).status == 200
    assert guarded.post(path, body, **bearer(READER)).status == 403
    assert guarded.get("/v1/prompts", **bearer(WRITER)).status == 200
    assert guarded.post(path, body, **bearer(WRITER)).status == 200


def test_the_log_names_the_token_and_whom_it_acts_for(guarded: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    given = {**bearer(WRITER), "x_actor": "user:joão".encode().decode("latin-1")}
    guarded.post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"}, **given)
    assert core.audit.last(1)[0].event.actor == "service:ci for user:joão"


@pytest.mark.parametrize("value", ["a\x00b", "a\tb", "x" * 201, "\xff\xfe", "  "])
def test_an_actor_that_no_log_should_hold_is_refused(house: House, value: str) -> None:
    assert house.get("/v1/prompts", x_actor=value).status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "evil.example:8080"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"origin": "http://evil.example", "host": "evil.example"},
        {"origin": "http://[", "host": "127.0.0.1"},
    ],
)
def test_a_page_of_another_site_may_not_call_without_a_token(house: House, headers: dict[str, str]) -> None:
    assert house.get("/v1/prompts", **headers).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "127.1.2.3"])
def test_a_program_of_this_machine_may(house: House, host: str) -> None:
    assert house.get("/v1/prompts", host=host).status == 200


def test_a_page_of_our_own_may(house: House) -> None:
    assert house.get("/v1/prompts", origin="http://127.0.0.1:8080").status == 200


def test_a_wrong_token_is_refused_also_where_none_is_needed(house: House) -> None:
    assert house.get("/v1/prompts", authorization="Bearer made-up").status == 401


def test_where_others_can_call_a_token_is_needed(core: Core) -> None:
    assert House(core, given=Given(loopback=False)).get("/v1/prompts").status == 401


def test_whether_it_lives_anybody_may_ask(guarded: House) -> None:
    assert {guarded.get(path).status for path in ("/healthz", "/readyz", "/openapi.json", "/docs")} == {200}
    assert guarded.get("/metrics").status == 401


def test_no_answer_lets_a_page_of_another_site_read_it(house: House) -> None:
    found = house.ask("OPTIONS", "/v1/prompts", headers={"origin": "https://evil.example"})
    assert [name for name in found.headers if name.startswith("access-control")] == []
    assert found.headers["allow"] == "GET, HEAD, OPTIONS"


def test_where_there_are_tokens_one_is_needed_also_on_loopback(core: Core) -> None:
    token = OwnToken(name="ci", scopes=(Scope.READ,), hash=READER[1])
    house = House(core, given=Given(rules=ServiceRules(tokens=(token,))))
    statuses = [house.get("/v1/prompts").status, house.post("/query", QUERY).status]
    assert (statuses, house.get("/v1/prompts", **bearer(READER)).status) == ([401, 401], 200)


@pytest.mark.parametrize(
    "header",
    ["forwarded", "via", "x_real_ip", "x_forwarded_for", "x_forwarded_proto", "x_forwarded_client_cert"],
)
@pytest.mark.parametrize("value", ["203.0.113.9", ""])
def test_whoever_comes_by_a_proxy_needs_a_token(house: House, header: str, value: str) -> None:
    assert house.post("/query", QUERY).status == 200
    statuses = [house.get("/v1/prompts", **{header: value}).status]
    statuses.append(house.post("/query", QUERY, **{header: value}).status)
    assert statuses == [403, 403]


def test_an_empty_authorization_is_no_anonymous_one(house: House) -> None:
    statuses = [house.get("/v1/prompts", authorization="").status]
    statuses.append(house.post("/query", QUERY, authorization="").status)
    assert statuses == [401, 401]


@pytest.mark.parametrize("header", ["x_actor", "x_reason"])
def test_a_header_that_a_server_emptied_is_refused(house: House, header: str) -> None:
    found = house.get("/v1/prompts", **{header: ""})
    assert (found.status, found.json["type"]) == (400, "urn:jackfield:problem:header")
