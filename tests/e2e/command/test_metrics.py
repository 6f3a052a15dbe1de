"""`jackfield metrics` on a simulated platform that has answered conversations."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.e2e.command.conftest import House, keys

NUMBERS = itertools.count(1)
FAULTS = "/_simulator/faults"
QUERY = "POST /api/v2/analytics/conversations/details/query"


def told(url: str, path: str, document: object, method: str = "POST") -> Any:
    request = Request(url + path, json.dumps(document).encode(), method=method)  # noqa: S310  # ours
    with urlopen(request, timeout=10) as answer:  # noqa: S310  # ours
        return json.load(answer)


def converse(url: str, name: str, count: int, **more: Any) -> None:
    script = {"prompt": name, "conversations": count, "seconds": 3600, "advance": False, **more}
    told(url, "/_simulator/traffic", script)


@pytest.fixture
def name(house: House, platform: str) -> str:
    """A published prompt that no other test has: they share the platform."""
    found = f"measured-{next(NUMBERS)}"
    assert house("publish", house.write("1.0.0", "kindly", found)).code == 0
    return found


def test_a_prompt_without_requests_has_no_means(house: House, name: str) -> None:
    found = house("metrics", name, "--format", "json").json
    numbers = [found[key] for key in ("requests", "success", "latency_ms", "latency_p95_ms", "tokens")]
    assert numbers == [0, None, None, None, None]


def test_every_page_is_summed_up(house: House, platform: str, name: str) -> None:
    converse(platform, name, 450, otherwise={"success": 1, "latency_ms": 200, "latency_spread": 0})
    found = house("metrics", name, "--by", "version", "--format", "json").json
    assert (found["requests"], found["success"], found["latency_p95_ms"]) == (450, 1.0, 200.0)
    assert [(g["key"], g["requests"]) for g in found["groups"]] == [("1.0.0", 450)]


def test_the_keys_of_the_json_stay_in_their_order(house: House, name: str) -> None:
    assert keys(house("metrics", name, "--format", "json").json) == [
        "name",
        "since",
        "until",
        "by",
        "requests",
        "success",
        "latency_ms",
        "latency_p50_ms",
        "latency_p95_ms",
        "tokens",
        "tokens_mean",
        "groups",
        "skipped",
    ]


def test_the_platforms_own_sums_agree(house: House, platform: str, name: str) -> None:
    converse(platform, name, 300)
    ours = house("metrics", name, "--format", "json").json
    theirs = house("metrics", name, "--totals", "--format", "json").json
    for key in ("requests", "tokens", "latency_p95_ms"):
        assert theirs[key] == ours[key]
    assert theirs["success"] == pytest.approx(ours["success"])


def test_a_table_has_a_line_a_group_and_one_for_all(house: House, platform: str, name: str) -> None:
    converse(platform, name, 20)
    lines = [line.split() for line in house("metrics", name, "--by", "arm").out.splitlines() if line.strip()]
    assert [line[0] for line in lines[-2:]] == ["no", "all"]


def test_csv_has_a_line_a_group_and_one_for_all(house: House, platform: str, name: str) -> None:
    converse(platform, name, 20)
    ran = house("metrics", name, "--by", "version", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["group"], row["requests"]) for row in rows] == [("1.0.0", "20"), ("all", "20")]


def test_a_time_without_requests_is_empty(house: House, platform: str, name: str) -> None:
    converse(platform, name, 20)
    assert house("metrics", name, "--since", "30d", "--until", "2h", "--format", "json").json["requests"] == 0


def test_what_is_not_counted_is_told_beside_the_table(house: House, platform: str, name: str) -> None:
    converse(platform, name, 9)
    told(platform, FAULTS, {"kind": "page-fields", "times": 1, "on": QUERY})
    ran = house("metrics", name)
    assert (ran.code, ran.err) == (0, "3 records not counted: missing field\n")


def test_what_is_not_counted_is_told_to_programs(house: House, platform: str, name: str) -> None:
    converse(platform, name, 9)
    told(platform, FAULTS, {"kind": "page-repeated", "times": 1, "on": QUERY})
    found = house("metrics", name, "--format", "json").json
    assert (found["requests"], found["skipped"]) == (9, [{"why": "repeated", "count": 9}])


@pytest.mark.parametrize(
    ("kind", "said"), [("page-elsewhere", "leads to another host"), ("page-stuck", "does not advance")]
)
def test_a_wrong_link_is_an_error_and_no_half_a_sum(
    house: House, platform: str, name: str, kind: str, said: str
) -> None:
    converse(platform, name, 9)
    told(platform, FAULTS, {"kind": kind, "times": 1, "on": QUERY})
    ran = house("metrics", name, "--format", "json")
    assert (ran.code, ran.out, said in ran.err) == (5, "", True)


def test_a_prompt_that_was_not_published_is_not_found(house: House, platform: str) -> None:
    ran = house("metrics", "nobody")
    assert (ran.code, "no such prompt here" in ran.err) == (3, True)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--since", "yesterday"),
        ("--since", "2026-01-01T00:00"),
        ("--since", "2026-01-01 00:00"),
        ("--until", "0h"),
        ("--by", "queue"),
        ("--totals", "--by", "day"),
        ("--totals", "--format", "csv"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_is_wrong_usage(house: House, name: str, wrong: tuple[str, ...]) -> None:
    assert house("metrics", name, *wrong).code == 2


def test_a_time_that_ends_before_it_begins_is_refused(house: House, name: str) -> None:
    ran = house("metrics", name, "--since", "1h", "--until", "2h")
    assert (ran.code, "before it begins" in ran.err) == (1, True)
