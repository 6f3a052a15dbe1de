"""Faults in process and at the socket, side by side: the client sees the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

import orjson
import pytest
from attrs import evolve, frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import Faults, FaultySend, Platform, SimulatorServer
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable

Outcome: TypeAlias = tuple[object, ...]

PROMPTS = "/api/v2/ai/llm/prompts"
TEMPLATES = "/api/v2/ai/prompt-templates"
BROKEN = "the connection broke before a whole answer came"


@frozen
class Away:
    """A platform with faults, and somebody who calls it."""

    platform: Platform
    faults: Faults
    clock: FrozenClock
    send: Send
    url: str
    headers: Mapping[str, str]

    def request(self, method: str, path: str, document: object = None) -> Request:
        body = None if document is None else orjson.dumps(document)
        return Request(method=method, url=self.url + path, headers=self.headers, body=body)

    def ask(self, method: str, path: str, document: object = None) -> Response:
        return self.send(self.request(method, path, document))

    def outcome(self, request: Request) -> Outcome:
        try:
            response = self.send(request)
        except (OutcomeUnknown, Unavailable) as error:
            return type(error), error.message
        return response.status, response.headers.get("retry-after"), _said(response.body)

    def prompts(self) -> set[str]:
        return {prompt["live"]["name"] for prompt in self.platform.snapshot()["prompts"].values()}


def _said(body: bytes) -> object:
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return document.get("code", document.get("name"))


def _token(send: Send, url: str) -> str:
    form = "grant_type=client_credentials&client_id=a&client_secret=b"
    asked = Request(method="POST", url=f"{url}/oauth/token?{form}")
    return str(orjson.loads(send(asked).body)["access_token"])


@pytest.fixture(params=["in process", "at the socket"])
def away(request: pytest.FixtureRequest) -> Iterator[Away]:
    clock, faults = FrozenClock(), Faults(seed=7)
    platform = Platform(clock=clock)
    if request.param == "in process":
        send = FaultySend(platform.send, faults, clock)
        yield _away(platform, faults, clock, send, "http://simulator")
        return
    wire = RequestsSend()
    with SimulatorServer(platform, faults=faults) as server:
        yield _away(platform, faults, clock, wire, server.url)
    wire.close()


def _away(platform: Platform, faults: Faults, clock: FrozenClock, send: Send, url: str) -> Away:
    headers = {"Authorization": f"Bearer {_token(send, url)}", "Content-Type": "application/json"}
    return Away(platform, faults, clock, send, url, headers)


@pytest.mark.parametrize(
    ("kind", "seconds", "outcome"),
    [
        ("429", None, (429, None, "too.many.requests")),
        ("429", 0, (429, "0", "too.many.requests.retry.after")),
        ("429", 86400, (429, "86400", "too.many.requests.retry.after")),
        ("500", None, (500, None, "internal.server.error")),
        ("503", None, (503, None, "service.unavailable")),
        ("504", None, (504, None, "request.timeout")),
        ("504-after", None, (504, None, "request.timeout")),
        ("401", None, (401, None, "bad.credentials")),
        ("revoked", None, (401, None, "bad.credentials")),
        ("drop", None, (OutcomeUnknown, BROKEN)),
        ("drop-after", None, (OutcomeUnknown, BROKEN)),
        ("truncated", None, (OutcomeUnknown, BROKEN)),
        ("bomb", None, (OutcomeUnknown, "the answer is too large")),
        ("garbage", None, (201, None, b"<html><body>Gateway \xff\xfe</body></html>")),
        ("slow", 0.01, (201, None, "greeting")),
        ("drip", 0.0001, (201, None, "greeting")),
        ("skew", 90, (201, None, "greeting")),
    ],
)
def test_what_the_caller_of_a_create_sees(
    away: Away, definition: dict[str, Any], kind: str, seconds: float | None, outcome: Outcome
) -> None:
    away.faults.next("POST", PROMPTS, kind, seconds=seconds)
    assert away.outcome(away.request("POST", PROMPTS, definition)) == outcome


@pytest.mark.parametrize("kind", ["504-after", "drop-after", "truncated", "garbage", "slow", "drip", "skew"])
def test_what_happens_all_the_same(away: Away, definition: dict[str, Any], kind: str) -> None:
    away.faults.next("POST", PROMPTS, kind, seconds=0.001 if kind in ("slow", "drip") else None)
    away.outcome(away.request("POST", PROMPTS, definition))
    assert "greeting" in away.prompts()


@pytest.mark.parametrize("kind", ["429", "500", "503", "504", "401", "revoked", "drop"])
def test_what_does_not_happen(away: Away, definition: dict[str, Any], kind: str) -> None:
    away.faults.next("POST", PROMPTS, kind)
    away.outcome(away.request("POST", PROMPTS, definition))
    assert "greeting" not in away.prompts()


def test_after_the_scripted_calls_the_platform_is_well(away: Away, definition: dict[str, Any]) -> None:
    away.faults.next("POST", PROMPTS, "drop")
    away.outcome(away.request("POST", PROMPTS, definition))
    assert away.ask("POST", PROMPTS, definition).status == 201


@pytest.mark.parametrize(("kind", "seconds"), [("slow", 0.4), ("drip", 0.4)])
def test_an_answer_past_the_read_timeout_is_no_answer(away: Away, kind: str, seconds: float) -> None:
    away.faults.next("GET", PROMPTS, kind, seconds=seconds)
    request = evolve(away.request("GET", PROMPTS), read_timeout=timedelta(milliseconds=50))
    assert away.outcome(request) == (OutcomeUnknown, BROKEN)


def test_a_body_that_drips_past_the_deadline_is_no_answer(away: Away) -> None:
    away.faults.next("GET", PROMPTS, "drip", seconds=0.05)
    request = evolve(away.request("GET", PROMPTS), deadline=timedelta(milliseconds=300))
    assert away.outcome(request) == (OutcomeUnknown, "no whole answer came before the deadline")


def test_a_call_without_a_token_revokes_nobodys(away: Away) -> None:
    away.faults.next("GET", PROMPTS, "revoked")
    bare = Request(method="GET", url=away.url + PROMPTS)
    assert [away.send(bare).status, away.ask("GET", PROMPTS).status] == [401, 200]
    assert _token(away.send, away.url)


def test_a_login_is_never_refused_for_a_revoked_token(away: Away) -> None:
    away.faults.next("GET", PROMPTS, "revoked")
    away.ask("GET", PROMPTS)
    form = "grant_type=client_credentials&client_id=a&client_secret=b"
    login = Request(method="POST", url=f"{away.url}/oauth/token?{form}", headers=away.headers)
    assert away.send(login).status == 200


@pytest.mark.parametrize("field", ["name", "version"])
def test_a_field_of_any_depth_is_no_trouble(away: Away, field: str) -> None:
    away.faults.next("DELETE", "**", "503")  # without any, the body is not read
    body = b'{"%s":' % field.encode() + b"[" * 1_000 + b"]" * 1_000 + b"}"
    request = Request(method="POST", url=away.url + PROMPTS, headers=away.headers, body=body)
    assert away.send(request).status == 400


def test_a_revoked_token_stays_refused_and_a_new_one_is_good(away: Away) -> None:
    away.faults.next("GET", PROMPTS, "revoked")
    statuses = [away.ask("GET", PROMPTS).status for _ in range(2)]
    other = _away(away.platform, away.faults, away.clock, away.send, away.url)
    assert (statuses, other.ask("GET", PROMPTS).status) == ([401, 401], 200)


def test_a_token_refused_once_is_good_again(away: Away) -> None:
    away.faults.next("GET", PROMPTS, "401")
    assert [away.ask("GET", PROMPTS).status for _ in range(2)] == [401, 200]


@pytest.fixture
def made(away: Away, definition: dict[str, Any]) -> str:
    """The id of a prompt just made."""
    away.faults.randomly("404", 1, seconds=10)
    return str(orjson.loads(away.ask("POST", PROMPTS, definition).body)["id"])


@pytest.mark.parametrize(
    "path", [f"{PROMPTS}/{{}}", f"{TEMPLATES}/{{}}/versions", f"{TEMPLATES}/{{}}/versions/1.0.0"]
)
def test_what_was_made_a_moment_ago_is_not_seen(away: Away, made: str, path: str) -> None:
    assert away.ask("GET", path.format(made)).status == 404


def test_a_list_lacks_what_was_made_a_moment_ago(away: Away, made: str) -> None:
    page = orjson.loads(away.ask("GET", f"{PROMPTS}?name=greeting").body)
    assert (page["entities"], page["total"]) == ([], 0)


def test_a_version_just_made_is_not_seen_in_the_list(away: Away, made: str, version: dict[str, Any]) -> None:
    away.clock.advance(timedelta(seconds=11))
    path = f"{TEMPLATES}/{made}/versions"
    assert away.ask("POST", path, {**version, "templateId": made}).status == 201
    listed = orjson.loads(away.ask("GET", path).body)["entities"]
    assert [each["version"] for each in listed] == ["1.0.0"]


def test_what_was_made_is_seen_in_time(away: Away, made: str) -> None:
    away.clock.advance(timedelta(seconds=10))
    assert away.ask("GET", f"{PROMPTS}/{made}").status == 200


@pytest.fixture
def prompt_id() -> str:
    """What the fixture `version` asks for; these tests put their own id in its place."""
    return "another"


def test_a_clock_that_is_off_shows_in_the_header_and_in_dates(away: Away, definition: dict[str, Any]) -> None:
    away.faults.next("POST", PROMPTS, "skew", seconds=-90)
    response = away.ask("POST", PROMPTS, definition)
    off = parsedate_to_datetime(response.headers["date"]) - away.clock.now()
    assert (off, orjson.loads(response.body)["dateCreated"]) == (
        timedelta(seconds=-90),
        "2025-12-31T23:58:30.000Z",
    )


def test_a_refused_connection_in_process_reached_nobody() -> None:
    platform, faults = Platform(clock=FrozenClock()), Faults()
    faults.next("GET", "**", "refused")
    with pytest.raises(Unavailable, match="the host cannot be reached"):
        FaultySend(platform.send, faults, FrozenClock())(Request(method="GET", url="http://host/x"))


def test_a_wait_in_process_passes_on_the_clock() -> None:
    clock, faults = FrozenClock(), Faults()
    faults.next("GET", "**", "slow", seconds=14)
    FaultySend(Platform(clock=clock).send, faults, clock)(Request(method="GET", url="http://host/x"))
    assert clock.monotonic() == 14
