"""Conversations that the simulated platform makes: routed by its triggers, seeded, drifting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Behavior, FileStore, Platform, Traffic
from jackfield.domain.model.errors import InvalidInput, NotFound
from tests.unit.simulator.conftest import Ask, connected

HOUR = timedelta(hours=1)
QUERY = "/api/v2/analytics/conversations/details/query"
TOTALS = "/api/v2/ai/llm/metrics"
NAME = "greeting"


def asked(prompt_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "dateFrom": "2025-12-01T00:00:00.000Z",
        "dateTo": "2027-01-01T00:00:00.000Z",
        "view": "ai_llm_gateway",
        "groupings": ["aiPromptId"],
        "filters": [{"filterType": "string", "type": "aiPromptId", "values": [prompt_id]}],
        "metrics": ["aiLatency", "aiTokensUsed", "aiSuccessRate"],
        "pageSize": 1000,
        **changes,
    }


def told(ask: Ask, prompt_id: str) -> list[dict[str, Any]]:
    """Every conversation of the prompt, page by page."""
    found, link = list[dict[str, Any]](), QUERY
    while link:
        page = orjson.loads(ask("POST", link, asked(prompt_id)).body)
        found += page["entities"]
        link = page["nextPageUri"]
    return found


def split(ask: Ask, versions: str, version: Mapping[str, Any], share: float) -> None:
    trigger = {"enabled": True, "trafficPercent": share, "variantId": "canary"}
    header = {"X-Genesys-AB-Test": f"variant=canary,traffic={share * 100:.0f}"}
    assert ask("POST", versions, {**version, "abTestingTrigger": trigger}, headers=header).status == 201


def test_without_a_split_all_get_what_is_live(platform: Platform, ask: Ask, prompt_id: str) -> None:
    assert platform.converse(NAME, 30, over=HOUR) == {"1.0.0": 30}
    assert {(e["promptVersion"], e["variantId"]) for e in told(ask, prompt_id)} == {("1.0.0", None)}


def test_a_split_gets_its_share(
    platform: Platform, ask: Ask, prompt_id: str, versions: str, version: Mapping[str, Any]
) -> None:
    split(ask, versions, version, 0.2)
    made = platform.converse(NAME, 10_000, over=HOUR)
    assert 1_840 <= made["2.0.0"] <= 2_160  # four standard deviations
    arms = Counter((e["promptVersion"], e["variantId"]) for e in told(ask, prompt_id))
    assert arms == {("1.0.0", None): made["1.0.0"], ("2.0.0", "canary"): made["2.0.0"]}


@pytest.mark.parametrize(("share", "number"), [(0, "1.0.0"), (1, "2.0.0")])
def test_the_ends_of_a_split_are_exact(
    platform: Platform, ask: Ask, versions: str, version: Mapping[str, Any], *, share: float, number: str
) -> None:
    split(ask, versions, version, share)
    assert platform.converse(NAME, 50, over=HOUR) == {number: 50}


def test_an_ended_split_gets_nothing(
    platform: Platform, ask: Ask, live: str, versions: str, version: Mapping[str, Any]
) -> None:
    split(ask, versions, version, 0.5)
    ask("PUT", live, orjson.loads(ask("GET", live).body))
    assert platform.converse(NAME, 50, over=HOUR) == {"1.0.0": 50}


def test_each_version_behaves_as_it_is_told_to(
    platform: Platform, ask: Ask, prompt_id: str, versions: str, version: Mapping[str, Any]
) -> None:
    split(ask, versions, version, 0.5)
    traffic = Traffic(
        versions={"2.0.0": Behavior(success=0, latency_ms=5_000, latency_spread=0, tokens=900)},
        otherwise=Behavior(success=1, latency_ms=100, latency_spread=0),
    )
    platform.converse(NAME, 200, over=HOUR, traffic=traffic)
    measured = {(e["promptVersion"], e["aiLatency"], e["aiSuccessRate"]) for e in told(ask, prompt_id)}
    assert measured == {("1.0.0", 100.0, 1.0), ("2.0.0", 5_000.0, 0.0)}


def test_success_latency_and_tokens_come_out_as_told(platform: Platform, ask: Ask, prompt_id: str) -> None:
    platform.converse(NAME, 10_000, over=HOUR, traffic=Traffic(otherwise=Behavior(success=0.8)))
    found = told(ask, prompt_id)
    assert sum(e["aiSuccessRate"] for e in found) / 10_000 == pytest.approx(0.8, abs=0.016)
    assert sorted(e["aiLatency"] for e in found)[5_000] == pytest.approx(800, rel=0.03)
    assert sum(e["aiTokensUsed"] for e in found) / 10_000 == pytest.approx(350, rel=0.02)


def test_success_and_latency_drift_by_the_hour(
    platform: Platform, clock: FrozenClock, ask: Ask, prompt_id: str
) -> None:
    drifting = Behavior(success=1, success_drift=-0.5, latency_spread=0, latency_ms=100, latency_drift=1)
    for _ in range(4):
        clock.advance(HOUR)
        platform.converse(NAME, 500, over=HOUR, traffic=Traffic(otherwise=drifting))
    found = told(ask, prompt_id)
    rates = [sum(e["aiSuccessRate"] for e in found[n : n + 500]) / 500 for n in range(0, 2_000, 500)]
    assert rates == [pytest.approx(0.75, abs=0.1), pytest.approx(0.25, abs=0.1), 0.0, 0.0]
    assert found[-1]["aiLatency"] == pytest.approx(500, rel=0.01)


def test_they_lie_in_the_time_that_was_filled(
    platform: Platform, clock: FrozenClock, ask: Ask, prompt_id: str
) -> None:
    clock.advance(3 * HOUR)
    platform.converse(NAME, 100, over=HOUR)
    times = [e["timestamp"] for e in told(ask, prompt_id)]
    assert times == sorted(times)
    assert "2026-01-01T02:00:00.000Z" <= times[0] < times[-1] < "2026-01-01T03:00:00.000Z"


def test_equal_seeds_make_equal_conversations(ask: Ask, prompt_id: str, platform: Platform) -> None:
    platform.converse(NAME, 300, over=HOUR, traffic=Traffic(seed=7))
    again = Platform(clock=FrozenClock())
    other = connected(again)
    other(
        "POST", "/api/v2/ai/llm/prompts", orjson.loads(ask("GET", f"/api/v2/ai/llm/prompts/{prompt_id}").body)
    )
    again.converse(NAME, 300, over=HOUR, traffic=Traffic(seed=7))
    assert told(other, prompt_id) == told(ask, prompt_id)


def test_other_seeds_make_others(platform: Platform, ask: Ask, prompt_id: str) -> None:
    platform.converse("order-status", 50, over=HOUR, traffic=Traffic(seed=1))
    other = Platform(clock=FrozenClock())
    other.converse("order-status", 50, over=HOUR, traffic=Traffic(seed=2))
    order = "b2c3d4e5-f6a7-4801-8bcd-f12345678901"
    assert told(ask, order) != told(connected(other), order)


def test_a_batch_may_be_made_in_parts(platform: Platform, ask: Ask, prompt_id: str) -> None:
    platform.converse(NAME, 700, over=HOUR)
    whole = [e["aiLatency"] for e in told(ask, prompt_id)]
    other = Platform(clock=FrozenClock())
    line = connected(other)
    line(
        "POST", "/api/v2/ai/llm/prompts", orjson.loads(ask("GET", f"/api/v2/ai/llm/prompts/{prompt_id}").body)
    )
    for count in (1, 499, 200):
        other.converse(NAME, count, over=HOUR)
    assert [e["aiLatency"] for e in told(line, prompt_id)] == whole


def test_they_are_kept_on_disk(tmp_path: Path) -> None:
    order = "b2c3d4e5-f6a7-4801-8bcd-f12345678901"
    store = FileStore(tmp_path / "simulator.db")
    Platform(clock=FrozenClock(), store=store).converse(order, 1_200, over=HOUR)
    store.close()
    again = FileStore(tmp_path / "simulator.db")
    assert len(told(connected(Platform(clock=FrozenClock(), store=again)), order)) == 1_200
    again.close()


def test_a_reset_forgets_them(platform: Platform) -> None:
    platform.converse("order-status", 10, over=HOUR)
    platform.reset()
    assert [p["conversations"] for p in platform.snapshot()["prompts"].values()] == [0, 0, 0]


def test_an_unknown_prompt_is_refused(platform: Platform) -> None:
    with pytest.raises(NotFound):
        platform.converse("nobody", 1, over=HOUR)


@pytest.mark.parametrize(("count", "over"), [(-1, HOUR), (1_000_001, HOUR), (1, timedelta(0)), (1, -HOUR)])
def test_what_cannot_be_made_is_refused(platform: Platform, count: int, over: timedelta) -> None:
    with pytest.raises(InvalidInput):
        platform.converse("order-status", count, over=over)


@pytest.mark.parametrize(
    "wrong", [{"success": 1.1}, {"latency_ms": 0}, {"tokens": "many"}, {"latency_spread": float("nan")}]
)
def test_a_behavior_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Behavior(**wrong)
