"""Destinations that the settings give and that cannot be opened: every command says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.command.conftest import House
from tests.e2e.command.hearing import Receiver, receiving

RAISES: Final = """\
from jackfield.plugin import hookimpl


class Plugin:
    @hookimpl
    def jackfield_destinations(self):
        raise ValueError("canary")
"""
METADATA: Final = "Metadata-Version: 2.1\nName: crm-raises\nVersion: 1.0\n"
TROUBLE: Final = "jackfield_destinations: raised ValueError at crm_raises.py:7"


@pytest.fixture
def broken(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with a plugin whose hook raises."""
    site = tmp_path / "site"
    info = site / "crm_raises-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "crm_raises.py").write_text(RAISES, encoding="utf-8")
    (info / "METADATA").write_text(METADATA, encoding="utf-8")
    (info / "entry_points.txt").write_text("[jackfield]\ncrm-raises = crm_raises:Plugin\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    return house


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_command_that_changes_something_says_it_in_one_line(broken: House) -> None:
    done = broken("publish", broken.write("1.0.0", "kindly"))
    said = f"not delivered: plugin crm-raises (broken: {TROUBLE}); see 'jackfield deliveries'\n"
    assert (done.code, done.err) == (0, said)


def test_programs_read_it_in_one_line_too(broken: House) -> None:
    done = broken("publish", broken.write("1.0.0", "kindly"), "--format", "json")
    (line,) = done.err.splitlines()
    assert json.loads(line)["undelivered"] == [
        {"name": "plugin crm-raises", "waiting": 0, "held": 0, "new": 0, "dead": 0, "broken": TROUBLE}
    ]


def test_the_list_shows_it(broken: House) -> None:
    (found,) = broken("deliveries", "--format", "json").json["destinations"]
    assert (found["name"], found["state"], found["broken"]) == ("plugin crm-raises", "broken", TROUBLE)
    assert TROUBLE in broken("deliveries").out


def test_a_run_fails_and_the_others_are_delivered(broken: House, receiver: Receiver) -> None:
    broken.settings(f'[deliveries]\ndeadline_s = 0\n[plugins.registry]\nurl = "{receiver.url}"\n')
    broken.publish("1.0.0")
    done = broken("deliveries", "run")
    assert (done.code, len(receiver.heard)) == (5, 1)
    assert done.out.splitlines() == [
        "registry: 1 delivered, 0 failed, 0 dead",
        f"plugin crm-raises: nothing delivered: {TROUBLE}",
    ]


def test_a_run_of_no_other_fails_too(broken: House) -> None:
    done = broken("deliveries", "run", "--format", "json")
    assert (done.code, [each["trouble"] for each in done.json["destinations"]]) == (5, [TROUBLE])


@pytest.mark.parametrize("published", [False, True])
def test_the_doctor_finds_it(broken: House, *, published: bool) -> None:
    if published:
        broken.publish("1.0.0")
    done = broken("doctor", "--format", "json")
    (found,) = (f for f in done.json["findings"] if f["name"] == "destinations")
    assert (done.code, found["state"]) == (5, "failed")
    assert found["found"] == f"plugin crm-raises: broken: {TROUBLE}"
    assert "canary" not in done.all


def test_what_was_delivered_before_is_still_shown_where_it_was(
    house: House, receiver: Receiver, broken: House
) -> None:
    house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n')
    house.publish("1.0.0")
    found = house("deliveries", "--format", "json").json["destinations"]
    assert [(each["name"], each["state"], each["delivered"]) for each in found] == [
        ("registry", "current", 1),
        ("plugin crm-raises", "broken", 0),
    ]
    assert [r["webhookSynced"] for r in house("audit", "list", "--records").json["records"]] == [True]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            '[plugins.registry]\nurl = "http://localhost:9/r"\n'
            '[[plugins.webhooks.endpoints]]\nname = "registry"\nurl = "http://localhost:9/x"\n',
            "endpoints[0].name: 'registry' is the name of the destination of [plugins.registry]",
        ),
        (
            '[plugins.jsonl]\npath = "~nobody-of-that-name/x"\n',
            "path begins with a ~ that stands",
        ),
    ],
)
@pytest.mark.parametrize("command", [("deliveries",), ("deliveries", "run"), ("doctor",)])
def test_settings_that_can_give_none_are_refused(
    house: House, settings: str, said: str, command: tuple[str, ...]
) -> None:
    house.settings(settings)
    done = house(*command)
    assert (done.code, said in done.all) == (1, True)
