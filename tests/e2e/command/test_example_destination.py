"""The example of a destination in its own distribution: it builds, is found, and passes its own tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.command.conftest import House
from tests.lean import run_pytest

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "crm-notes"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed into a folder by pip, without the network."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(EXAMPLE, folder / "source")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*command, "--quiet", "--target", str(folder / "site"), str(folder / "source")],
        check=True,
        capture_output=True,
    )
    return folder


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
