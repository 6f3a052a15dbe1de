"""Platform and ledger away: what was live is still told, by a process that has just started."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import apsw
import pytest

from tests.e2e.command.conftest import House

READ = (
    "import sys, jackfield\n"
    "with jackfield.open() as core:\n"
    "    live = core.prompts.live(sys.argv[1])\n"
    "    text = live.definition.render({'customer': 'Ada'}).system\n"
    "    print(live.number, live.source, live.freshness, live.age.total_seconds() < 600, text, sep='|')\n"
)
FALL_BACK = (
    "import sys, jackfield\n"
    "with jackfield.open() as core:\n"
    "    live = core.prompts.live(sys.argv[1], fallback=jackfield.load(sys.argv[1] + '-1.0.0.prompt'))\n"
    "    print(live.number, live.source, live.freshness, live.age, sep='|')\n"
)


@pytest.fixture
def name() -> str:
    """A prompt's name that no other test has: they share the platform."""
    return f"away-{uuid4().hex}"


@pytest.fixture
def promoted(house: House, platform: str, name: str) -> House:
    """1.1.0 of a prompt is live on a platform that then goes away."""
    for version in ("1.0.0", "1.1.0"):
        assert house("publish", house.write(version, f"as {version} does", name)).code == 0
    assert house("promote", name, "1.1.0").code == 0
    house.settings(
        'default = "prod"\n[targets.prod]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n'
        f'organization = "{_organization(house)}"\n'
    )
    return house


def _organization(house: House) -> str:
    entry = house("audit", "list", "--format", "json").json["entries"][0]
    return str(entry["organization"])


@pytest.fixture
def ledger(promoted: House) -> Path:
    return promoted.folder / "state" / "prod" / "ledger.db"


@pytest.fixture
def damaged(promoted: House, ledger: Path) -> House:
    for path in ledger.parent.glob("ledger.db-*"):
        path.unlink()
    ledger.write_bytes(b"damaged " * 1000)
    return promoted


@pytest.fixture
def locked(promoted: House, ledger: Path) -> Iterator[House]:
    with closing(apsw.Connection(str(ledger))) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield promoted


def read(house: House, name: str, script: str = READ) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, name],
        cwd=house.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip().split("|")


def test_a_new_process_reads_what_was_live_with_a_damaged_ledger(damaged: House, name: str) -> None:
    assert read(damaged, name) == ["1.1.0", "disk", "last known good", "True", "Greet Ada as 1.1.0 does."]


def test_a_new_process_reads_what_was_live_with_a_locked_ledger(locked: House, name: str) -> None:
    assert read(locked, name)[:3] == ["1.1.0", "disk", "last known good"]


def test_a_new_process_falls_back_on_a_file_when_nothing_is_known(
    damaged: House, ledger: Path, name: str
) -> None:
    shutil.rmtree(ledger.parent / "cache")

    assert read(damaged, name, FALL_BACK) == ["1.0.0", "fallback", "unknown", "None"]


def test_status_shows_the_last_known_good_and_why(damaged: House, name: str) -> None:
    ran = damaged("status", name)

    assert ran.code == 0
    assert "live      1.1.0 (promoted, " in ran.out
    assert "known     disk, last known good, " in ran.out
    assert "trouble   our record cannot be read: " in ran.out
    assert "platform  not asked while our record cannot be read" in ran.out


def test_an_explained_choice_says_that_it_was_made_by_what_is_left(damaged: House, name: str) -> None:
    ran = damaged("rollout", "explain", name, "--unit", "customer-1")
    assert (ran.code, ran.out.strip().endswith(" s old (disk, last known good)")) == (0, True)


def test_status_of_all_shows_what_is_known(damaged: House, name: str) -> None:
    ran = damaged("status")

    assert (ran.code, name in ran.out, "our record cannot be read" in ran.err) == (0, True, True)


def test_status_says_it_to_programs(damaged: House) -> None:
    prompt = damaged("status", "--format", "json").json["prompts"][0]

    assert (prompt["live"], prompt["source"], prompt["freshness"]) == ("1.1.0", "disk", "last known good")
    assert (prompt["age_s"] >= 0, prompt["trouble"] is None, prompt["platform"]["answered"]) == (
        True,
        False,
        False,
    )


def test_a_change_tells_what_is_wrong_with_the_ledger(damaged: House, name: str) -> None:
    ran = damaged("promote", name, "1.0.0")

    assert (ran.code, ran.out) == (1, "")
    assert "it is not a SQLite file" in ran.err


def test_a_platform_that_is_away_is_told_and_no_agreement_invented(promoted: House, name: str) -> None:
    view = promoted("status", name, "--format", "json").json["prompts"][0]["platform"]

    assert (view["version"], view["drift"], view["answered"]) == (None, None, False)
    assert view["trouble"].startswith("the platform did not answer: ")


def test_a_monitor_is_told_that_drift_cannot_be_known(promoted: House) -> None:
    assert promoted("status", "--fail-on-drift").code == 5


def test_a_monitor_is_told_that_all_agree(house: House) -> None:
    house.publish("1.0.0")

    assert house("status", "--fail-on-drift").code == 0


def test_a_monitor_is_told_of_drift(house: House) -> None:
    house.publish("1.0.0")
    store = house.folder / "state" / "simulator" / "simulator.db"
    store.unlink()  # the embedded platform forgets the prompt

    ran = house("status", "--fail-on-drift", "--format", "json")

    assert (ran.code, json.loads(ran.out)["prompts"][0]["platform"]["drift"]) == (3, True)


def test_without_the_option_drift_is_no_failure(house: House) -> None:
    house.publish("1.0.0")
    (house.folder / "state" / "simulator" / "simulator.db").unlink()

    assert house("status").code == 0
