"""Webhooks, registered, listed and removed."""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Platform
from tests.unit.simulator.conftest import Ask, connected

WEBHOOKS: Final = "/api/v2/integrations/webhooks"
SECRET: Final = "canary-secret"
BODY: Final = {
    "name": "CRM Termination Sync",
    "url": "https://crm.example.com/webhook",
    "events": ["conversation:ended"],
    "secret": SECRET,
}


def document(response: Response) -> dict[str, Any]:
    return dict(orjson.loads(response.body))


def registered(ask: Ask, **changes: object) -> str:
    """Register a webhook, and return its id."""
    return str(document(ask("POST", WEBHOOKS, {**BODY, **changes}))["id"])


def listed(ask: Ask) -> list[str]:
    return [each["id"] for each in document(ask("GET", WEBHOOKS))["entities"]]


def test_a_webhook_is_shown_without_its_secret(ask: Ask) -> None:
    answered = ask("POST", WEBHOOKS, BODY)
    made = document(answered)
    assert (answered.status, made) == (
        201,
        {
            "id": made["id"],
            "name": "CRM Termination Sync",
            "url": "https://crm.example.com/webhook",
            "events": ["conversation:ended"],
            "dateCreated": "2026-01-01T00:00:00.000Z",
            "selfUri": f"{WEBHOOKS}/{made['id']}",
        },
    )


def test_the_same_name_and_url_are_the_same_webhook(ask: Ask) -> None:
    first = document(ask("POST", WEBHOOKS, BODY))
    again = ask("POST", WEBHOOKS, {**BODY, "secret": "another"})
    assert (again.status, document(again), listed(ask)) == (200, first, [first["id"]])


@pytest.mark.parametrize("change", [{"name": "another"}, {"url": "https://crm.example.com/other"}])
def test_another_name_or_url_is_another_webhook(change: dict[str, str], ask: Ask) -> None:
    assert listed(ask) == []
    made = [registered(ask), registered(ask, **change)]
    assert listed(ask) == made


def test_a_removed_webhook_is_gone_and_can_come_again(ask: Ask) -> None:
    webhook = registered(ask)
    removed = ask("DELETE", f"{WEBHOOKS}/{webhook}")
    assert (removed.status, removed.body, listed(ask)) == (204, b"", [])
    assert registered(ask) != webhook


def test_one_that_is_not_there_cannot_be_removed(ask: Ask) -> None:
    assert ask("DELETE", f"{WEBHOOKS}/nothing").status == 404


def test_pages_of_webhooks_follow_one_another(ask: Ask) -> None:
    made = [registered(ask, name=f"number {number}") for number in range(3)]
    first = document(ask("GET", f"{WEBHOOKS}?pageSize=2"))
    second = document(ask("GET", first["nextUri"]))
    assert [each["id"] for each in (*first["entities"], *second["entities"])] == made
    assert (first["total"], second["nextUri"]) == (3, None)


def test_everything_that_is_missing_is_named(ask: Ask) -> None:
    refused = ask("POST", WEBHOOKS, {})
    fields = [each["fieldName"] for each in document(refused)["details"]]
    assert (refused.status, fields) == (400, ["name", "url", "events"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 1}, "name"),
        ({"url": "crm.example.com"}, "url"),
        ({"url": "ftp://crm.example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://crm.example.com:99999/"}, "url"),
        ({"url": "https://crm.example.com/ü"}, "url"),
        ({"url": "https://crm.example.com/a\r\nHost: b"}, "url"),
        ({"url": f"https://crm.example.com/{'x' * 3_000}"}, "url"),
        ({"events": []}, "events"),
        ({"events": "conversation:ended"}, "events"),
        ({"events": ["conversation:started"]}, "events[0]"),
        ({"secret": 1}, "secret"),
        ({"secret": "whsec_§"}, "secret"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_no_secret_repeated(
    change: dict[str, Any], field: str, ask: Ask
) -> None:
    refused = ask("POST", WEBHOOKS, {**BODY, **change})
    fields = [each["fieldName"] for each in document(refused)["details"]]
    assert (refused.status, fields, SECRET.encode() in refused.body) == (400, [field], False)


@pytest.mark.parametrize("secret", [None, "", "plain", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_may_be_left_out_plain_or_coded(secret: str | None, ask: Ask) -> None:
    assert ask("POST", WEBHOOKS, {**BODY, "secret": secret}).status == 201


def test_webhooks_need_their_scope(platform: Platform) -> None:
    ask = connected(platform, scope="conversations:write")
    answers = [ask("POST", WEBHOOKS, BODY), ask("GET", WEBHOOKS), ask("DELETE", f"{WEBHOOKS}/x")]
    assert [document(each)["message"] for each in answers] == [
        "App not authorized to use scope integrations:write"
    ] * 3


def test_no_secret_is_in_a_list_or_in_the_snapshot(ask: Ask, platform: Platform) -> None:
    registered(ask)
    shown = (ask("GET", WEBHOOKS).body, orjson.dumps(platform.snapshot()), repr(platform).encode())
    assert (platform.snapshot()["webhooks"], [SECRET.encode() in each for each in shown]) == (1, [False] * 3)


def test_a_reset_platform_has_no_webhooks(ask: Ask, platform: Platform) -> None:
    registered(ask)
    platform.reset()
    assert listed(connected(platform)) == []
