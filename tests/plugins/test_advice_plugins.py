"""Advice for those who hear of it: by the fifth tutorial's metrics, and by its webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.destination import entry
from jackfield.domain.model.advice.happenings import DISPLAYED, FEEDBACK
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.events import Entry
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.advice.measuring import Measures, Status, Tier
from jackfield.plugins.builtin.feedback import NAME, FeedbackSettings, FeedbackWebhook
from jackfield.plugins.builtin.posting import Posted
from jackfield.plugins.builtin.prometheus import Prometheus
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Answer

BUCKETS = [
    *("0.001", "0.002", "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75"),
    *("1.0", "2.5", "5.0", "7.5", "10.0", "+Inf"),
]


def told(kind: str = FEEDBACK, **payload: Any) -> Entry:
    whole = entry()
    said = {"recommendation": "rec-1", "agent": "a-1", "action": "clicked", "conversation": "c-1", **payload}
    return evolve(whole, event=evolve(whole.event, type=kind, payload=said))


def seen() -> Entry:
    shown = [
        {"recommendation": name, "source": "kb", "position": at}
        for at, name in enumerate(("rec-1", "rec-2"), 1)
    ]
    return told(DISPLAYED, recommendations=shown)


def posted(heard: list[tuple[str, dict[str, str], Any]], *, displayed: bool = False) -> Posted:
    def http(
        method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        heard.append((f"{method} {url}", dict(headers or {}), json.loads(body or b"{}")))
        return Answer(status=200)

    def nobody(method: str, path: str, body: bytes) -> bytes:
        raise AssertionError(f"it asks nobody {method} {path} {body!r}")

    settings = DestinationSettings(
        target="test", organization=ORGANIZATION, folder=Path("nowhere"), platform=nobody, prompt_id=str
    )
    own = FeedbackSettings(url="https://hooks.example/feedback", secret=Secret("s"), displayed=displayed)
    return FeedbackWebhook(own).jackfield_destinations(settings, http)[0]


def test_feedback_is_posted_as_the_tutorial_has_it_and_signed() -> None:
    heard = list[tuple[str, dict[str, str], Any]]()
    posted(heard).deliver(told())
    ((call, headers, body),) = heard
    assert call == "POST https://hooks.example/feedback"
    assert body == {
        "recommendationId": "rec-1",
        "agentId": "a-1",
        "action": "clicked",
        "timestamp": "2026-11-21T09:30:00.123456Z",
    }
    assert headers["webhook-id"] == entry().event.id
    assert headers["webhook-signature"].startswith("v1,")


def test_feedback_whose_payload_was_erased_posts_nothing() -> None:
    heard = list[tuple[str, dict[str, str], Any]]()
    bare = told()
    posted(heard).deliver(evolve(bare, event=evolve(bare.event, payload=None)))
    assert heard == []


@pytest.mark.parametrize(
    ("kind", "is_wanted"), [(FEEDBACK, True), (DISPLAYED, False), ("prompt.promote", False)]
)
def test_only_feedback_is_wanted(kind: str, is_wanted: bool) -> None:
    assert wanted(posted([]).wants, told(kind).event, by=NAME) is is_wanted


def test_what_was_displayed_is_posted_where_that_is_wanted() -> None:
    heard = list[tuple[str, dict[str, str], Any]]()
    destination = posted(heard, displayed=True)
    destination.deliver(seen())
    destination.deliver(told())
    (_, headers, body), (_, _, feedback) = heard
    assert [wanted(destination.wants, told(kind).event, by=NAME) for kind in (FEEDBACK, DISPLAYED)] == [
        True
    ] * 2
    assert body == {
        "recommendationIds": ["rec-1", "rec-2"],
        "agentId": "a-1",
        "action": "displayed",
        "timestamp": "2026-11-21T09:30:00.123456Z",
    }
    assert (headers["webhook-id"], feedback["recommendationId"]) == (entry().event.id, "rec-1")


def test_what_was_displayed_and_erased_posts_nothing() -> None:
    heard = list[tuple[str, dict[str, str], Any]]()
    bare = seen()
    posted(heard, displayed=True).deliver(evolve(bare, event=evolve(bare.event, payload=None)))
    assert heard == []


def test_prometheus_has_the_tutorials_two_names() -> None:
    plugin = Prometheus()
    measures = Measures(ORGANIZATION, plugin.jackfield_measure)
    for status in Status:
        measures.answered(status, Tier.MEMORY, 0.0015)
    measures.clicked("kb-billing", "a-1")
    lines = plugin.text()
    label = f'organization="{ORGANIZATION}"'
    for word in ("success", "empty", "error", "stale"):
        assert f'agentassist_recommendation_latency_seconds_count{{{label},status="{word}"}} 1.0' in lines
    clicks = f'agentassist_recommendation_clicks_total{{agent_id="a-1",{label},source_id="kb-billing"}} 1.0'
    assert clicks in lines
    assert 'jackfield_advice_queries_total{from="memory"' in lines


def test_the_buckets_tell_what_is_cached_apart() -> None:
    plugin = Prometheus()
    Measures(ORGANIZATION, plugin.jackfield_measure).answered(Status.SUCCESS, Tier.MEMORY, 0.0015)
    found = re.findall(r'agentassist_recommendation_latency_seconds_bucket\{le="([^"]+)"', plugin.text())
    assert found == BUCKETS
