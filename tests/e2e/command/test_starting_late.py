"""A program that only reads what is live pays for nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings

LEDGER: Final = Path("state", "away", "ledger.db")
AWAY: Final = """\
[live]
platform = true
[targets.away]
platform = "genesys"
base_url = "http://127.0.0.1:9"
organization = "bench"
"""
READ: Final = """
import jackfield, json, sys
with jackfield.open() as core:
    live = core.prompts.live("refund")
print(json.dumps([live.number, live.source, sorted(sys.modules)]))
"""
SERVE: Final = """
import json, sys
from jackfield.entrypoints.service.running import Wanted, serve
from jackfield.entrypoints.settings import resolve
loaded = []
serve(resolve(), Wanted(port=0), told=lambda url: loaded.extend(sys.modules), wait=lambda: None)
print(json.dumps(loaded))
"""
SERVICES: Final = "jackfield.domain.services."
UNSERVED: Final = (
    "loguru",
    "requests",
    "rich",
    "ruamel",
    "jackfield.adapters.files.prompts",
    f"{SERVICES}sessions.ending",
    f"{SERVICES}sessions.recorded.starts",
    f"{SERVICES}sessions.turning",
)
UNUSED: Final = (
    "aiohttp",
    "asyncio",
    "click",
    "difflib",
    "importlib.metadata",
    "logging",
    "loguru",
    "psycopg",
    "requests",
    "rich",
    "ruamel",
    "urllib3",
    "websockets",
    "jackfield.adapters.exports",
    "jackfield.adapters.genesys.auth",
    "jackfield.adapters.genesys.client",
    "jackfield.adapters.genesys.metadata",
    "jackfield.adapters.genesys.metrics",
    "jackfield.adapters.genesys.prompts",
    "jackfield.adapters.genesys.resilience.policy",
    "jackfield.adapters.genesys.stream",
    "jackfield.adapters.genesys.wire",
    "jackfield.adapters.postgres",
    "jackfield.adapters.simulator",
    "jackfield.adapters.webhooks",
    "jackfield.domain.model.assignment",
    "jackfield.domain.model.conversations",
    "jackfield.domain.model.decisions",
    "jackfield.domain.model.deliveries",
    "jackfield.domain.model.evidence",
    "jackfield.domain.model.hours",
    "jackfield.domain.model.metrics",
    "jackfield.domain.model.pins",
    "jackfield.domain.model.reviews",
    "jackfield.domain.model.rollouts",
    "jackfield.domain.model.sessions",
    "jackfield.plugins.choosing",
    "jackfield.plugins.conversing",
    "jackfield.plugins.destinations",
    "jackfield.plugins.guards",
    "jackfield.plugins.reviewers",
    "jackfield.plugins.types",
    "jackfield.plugins.understanding",
    f"{SERVICES}assistants",
    f"{SERVICES}audit",
    f"{SERVICES}checking",
    f"{SERVICES}deliveries",
    f"{SERVICES}erasing",
    f"{SERVICES}metrics",
    f"{SERVICES}prompts.changes",
    f"{SERVICES}prompts.choosing",
    f"{SERVICES}prompts.changing",
    f"{SERVICES}prompts.planning",
    f"{SERVICES}prompts.operations.readback",
    f"{SERVICES}prompts.operations.settled",
    f"{SERVICES}prompts.statuses",
    f"{SERVICES}rollouts",
    f"{SERVICES}sessions",
)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a target whose platform cannot be reached; its last known good is on disk."""
    settings = Settings(
        target="away",
        platform="simulator",
        organization=organization("bench"),
        folder=tmp_path / "state" / "away",
    )
    prompt = PromptDefinition(
        name="refund", version="1.0.0", model="m", max_tokens=900, template="You help customers."
    )
    with build(settings, Parts(send=Platform(clock=SystemClock()).send)) as core:
        core.acting_as("mina", reason="CHG-1").prompts.publish(prompt)
    (tmp_path / "jackfield.toml").write_text(AWAY, encoding="utf-8")
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    return tmp_path


def read(folder: Path) -> tuple[str, str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    said: Any = json.loads(done.stdout)
    number, source, modules = said
    return number, source, modules


def unwanted(modules: list[str], names: tuple[str, ...] = UNUSED) -> list[str]:
    return [m for m in modules if any(m == unused or m.startswith(f"{unused}.") for unused in names)]


def test_reading_what_is_live_loads_nothing_that_it_does_not_use(away: Path) -> None:
    number, source, modules = read(away)
    assert (number, source, unwanted(modules)) == ("1.0.0", "ledger", [])


def test_what_is_said_to_be_unused_exists() -> None:
    ours = [module for module in (*UNUSED, *UNSERVED) if module.startswith("jackfield.")]
    assert [module for module in ours if find_spec(module) is None] == []


def test_reading_the_last_known_good_loads_nothing_more(away: Path) -> None:
    (away / LEDGER).write_bytes(b"damaged " * 1000)
    number, source, modules = read(away)
    assert (number, source, unwanted(modules)) == ("1.0.0", "disk", [])


def test_a_service_that_is_ready_has_loaded_nothing_that_few_requests_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    done = subprocess.run(
        [sys.executable, "-c", SERVE], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    loaded: list[str] = json.loads(done.stdout)
    assert unwanted(loaded, UNSERVED) == []
