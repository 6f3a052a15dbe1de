"""Ctrl-C, and what the next run finds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.command.conftest import COMMAND, House, Ran, simulated


@pytest.fixture
def slow(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A target on a platform that takes its time."""
    with simulated("--latency", "2s") as url:
        house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{url}"\n')
        monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
        yield house


def interrupted(house: House, *arguments: str, when: Callable[[], bool]) -> Ran:
    """Run the command, and press Ctrl-C half a second after something is so."""
    with subprocess.Popen(
        [COMMAND, *arguments],
        cwd=house.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        while process.poll() is None and not when():
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    return Ran(process.returncode, out, err)


def test_ctrl_c_while_the_platform_works_tells_what_to_do(slow: House) -> None:
    slow.write("1.0.0", "kindly")

    ran = interrupted(slow, "publish", "greeting-1.0.0.prompt", when=lambda: bool(slow.audited()))

    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip().startswith("interrupted; 'jackfield status' shows what is live")
    again = slow("publish", "greeting-1.0.0.prompt")
    assert again.code == 3
    assert "prompt.publish of 1.0.0 by mina" in again.err
    assert "is under way since" in again.err
    assert "wait for it; if that process is gone, try again after" in again.err
    assert slow("status", "--format", "json").json["prompts"][0]["pending"]["version"] == "1.0.0"
    assert slow.audited() == [("prompt.publish", "intended")]


def test_ctrl_c_before_anything_was_sent_leaves_nothing(slow: House) -> None:
    slow.write("1.0.0", "kindly")
    ledger = slow.folder / "state" / "prod" / "ledger.db"

    ran = interrupted(slow, "publish", "greeting-1.0.0.prompt", when=ledger.exists)

    assert (ran.code, ran.out, "Traceback" in ran.err) == (130, "", False)
    assert slow.audited() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_stops_at_once_and_quietly(house: House, number: signal.Signals) -> None:
    with subprocess.Popen(
        [COMMAND, "simulate", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        started = server.stdout.readline()
        server.send_signal(number)
        _, err = server.communicate(timeout=5)

    assert started.startswith("simulated platform at http://127.0.0.1:")
    assert (server.returncode, err) == (0, "")
