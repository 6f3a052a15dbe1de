"""Pages of details with something wrong in them, as the faults of pages spoil them."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Faults, FaultySend, Platform
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_details import DAY, FIELDS, QUERY
from tests.unit.simulator.test_sessions import CONVERSATIONS, begun
from tests.unit.simulator.test_webhooks import WEBHOOKS, registered

SIZE: Final = 3


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def ask(clock: FrozenClock, faults: Faults) -> Ask:
    """A platform with six conversations, whose faults meet what is asked from now on."""
    platform = Platform(clock=clock)
    send = FaultySend(platform.send, faults, clock)
    platform.send = send  # type: ignore[method-assign]
    asking = connected(platform)
    for _ in range(2 * SIZE):
        begun(asking)
    return asking


def page(ask: Ask, token: str | None = None) -> dict[str, Any]:
    body = {**DAY, "filter": [], "select": FIELDS, "pageSize": SIZE, "pageToken": token}
    return dict(json.loads(ask("POST", QUERY, body).body))


def spoiled(ask: Ask, faults: Faults, kind: str, token: str | None = None) -> dict[str, Any]:
    faults.next("POST", QUERY, kind)
    return page(ask, token)


def test_every_third_record_lacks_a_field(ask: Ask, faults: Faults) -> None:
    found = spoiled(ask, faults, "page-fields")["data"]
    assert [[*each] for each in found] == [FIELDS[1:], FIELDS, FIELDS]


def test_every_third_duration_is_no_number(ask: Ask, faults: Faults) -> None:
    found = spoiled(ask, faults, "page-nan")["data"]
    assert [str(each["duration"]) for each in found] == ["nan", "None", "None"]


def test_every_record_comes_twice(ask: Ask, faults: Faults) -> None:
    whole = page(ask)["data"]
    assert spoiled(ask, faults, "page-repeated")["data"] == whole * 2


def test_the_token_leads_nowhere(ask: Ask, faults: Faults) -> None:
    token = spoiled(ask, faults, "page-elsewhere")["nextPageToken"]
    assert page(ask, token)["status"] == 400


def test_the_token_leads_to_its_own_page(ask: Ask, faults: Faults) -> None:
    token = page(ask)["nextPageToken"]
    assert spoiled(ask, faults, "page-stuck", token)["nextPageToken"] == token
    assert page(ask, token)["nextPageToken"] is None


def test_conversations_that_began_a_moment_ago_are_not_seen_yet(ask: Ask, faults: Faults) -> None:
    conversation = begun(ask)
    faults.next("GET", "**", "404", times=2)
    unseen: Response = ask("GET", f"{CONVERSATIONS}/{conversation}")
    listed = orjson.loads(ask("GET", f"{CONVERSATIONS}?state=active&pageSize=100").body)
    assert (unseen.status, conversation in {each["id"] for each in listed["entities"]}) == (404, False)


@pytest.mark.parametrize("kind", ["skew", "garbage"])
def test_an_answer_without_a_body_can_be_met_by_faults(kind: str, ask: Ask, faults: Faults) -> None:
    webhook = registered(ask)
    faults.next("DELETE", "**", kind)
    ask("DELETE", f"{WEBHOOKS}/{webhook}")
    assert faults.injected == {kind: 1}
    assert orjson.loads(ask("GET", WEBHOOKS).body)["total"] == 0
