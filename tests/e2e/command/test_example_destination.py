"""The example of a destination in its own distribution: it builds, is found, and passes its own tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e import installing
from tests.e2e.command.conftest import House
from tests.lean import run_pytest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed by pip."""
    return installing.installed("crm-notes", tmp_path_factory.mktemp("installed"))


@pytest.fixture
def installed(built: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A user who has installed the example."""
    monkeypatch.setenv("PYTHONPATH", str(built / "site"))
    house.settings('[plugins.crm-notes]\nurl = "https://crm.example/notes"\n')
    return house


def test_it_is_a_destination_of_the_target(installed: House) -> None:
    found = json.loads(installed.apart("deliveries", "--format", "json").out)["destinations"]
    assert [each["name"] for each in found] == ["crm-notes"]


def test_its_own_tests_pass(built: Path, installed: House) -> None:
    done = run_pytest(built / "source", "-q", "tests")
    assert done.returncode == 0, done.stdout
