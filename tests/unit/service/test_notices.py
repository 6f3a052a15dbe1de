"""Notices of ended conversations over HTTP: believed by their signature alone, within the body's limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import NoticeRules, Outgoing, Platform
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import signed
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.bodies import LARGEST_BODY
from jackfield.entrypoints.service.openapi.document import document
from jackfield.entrypoints.service.routes import OPERATIONS
from jackfield.entrypoints.service.running import measured
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.service import ServiceRules
from jackfield.entrypoints.settings.values import SessionTable
from tests.unit.service.house import Answered, House

PATH = "/v1/sessions/notices"
URL = "https://hooks.example.com/sessions"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def platform(clock: FrozenClock) -> Platform:
    return Platform(clock=clock, notices=NoticeRules())


@pytest.fixture
def core(platform: Platform, clock: FrozenClock, tmp_path: Path) -> Iterator[Core]:
    table = {"notices": {"url": URL, "secret_env": "SECRET"}}
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("test"),
        folder=tmp_path / "test",
        sessions=SessionTable(table=table, environ={"SECRET": "webhook-secret"}),
    )
    with build(measured(settings), Parts(clock=clock, send=platform.send)) as core:
        yield core


@pytest.fixture
def house(core: Core) -> House:
    """A service that wants a token for everything else."""
    return House(core, given=Given(rules=ServiceRules(require=True), loopback=False))


@pytest.fixture
def notice(core: Core, platform: Platform) -> Outgoing:
    """What the platform sends when a session of ours is over."""
    me = core.acting_as("user:mina", reason="CHG-1").sessions
    me.register_notices()
    session = me.start(bot="bot-id-123", customer="customer-1")
    platform.end(session.view().conversation or "", "resolved")
    return platform.notices()[0]


def _schema(status: int) -> dict[str, Any]:
    described = document(OPERATIONS)
    answer = described["paths"][PATH]["post"]["responses"][str(status)]["content"]["application/json"]
    return {**answer["schema"], "components": described["components"]}


def sent(house: House, notice: Outgoing, body: bytes | None = None, /, **more: str) -> Answered:
    headers = {name.lower().replace("-", "_"): value for name, value in notice.headers.items()}
    return house.ask("POST", PATH, notice.body if body is None else body, headers={**headers, **more})


def test_a_notice_needs_no_token_and_counts_once(house: House, notice: Outgoing) -> None:
    first, second = sent(house, notice), sent(house, notice)
    assert (first.status, first.json["heard"], second.status, second.json["heard"]) == (
        200,
        "accepted",
        200,
        "repeat",
    )
    assert first.json["session"] == second.json["session"]
    for found in (first, second):
        Draft202012Validator(_schema(found.status)).validate(found.json)


@pytest.mark.parametrize("name", ["webhook_id", "webhook_timestamp", "webhook_signature"])
@pytest.mark.parametrize("value", ["", "v1,AAAA", "0", "\xff"])
def test_one_that_is_forged_is_refused(house: House, notice: Outgoing, name: str, value: str) -> None:
    found = sent(house, notice, **{name: value})
    assert (found.status, found.json["type"]) == (401, "urn:jackfield:problem:notice-signature")


def test_one_that_was_changed_is_refused(house: House, notice: Outgoing, core: Core) -> None:
    assert sent(house, notice, notice.body + b" ").status == 401
    assert core.sessions.list()[0].end is None


def test_one_that_is_too_large_is_not_read(house: House, notice: Outgoing) -> None:
    found = sent(house, notice, content_length=str(LARGEST_BODY + 1))
    assert (found.status, found.headers["connection"]) == (413, "close")


def test_while_the_ledger_is_away_the_sender_is_to_come_again(
    house: House, notice: Outgoing, core: Core
) -> None:
    core.close()
    found = sent(house, notice)
    assert (found.status, "retry-after" in found.headers) == (503, True)


def test_a_conversation_of_others_is_taken_note_of(
    house: House, notice: Outgoing, clock: FrozenClock
) -> None:
    body = notice.body.replace(notice.conversation.encode(), b"conv-of-others")
    held: dict[str, Any] = json.loads(body)
    raw = json.dumps({**held, "attributes": {}}).encode()
    headers = signed("evt-1", clock.now(), raw, (Secret("webhook-secret"),))
    found = house.ask("POST", PATH, raw, headers={k.replace("-", "_"): v for k, v in headers.items()})
    assert (found.status, found.json) == (202, {"heard": "unknown", "session": None})
    Draft202012Validator(_schema(found.status)).validate(found.json)
