"""A platform that does not know our OAuth client: whoever asks whether the service is ready hears of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service.served import environment, served


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[str]:
    """A simulated platform in a process of its own, which knows one client; where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jackfield", "simulate", "--port", "0", "--client", "us:right"],
        cwd=tmp_path,
        env={**environment(tmp_path), "JACKFIELD_CONFIG": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    yield next(word for word in said.split() if word.startswith("http://"))
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    process.stdout.close()


@pytest.mark.parametrize(("secret", "state"), [("right", "ok"), ("wrong", "failing")])
def test_a_secret_that_is_wrong_makes_it_unready(
    tmp_path: Path, platform: str, secret: str, state: str
) -> None:
    settings = f'default = "test"\n[targets.test]\nplatform = "genesys"\nbase_url = "{platform}"\n'
    with served(
        tmp_path, settings=settings, GENESYSCLOUD_OAUTHCLIENT_ID="us", GENESYSCLOUD_OAUTHCLIENT_SECRET=secret
    ) as found:
        status, ready = found.ask("GET", "/readyz")
        assert found.end() == 0
    assert (status, ready["platform"]["status"]) == (200 if state == "ok" else 503, state)
    assert "wrong" not in found.told
