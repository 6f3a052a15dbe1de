"""What tutorial 003's program sends, and that it can read what it is answered, over the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform, SimulatorServer
from tests.e2e.tutorials.test_tutorial_programs import answer, recorded
from tests.unit.simulator.test_notices_at_the_socket import fates

GOLDEN: Final = Path(__file__).parents[2] / "e2e" / "tutorials" / "goldens" / "t3_session_manager_go.http"
SELECTED: Final = ["conversationId", "startTime", "endTime", "resolutionStatus", "duration"]
ACTIVE: Final = ["id", "type", "state", "to", "from", "startTime", "attributes"]
"""The fields that the tutorial expects of a conversation that has begun."""


@frozen
class Spoken:
    """An exchange: the request's body, the answer's status and document."""

    sent: bytes
    status: int
    told: Any


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform(clock=FrozenClock())


@pytest.fixture(scope="module")
def spoken(platform: Platform) -> Iterator[Sequence[Spoken]]:
    """The program's requests, byte for byte, with what the server answers them."""
    with SimulatorServer(platform) as server:
        yield [_spoken(exchange.request, answer(server, exchange.request)) for exchange in recorded(GOLDEN)]
        assert fates(platform, 1) == ["recorded"]


def _spoken(request: bytes, response: bytes) -> Spoken:
    head, _, body = response.partition(b"\r\n\r\n")
    return Spoken(request.partition(b"\r\n\r\n")[2], int(head.split(b" ")[1]), orjson.loads(body))


def test_the_token_is_asked_for_with_blanks_that_are_not_escaped(spoken: Sequence[Spoken]) -> None:
    token = spoken[0]
    assert b"scope=conversations:write analytics:conversation:view integrations:write" in token.sent
    assert (token.status, [type(token.told[name]) for name in ("access_token", "expires_in")]) == (
        200,
        [str, int],
    )


@pytest.mark.parametrize(("at", "sure"), [(1, True), (5, False)])
def test_an_evaluation_has_the_three_fields(at: int, sure: bool, spoken: Sequence[Spoken]) -> None:
    evaluated = spoken[at].told
    assert {name: type(each) for name, each in evaluated.items()} == {
        "intentName": str,
        "intentConfidence": float,
        "sentimentScore": float,
    }
    assert (evaluated["intentConfidence"] >= 0.6) is sure


@pytest.mark.parametrize(("at", "more"), [(2, []), (6, ["routing"])])
def test_a_conversation_that_begins_has_the_fields_that_are_expected(
    at: int, more: list[str], spoken: Sequence[Spoken]
) -> None:
    begun = spoken[at]
    assert (begun.status, [*begun.told], begun.told["state"]) == (201, [*ACTIVE, *more, "selfUri"], "active")


def test_the_webhook_is_registered_once(spoken: Sequence[Spoken]) -> None:
    first, again = spoken[3], spoken[7]
    assert (first.status, again.status, again.told) == (201, 200, first.told)


def test_an_audit_tells_the_fields_that_are_selected(spoken: Sequence[Spoken]) -> None:
    running, over = spoken[4], spoken[9]
    assert [*running.told] == ["data", "nextPageToken"]
    assert [[*row] for each in (running, over) for row in each.told["data"]] == [SELECTED, SELECTED]
    assert (running.told["data"][0]["endTime"], over.told["data"][0]["resolutionStatus"]) == (
        None,
        "escalated",
    )


def test_what_is_missing_is_a_400(spoken: Sequence[Spoken]) -> None:
    refused = spoken[10]
    fields = [each["fieldName"] for each in refused.told["details"]]
    assert (refused.status, fields) == (400, ["to", "from.id", "type"])


def test_the_end_is_told_to_the_crm_as_a_closed_conversation(
    spoken: Sequence[Spoken], platform: Platform
) -> None:
    fates(platform, 1)
    (delivery,) = platform.mailroom.log()
    told = orjson.loads(delivery["body"])
    assert (delivery["url"], told["state"], told["resolutionStatus"], "endTime" in told) == (
        "https://crm.example.com/webhook",
        "closed",
        "escalated",
        True,
    )
