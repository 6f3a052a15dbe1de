"""What the built-in destinations write, post and keep."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.destination import entry
from jackfield.domain.model.deliveries.verdicts import Delivered, Rejected, Retry
from jackfield.domain.model.errors import InvalidInput, PlatformRejected, RateLimited, Unavailable
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.genesys_audit import PlatformLog
from jackfield.plugins.builtin.jsonl import LinesFile
from jackfield.plugins.builtin.prometheus import MOST_VALUES, OTHER, Prometheus, PrometheusSettings
from jackfield.plugins.builtin.registry import Registry, RegistrySettings
from jackfield.plugins.builtin.webhooks import Endpoint, Webhooks, WebhooksSettings
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Answer


@define
class World:
    """A receiver and a platform, and what they heard."""

    failure: Exception | None = None
    heard: list[tuple[str, dict[str, str], Any]] = field(factory=list[Any])

    def http(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.heard.append((f"{method} {url}", dict(headers or {}), json.loads(body or b"{}")))
        return Answer(status=200)

    def platform(self, method: str, path: str, body: bytes) -> bytes:
        if self.failure is not None:
            raise self.failure
        self.heard.append((f"{method} {path}", {}, json.loads(body)))
        return b""

    @property
    def settings(self) -> DestinationSettings:
        return DestinationSettings(
            target="test",
            organization=ORGANIZATION,
            folder=Path("nowhere"),
            platform=self.platform,
            prompt_id=lambda _: "a1b2",
        )


@pytest.fixture
def world() -> World:
    return World()


def test_the_registry_hears_the_audit_record_of_a_promotion(world: World) -> None:
    own = RegistrySettings(url="https://registry.example/audit", secret=Secret("s"))
    Registry(own).jackfield_destinations(world.settings, world.http)[0].deliver(entry())
    ((call, headers, body),) = world.heard
    assert call == "POST https://registry.example/audit"
    assert headers["webhook-id"] == body["auditId"] == entry().event.id
    assert body == {
        "timestamp": "2026-11-21T09:30:00.123456Z",
        "templateId": "a1b2",
        "version": "2.1.0",
        "action": "VERSION_PROMOTION",
        "status": "PROMOTED",
        "latencyMs": 120,
        "generationSuccessRate": None,
        "webhookSynced": False,
        "auditId": entry().event.id,
        "rollbackDirective": False,
        "estimatedContextTokens": None,
    }


def test_a_failed_promotion_is_told_as_failed(world: World) -> None:
    whole = entry()
    failed = evolve(whole, event=evolve(whole.event, outcome=Outcome.FAILED))
    own = RegistrySettings(url="https://registry.example/audit")
    Registry(own).jackfield_destinations(world.settings, world.http)[0].deliver(failed)
    assert world.heard[0][2]["status"] == "FAILED"


def test_a_webhook_carries_the_exported_line(world: World) -> None:
    endpoint = Endpoint(
        name="crm", url="https://crm.example/x", secret=Secret("a"), previous_secret=Secret("b")
    )
    made = Webhooks(WebhooksSettings(endpoints=(endpoint,)))
    made.jackfield_destinations(world.settings, world.http)[0].deliver(entry())
    ((_, headers, body),) = world.heard
    assert (body["type"], body["data"]["hash"]) == ("prompt.promote", entry().hash)
    assert headers["webhook-signature"].count("v1,") == 2


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 81])
def test_an_endpoint_s_name_is_plain(name: str) -> None:
    with pytest.raises(InvalidInput):
        Endpoint(name=name, url="https://crm.example/x")


def test_two_endpoints_of_one_name_are_refused() -> None:
    one = Endpoint(name="crm", url="https://crm.example/x")
    with pytest.raises(InvalidInput, match="one name"):
        WebhooksSettings(endpoints=(one, one))


def test_the_platform_s_log_has_the_tutorial_s_shape(world: World) -> None:
    PlatformLog(world.settings).deliver(entry())
    ((call, _, body),) = world.heard
    assert call == "POST /api/v2/users/me/auditlogs"
    assert {key: body[key] for key in body if key != "details"} == {
        "action": "UPDATE",
        "promptId": "a1b2",
        "version": "2.1.0",
        "actor": "ci:build-812",
        "timestamp": "2026-11-21T09:30:00.123Z",
        "platform": "genesys-cloud-llm-gateway",
        "complianceStandard": "ISO27001-AI",
    }


SOON = timedelta(seconds=40)


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (Unavailable("no connection in time"), Retry(reason="no connection in time")),
        (PlatformRejected("it is too long"), Rejected(reason="it is too long")),
        (RateLimited("too many"), Retry(reason="too many")),
        (RateLimited("too many", retry_after=SOON), Retry(reason="too many", after=SOON)),
    ],
)
def test_what_the_platform_refuses_is_told(world: World, failure: Exception, verdict: object) -> None:
    world.failure = failure
    assert PlatformLog(world.settings).deliver(entry()) == verdict


def _lines(path: Path) -> LinesFile:
    return LinesFile(path=path, wants=("*",))


def test_a_line_is_an_exported_line_with_the_owner_s_rights_alone(tmp_path: Path) -> None:
    _lines(tmp_path / "log.jsonl").deliver(entry())
    assert json.loads((tmp_path / "log.jsonl").read_text())["hash"] == entry().hash
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    lines = _lines(tmp_path / "log.jsonl")
    lines.deliver(entry(1))
    (tmp_path / "log.jsonl").rename(tmp_path / "log.jsonl.1")
    lines.deliver(entry(2))
    files = [(tmp_path / name).read_text().count("\n") for name in ("log.jsonl", "log.jsonl.1")]
    assert files == [1, 1]


def test_a_line_that_a_crash_left_unfinished_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"position": 1, "ha')
    _lines(path).deliver(entry(2))
    assert json.loads(path.read_text().splitlines()[1])["position"] == 2


def test_many_files_on_one_path_mix_no_lines(tmp_path: Path) -> None:
    def work(number: int) -> None:
        lines = _lines(tmp_path / "log.jsonl")
        for n in range(10):
            lines.deliver(entry(number * 100 + n))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = (tmp_path / "log.jsonl").read_text().splitlines()
    assert len({json.loads(line)["position"] for line in written}) == 40


def test_a_folder_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    verdict = _lines(tmp_path / "away" / "log.jsonl").deliver(entry())
    assert verdict == Retry(reason="the file cannot be written: No such file or directory")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a disk that is always full")  # noqa: PTH110
def test_a_full_disk_is_tried_again() -> None:
    verdict = _lines(Path("/dev/full")).deliver(entry())
    assert verdict == Retry(reason="the file cannot be written: No space left on device")


def _measured(name: str, value: float = 1.0, unit: str = "s", **labels: str) -> Measurement:
    return Measurement(organization=ORGANIZATION, name=name, value=value, unit=unit, labels=labels)


def test_durations_counts_and_levels_are_told_apart() -> None:
    plugin = Prometheus()
    plugin.jackfield_measure(_measured("jackfield.call.duration", 0.2, outcome="ok"))
    plugin.jackfield_measure(_measured("jackfield.cache.failures", 2, "{failure}"))
    plugin.jackfield_measure(_measured("jackfield.queue.depth", 7, "1"))
    plugin.jackfield_measure(_measured("jackfield.body.size", 4096, "By"))
    text = plugin.text()
    assert 'jackfield_call_duration_seconds_sum{organization="acme",outcome="ok"} 0.2' in text
    assert 'jackfield_cache_failures_total{organization="acme"} 2.0' in text
    assert 'jackfield_queue_depth{organization="acme"} 7.0' in text
    assert 'jackfield_body_size_bytes_count{organization="acme"} 1.0' in text


def test_labels_have_few_values() -> None:
    plugin = Prometheus()
    for number in range(MOST_VALUES + 50):
        plugin.jackfield_measure(_measured("jackfield.n", 1, "{n}", who=str(number)))
    lines = [line for line in plugin.text().splitlines() if line.startswith("jackfield_n_total{")]
    assert len(lines) == MOST_VALUES + 1
    assert f'jackfield_n_total{{organization="acme",who="{OTHER}"}} 50.0' in lines


def test_a_label_that_comes_later_or_not_at_all_spoils_nothing() -> None:
    plugin = Prometheus()
    plugin.jackfield_measure(_measured("jackfield.n", 1, "{n}", who="a"))
    plugin.jackfield_measure(_measured("jackfield.n", 1, "{n}", what="b"))
    assert 'jackfield_n_total{organization="acme",who=""} 1.0' in plugin.text()


def test_it_is_served_and_let_go_of() -> None:
    plugin = Prometheus(PrometheusSettings(listen="127.0.0.1:0"))
    plugin.jackfield_measure(_measured("jackfield.n", 1, "{n}"))
    with urllib.request.urlopen(f"http://127.0.0.1:{plugin.port}/metrics", timeout=5) as answer:
        assert b"jackfield_n_total" in answer.read()
    plugin.close()
    plugin.close()


def test_it_is_written_when_the_core_is_closed(tmp_path: Path) -> None:
    plugin = Prometheus(PrometheusSettings(file=str(tmp_path / "metrics.prom")))
    plugin.jackfield_measure(_measured("jackfield.n", 1, "{n}"))
    plugin.close()
    assert "jackfield_n_total" in (tmp_path / "metrics.prom").read_text()


@pytest.mark.parametrize("listen", ["", "9464", "host:port", "127.0.0.1:99999", "203.0.113.1:1"])
def test_a_place_where_nothing_can_listen_is_refused(listen: str) -> None:
    with pytest.raises(InvalidInput, match=r"plugins\.prometheus\.listen"):
        Prometheus(PrometheusSettings(listen=listen))


def test_delivered_is_what_it_says(world: World) -> None:
    assert PlatformLog(world.settings).deliver(entry()) == Delivered()
