"""Ctrl-C, and what the next run finds."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from attrs import frozen

from jackfield.entrypoints.cli.signals import stoppable
from tests import forks
from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.gates import CREATES, LOGINS, SECONDS, Gate, Running, gated, running
from tests.e2e.command.hearing import receiving


@frozen
class Guarded:
    """A house whose target is on a platform with a gate."""

    house: House
    gate: Gate

    @contextmanager
    def at(self, stops: str, *arguments: str) -> Generator[Running]:
        """Run the command; the block begins when a call that stops at the gate is under way."""
        self.gate.close(stops)
        with running(self.house.folder, COMMAND, *arguments) as process:
            process.reaches(self.gate)
            yield process
        self.gate.open()


@pytest.fixture
def guarded(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    """A target `prod` on such a platform, and a prompt file."""
    with gated() as gate:
        house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{gate.url}"\n')
        monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
        yield Guarded(house, gate)


@pytest.fixture
def one(guarded: Guarded) -> House:
    """One new prompt."""
    guarded.house.write("1.0.0", "kindly")
    return guarded.house


@pytest.fixture
def folder(guarded: Guarded) -> House:
    """Three new prompts."""
    for name in ("a", "b", "c"):
        guarded.house.write("1.0.0", "kindly", name)
    return guarded.house


def test_ctrl_c_while_the_platform_works_tells_what_to_do(guarded: Guarded, one: House) -> None:
    with guarded.at(CREATES, "publish", "greeting-1.0.0.prompt") as process:
        process.send(signal.SIGINT)
        ran = process.ends()

    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip().startswith("interrupted; 'jackfield status' shows what is live")
    again = one("publish", "greeting-1.0.0.prompt")
    assert again.code == 3
    assert "prompt.publish of 1.0.0 by mina" in again.err
    assert "is under way since" in again.err
    assert "wait for it; if that process is gone, try again after" in again.err
    assert one("status", "--format", "json").json["prompts"][0]["pending"]["version"] == "1.0.0"
    assert one.audited() == [("prompt.publish", "intended")]


def test_ctrl_c_before_anything_was_sent_leaves_nothing(guarded: Guarded, one: House) -> None:
    with guarded.at(LOGINS, "publish", "greeting-1.0.0.prompt") as process:
        process.send(signal.SIGINT)
        ran = process.ends()

    assert (ran.code, ran.out, "Traceback" in ran.err) == (130, "", False)
    assert one.audited() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_stops_at_once_and_quietly(house: House, number: signal.Signals) -> None:
    with forks.kind(os.environ)(
        [COMMAND, "simulate", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        started = server.stdout.readline()
        server.send_signal(number)
        _, err = server.communicate(timeout=SECONDS)

    assert started.startswith("simulated platform at http://127.0.0.1:")
    assert (server.returncode, err) == (0, "")


def test_sigterm_is_as_ctrl_c_and_has_its_own_exit_code(guarded: Guarded, one: House) -> None:
    with guarded.at(CREATES, "publish", "greeting-1.0.0.prompt") as process:
        process.send(signal.SIGTERM)
        ran = process.ends()

    assert (ran.code, ran.out) == (143, "")
    assert ran.err.strip().startswith("interrupted; 'jackfield status' shows what is live")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_in_mid_apply_finishes_the_prompt_under_way_and_the_next_does_the_rest(
    guarded: Guarded, folder: House, number: signal.Signals, code: int
) -> None:
    with guarded.at(CREATES, "apply", ".") as process:
        process.send(number)
        process.hears("once more to end at once")
        guarded.gate.open()
        ran = process.ends()
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


def test_a_second_signal_ends_an_apply_at_once(guarded: Guarded, folder: House) -> None:
    with guarded.at(CREATES, "apply", ".") as process:
        process.send(signal.SIGINT)
        process.hears("once more to end at once")
        process.send(signal.SIGTERM)
        ran = process.ends()

    assert (ran.code, "Traceback" in ran.err) == (143, False)
    assert folder.audited() == [("prompt.publish", "intended")]


def test_after_a_kill_in_mid_apply_the_others_are_done(guarded: Guarded, folder: House) -> None:
    with guarded.at(CREATES, "apply", ".") as process:
        process.send(signal.SIGKILL)
        ran = process.ends()

    again = folder("apply", ".", "--format", "json").json["prompts"]

    assert ran.code == -signal.SIGKILL
    assert [(p["name"], p["result"]) for p in again] == [("a", "failed"), ("b", "done"), ("c", "done")]
    assert "is under way" in again[0]["error"]["message"]


def test_an_end_before_anything_is_sent_sends_nothing(guarded: Guarded, folder: House) -> None:
    with guarded.at(LOGINS, "apply", ".") as process:
        process.send(signal.SIGINT)
        ran = process.ends()

    assert (ran.code, ran.out, folder.audited()) == (130, "", [])


def test_two_applies_at_once_double_nothing(guarded: Guarded, folder: House) -> None:
    guarded.gate.close(LOGINS)
    line = (COMMAND, "apply", ".", "--promote", "--format", "json")
    with running(folder.folder, *line) as first, running(folder.folder, *line) as second:
        first.reaches(guarded.gate)
        second.reaches(guarded.gate)
        guarded.gate.open()
        codes = {first.ends().code, second.ends().code}

    again = folder("apply", ".", "--promote")

    assert codes <= {0, 3}
    assert (again.code, again.out) == (0, "0 done, 3 unchanged, 0 failed\n")
    assert sum(outcome == "succeeded" for _, outcome in folder.audited()) == 3


def test_a_demo_that_is_interrupted_says_nothing_of_what_is_live(house: House) -> None:
    with running(house.folder, COMMAND, "demo") as process:
        assert process.process.stdout is not None
        process.process.stdout.readline()
        process.send(signal.SIGINT)
        ran = process.ends()
    assert (ran.code, "jackfield status" in ran.err) == (130, False)
    assert "what the demo had made" in ran.err


def test_a_delivery_that_is_interrupted_names_where_to_look(house: House) -> None:
    with receiving() as receiver:
        receiver.status = 503
        house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n')
        house.publish("1.0.0")
        house("deliveries", "discard", "registry", "--everything")
        receiver.status, before = 200, receiver.calls
        house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n[deliveries]\ndeadline_s = 0\n')
        house.publish("1.1.0")
        receiver.hangs = True
        with running(house.folder, COMMAND, "deliveries", "run") as process:
            receiver.asked.wait(SECONDS)
            process.send(signal.SIGINT)
            receiver.over.set()
            ran = process.ends()
    assert (ran.code, receiver.calls > before) == (130, True)
    assert ran.err.strip() == "interrupted; what was under way may come again; see 'jackfield deliveries'"


@pytest.mark.parametrize("piece", ["prompt", "step"])
def test_the_first_signal_names_the_piece_behind_which_it_ends(
    capfd: pytest.CaptureFixture[str], piece: str
) -> None:
    with stoppable(piece) as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop()
    assert f"ending behind the {piece} that is under way" in capfd.readouterr().err
