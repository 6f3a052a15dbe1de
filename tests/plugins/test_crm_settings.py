"""What is wrong with `[plugins.crm]` is told when it is read: all at once, each with its place."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.testing import OpenCore
from tests.plugins.ended import settings

OWN: Final[dict[str, Any]] = {"url": "https://crm.example/{session}", "fields": {"a": "{bot}"}}


def _places(caught: pytest.ExceptionInfo[InvalidInput]) -> set[str]:
    return {problem.place for problem in caught.value.problems}


def test_every_fault_is_told_at_once(open_core: OpenCore) -> None:
    table: dict[str, object] = {
        "url": "http://crm.example/{conversatio}",
        "method": "GET",
        "fields": {"Subject": "{nope}", "properties": {"note": "a } b", "when": date(2026, 11, 21)}},
        "user": "a:b",
        "headers": [{"name": "Content-Length", "value": "1"}, {"name": "X-Key", "value": "a\r\nb"}],
        "idempotency_header": "a b",
        "when": {"resolutions": ["won"]},
        "taken": [200],
        "typo": 1,
    }
    with pytest.raises(InvalidInput, match=r"plugins\.crm: ") as caught:
        open_core(settings={"crm": table})
    assert _places(caught) == {
        "url",
        "method",
        "fields.Subject",
        "fields.properties.note",
        "fields.properties.when",
        "user",
        "headers[0].name",
        "headers[1].value",
        "idempotency_header",
        "when.resolutions[0]",
        "taken",
        "typo",
    }
    said = str(caught.value)
    assert "did you mean {conversation}?" in said
    assert "only https is called" in said


@pytest.mark.parametrize(
    ("table", "places"),
    [
        ({}, {"url", "fields"}),
        ({"preset": "salesforce"}, {"host"}),
        ({"preset": "sap"}, {"preset"}),
        ({"preset": "zendesk", "host": "a/b"}, {"host"}),
        ({"preset": "hubspot", "host": "a.example"}, {"host"}),
        ({**OWN, "host": "a.example"}, {"host"}),
        ({**OWN, "user": "me"}, {"user"}),
        ({**OWN, "headers": [{"name": "A"}]}, {"headers[0]"}),
        ({**OWN, "headers": [{"name": "A", "value": "1", "secret": Secret("2")}]}, {"headers[0]"}),
        ({**OWN, "headers": [{"name": "A", "value": "1"}, {"name": "a", "value": "2"}]}, {"headers"}),
        ({**OWN, "headers": [{"name": "X", "value": "1"}], "idempotency_header": "x"}, {"headers"}),
        ({**OWN, "token": Secret("a\n")}, {"token"}),
        ({**OWN, "token": Secret("t"), "headers": [{"name": "authorization", "value": "1"}]}, {"headers"}),
        ({**OWN, "url": "https://{bot}.example/x"}, {"url"}),
        ({**OWN, "url": "https://crm.example/{bot}/../x"}, {"url"}),
        ({**OWN, "url": "https://crm.example/{{bot}}"}, {"url"}),
        ({**OWN, "fields": {"a": 1, "a.b": 2}}, {"fields.a.b"}),
        ({**OWN, "fields": {"a..b": 2}}, {"fields.a..b"}),
        ({**OWN, "fields": {"a.1": 2}}, {"fields.a"}),
        ({**OWN, "fields": {"a.0": 2, "a.x": 1}}, {"fields.a"}),
        ({**OWN, "fields": {"a": float("nan")}}, {"fields.a"}),
        ({**OWN, "fields": {"a": 2**53}}, {"fields.a"}),
        ({**OWN, "fields": {"a": ["{x}", {"b": "{y}"}]}}, {"fields.a"}),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(table: dict[str, Any], places: set[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings(**table)
    assert _places(caught) == places


@pytest.mark.parametrize(
    "url", ["http://crm.example/x", "https://10.0.0.1/x", "https://u:canary@h.example/x"]
)
def test_a_receiver_that_may_not_be_called_is_refused_when_the_target_is_opened(
    open_core: OpenCore, url: str
) -> None:
    with pytest.raises(InvalidInput, match=r"plugins\.crm\.url: ") as caught:
        open_core(settings={"crm": {**OWN, "url": url}})
    assert "canary" not in str(caught.value)


def test_a_preset_s_host_is_checked_as_a_url_is(open_core: OpenCore) -> None:
    with pytest.raises(InvalidInput, match=r"plugins\.crm\.url: the host's address is not a public one"):
        open_core(settings={"crm": {"preset": "zendesk", "host": "169.254.169.254"}})


def test_a_secret_is_read_from_the_environment_and_shown_nowhere(open_core: OpenCore) -> None:
    table = {**OWN, "token_env": "TOKEN", "headers": [{"name": "X-Key", "secret_env": "KEY"}]}
    environ = {"TOKEN": "canary-token", "KEY": "canary-key"}
    core = open_core(settings={"crm": table}, environ=environ)
    found = [core.plugins, core.deliveries.status(), *core.deliveries.destinations()]
    assert [each.name for each in core.deliveries.status()] == ["crm"]
    assert "canary" not in repr(found)


@pytest.mark.parametrize("table", [{"token": "canary"}, {"headers": [{"name": "A", "secret": "canary"}]}])
def test_a_secret_in_the_file_is_refused_and_not_repeated(open_core: OpenCore, table: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="a secret is not written into the settings file") as caught:
        open_core(settings={"crm": {**OWN, **table}})
    assert "canary" not in str(caught.value)


def test_a_token_that_no_header_can_hold_is_not_repeated(open_core: OpenCore) -> None:
    with pytest.raises(InvalidInput, match="printable ASCII") as caught:
        open_core(settings={"crm": {**OWN, "token_env": "T"}}, environ={"T": "canary\n"})
    assert "canary" not in str(caught.value)


def test_two_that_are_called_crm_are_both_broken_and_both_are_named(open_core: OpenCore) -> None:
    endpoint = {"name": "crm", "url": "https://crm.example/hooks"}
    core = open_core(settings={"crm": OWN, "webhooks": {"endpoints": [endpoint]}})
    (found,) = core.deliveries.status()
    assert found.broken == "'crm' is given by webhooks and crm"
