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
def slow(house: House, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[House]:
    """A target on a platform that takes its time."""
    with simulated("--latency", getattr(request, "param", "2s")) as url:
        house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{url}"\n')
        monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
        yield house


def interrupted(
    house: House,
    *arguments: str,
    when: Callable[[], bool],
    by: tuple[signal.Signals, ...] = (signal.SIGINT,),
    after: float = 0.5,
) -> Ran:
    """Run the command, and press Ctrl-C (or send other signals) seconds after something is so."""
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
        for number in by:
            time.sleep(after)
            process.send_signal(number)
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


def test_sigterm_is_as_ctrl_c_and_has_its_own_exit_code(slow: House) -> None:
    slow.write("1.0.0", "kindly")

    ran = interrupted(
        slow,
        "publish",
        "greeting-1.0.0.prompt",
        when=lambda: bool(slow.audited()),
        by=(signal.SIGTERM,),
    )

    assert (ran.code, ran.out) == (143, "")
    assert ran.err.strip().startswith("interrupted; 'jackfield status' shows what is live")


def ended(house: House, *by: signal.Signals, when: Callable[[], bool] | None = None) -> Ran:
    """Apply the folder, and send signals when the first prompt is under way."""
    begun = when or (lambda: bool(house.audited()))
    return interrupted(house, "apply", ".", when=begun, by=by, after=0.15)


QUICKER = pytest.mark.parametrize("slow", ["800ms"], indirect=True, ids=["slow"])


@pytest.fixture
def folder(slow: House) -> House:
    """Three new prompts."""
    for name in ("a", "b", "c"):
        slow.write("1.0.0", "kindly", name)
    return slow


@QUICKER
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_in_mid_apply_finishes_the_prompt_under_way_and_the_next_does_the_rest(
    folder: House, number: signal.Signals, code: int
) -> None:
    ran = ended(folder, number)
    left = folder.audited()
    again = folder("apply", ".")

    assert ran.code == code
    assert ran.out.splitlines() == [
        "a: created 1.0.0",
        "b: not begun",
        "c: not begun",
        "1 done, 0 unchanged, 0 failed, 2 not begun",
    ]
    assert left == [("prompt.publish", "intended"), ("prompt.publish", "succeeded")]
    assert (again.code, again.out.splitlines()) == (
        0,
        ["b: created 1.0.0", "c: created 1.0.0", "2 done, 1 unchanged, 0 failed"],
    )


@QUICKER
def test_a_second_signal_ends_an_apply_at_once(folder: House) -> None:
    ran = ended(folder, signal.SIGINT, signal.SIGTERM)

    assert (ran.code, "Traceback" in ran.err) == (143, False)
    assert "once more to end at once" in ran.err
    assert folder.audited() == [("prompt.publish", "intended")]


@QUICKER
def test_after_a_kill_in_mid_apply_the_others_are_done(folder: House) -> None:
    ran = ended(folder, signal.SIGKILL)

    again = folder("apply", ".", "--format", "json").json["prompts"]

    assert ran.code == -signal.SIGKILL
    assert [(p["name"], p["result"]) for p in again] == [("a", "failed"), ("b", "done"), ("c", "done")]
    assert "is under way" in again[0]["error"]["message"]


@QUICKER
def test_an_end_before_anything_is_sent_sends_nothing(folder: House) -> None:
    ran = ended(folder, signal.SIGINT, when=(folder.folder / "state" / "prod" / "ledger.db").exists)

    assert (ran.code, ran.out, folder.audited()) == (130, "", [])


@pytest.mark.parametrize("slow", ["50ms"], indirect=True, ids=["slow"])
def test_two_applies_at_once_double_nothing(folder: House) -> None:
    command = [COMMAND, "apply", ".", "--promote", "--format", "json"]
    both = [subprocess.Popen(command, cwd=folder.folder, stdout=subprocess.PIPE) for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)

    again = folder("apply", ".", "--promote")

    assert {process.returncode for process in both} <= {0, 3}
    assert (again.code, again.out) == (0, "0 done, 3 unchanged, 0 failed\n")
    assert sum(outcome == "succeeded" for _, outcome in folder.audited()) == 3
