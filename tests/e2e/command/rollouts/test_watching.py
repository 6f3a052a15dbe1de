"""`jackfield rollout watch`: until it ends, is ended, or nobody reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from tests import forks
from tests.e2e.command.conftest import COMMAND, House, Ran
from tests.e2e.command.rollouts.conftest import NAME, tell


def watched(house: House, *arguments: str, by: signal.Signals | None = None) -> Ran:
    """Run `watch`; once it has said something, send it a signal."""
    with forks.kind(os.environ)(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s", *arguments],
        cwd=house.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            if by is not None:
                process.send_signal(by)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()  # else a watch that does not end keeps the whole run
    return Ran(process.returncode, first + out, err)


def test_watch_ends_when_it_is_live(begun: House) -> None:
    tell(well=True)
    ran = watched(begun)
    assert (ran.code, "live; finish" in ran.out) == (0, True)


def test_watch_has_a_code_of_its_own_when_it_was_taken_back(begun: House) -> None:
    tell(well=False)
    assert watched(begun).code == 6


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_watch_ends_behind_its_step_at_a_signal(begun: House, by: signal.Signals, code: int) -> None:
    ran = watched(begun, by=by)
    assert (ran.code, "another watch goes on with it" in ran.err, "Traceback" in ran.err) == (
        code,
        True,
        False,
    )


def test_another_watch_goes_on_after_a_kill(begun: House) -> None:
    assert watched(begun, by=signal.SIGKILL).code == -signal.SIGKILL
    tell(well=True)
    assert watched(begun).code == 0


def test_watch_for_programs_writes_an_object_a_line(begun: House) -> None:
    tell(well=True)
    lines = watched(begun, "--format", "json").out.splitlines()
    assert [json.loads(line)["move"]["act"] for line in lines] == ["finish"]


def test_the_log_verifies_after_a_whole_life(begun: House) -> None:
    tell(well=True)
    begun("rollout", "step", NAME)
    ran = begun("audit", "verify")
    assert (ran.code, "no change found" in ran.out) == (0, True)


def test_watch_ends_when_nobody_reads(begun: House) -> None:
    with forks.kind(os.environ)(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s"],
        cwd=begun.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.wait(timeout=60) == 141
        finally:
            process.kill()


def test_watch_that_begins_without_its_ledger_waits_for_it(two: House) -> None:
    pytest.importorskip("psycopg")
    two.settings(
        '[targets.simulator]\norganization = "acme"\nledger = "postgresql://nobody@127.0.0.1:1/none"\n'
    )
    with forks.kind(os.environ)(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s"],
        cwd=two.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said.startswith("waiting: "), "Traceback" in rest) == (130, True, False), said


def test_watch_fails_at_once_for_settings_that_are_wrong(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "coin"\n')
    assert two("rollout", "watch", NAME).code == 1
