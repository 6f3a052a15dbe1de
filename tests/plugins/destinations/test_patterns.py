"""Endpoints of webhooks: their patterns, secrets and places."""

from __future__ import annotations

import re

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.testing import OpenCore
from tests.plugins.destinations.conftest import publish_candidate


def test_settings_of_built_in_plugins_are_read_strictly(open_core: OpenCore) -> None:
    with pytest.raises(InvalidInput, match="url"):
        open_core(settings={"registry": {}})


def test_a_list_s_secrets_come_from_the_environment(open_core: OpenCore) -> None:
    endpoint = {"name": "crm", "url": "https://crm.example/x", "secret_env": "HOOK"}
    core = open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={"HOOK": "whsec_c2VjcmV0"})
    assert [each.name for each in core.deliveries.status()] == ["crm"]


@pytest.mark.parametrize(
    "change", [{"secret": "plain"}, {"secret_env": "AWAY"}, {"secret_env": 7}, {"typo": 1}, {"types": ["[x"]}]
)
def test_an_endpoint_that_does_not_fit_is_refused_with_its_place(
    open_core: OpenCore, change: dict[str, object]
) -> None:
    endpoint = {"name": "crm", "url": "https://crm.example/x", **change}
    with pytest.raises(InvalidInput, match="webhooks"):
        open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={})


def test_a_webhook_s_secret_and_url_are_shown_nowhere(open_core: OpenCore) -> None:
    canary, token = "whsec_Y2FuYXJ5LXNlY3JldA==", "canary-token"
    endpoint = {"name": "crm", "url": f"https://crm.example/{token}?key={token}", "secret_env": "HOOK"}
    core = open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={"HOOK": canary})
    publish_candidate(core)
    shown = [core.plugins, core.deliveries.status(), *core.audit.entries(), *core.deliveries.destinations()]
    assert canary not in repr(shown)
    assert token not in repr(shown)


def test_a_url_that_is_refused_is_not_repeated(open_core: OpenCore) -> None:
    endpoint = {"name": "crm", "url": "https://u:canary-password@crm.example/x"}
    with pytest.raises(
        InvalidInput, match=r"plugins\.webhooks\.endpoints\[0\]\.url: a URL is https"
    ) as caught:
        open_core(settings={"webhooks": {"endpoints": [endpoint]}})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("prompt.promoted", "did you mean 'prompt.promote'?"),
        ("prompt.promoted:succeeded", "did you mean 'prompt.promote'?"),
        ("prompts.*", "did you mean 'prompt.*'?"),
        (
            "nope.*",
            "there are advice.*, assistant.*, audit.*, delivery.*, pins.*, prompt.*, rollout.*, session.*",
        ),
    ],
)
@pytest.mark.parametrize("plugin", ["webhooks", "jsonl", "log-lines"])
def test_a_pattern_that_fits_no_event_is_refused_with_the_nearest(
    open_core: OpenCore, plugin: str, pattern: str, said: str
) -> None:
    table: dict[str, dict[str, object]] = {
        "webhooks": {"endpoints": [{"name": "crm", "url": "https://crm.example/x", "types": [pattern]}]},
        "jsonl": {"path": "/tmp/x.jsonl", "types": [pattern]},  # noqa: S108  # it is never opened
        "log-lines": {"types": [pattern]},
    }
    kind = pattern.partition(":")[0]
    wanted = re.escape(f"types: no event is of the type '{kind}'; {said}")
    with pytest.raises(InvalidInput, match=wanted):
        open_core(settings={plugin: table[plugin]})


def test_patterns_that_fit_some_event_are_taken(open_core: OpenCore) -> None:
    types = ["*", "*.roll_back:succeeded", "delivery.*", "audit.erase", "pins.rotate"]
    endpoint = {"name": "crm", "url": "https://crm.example/x", "types": types}
    assert len(open_core(settings={"webhooks": {"endpoints": [endpoint]}}).deliveries.status()) == 1
