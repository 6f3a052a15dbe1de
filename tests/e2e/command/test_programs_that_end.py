"""A program that observes and ends without closing: what it told is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import jackfield
from tests.e2e.command.conftest import House

NAME = "greeting"
TOLD = 40
PROGRAM = f"""
import os, jackfield
core = jackfield.open()
def tell():
    for number in range({TOLD}):
        choice = core.prompts.choose("{NAME}", unit=f"unit-{{number}}")
        core.rollouts.observe(choice, success=True)
"""
ENDINGS = {
    "its last line": "tell()",
    "an error": "tell(); raise RuntimeError('x')",
    "the end of a fork": "if os.fork():\n    os.wait()\nelse:\n    core = jackfield.open()\n    tell()",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_observed_is_durable_however_a_program_ends(house: House, ending: str) -> None:
    house.publish("1.0.0", "1.1.0")
    assert house("rollout", "start", NAME, "1.1.0", "--shares", "50%,100%").code == 0
    subprocess.run(
        [sys.executable, "-c", PROGRAM + ENDINGS[ending]],
        cwd=house.folder,
        capture_output=True,
        check=False,
        timeout=60,
    )
    with jackfield.open() as core:
        status = core.rollouts.status(NAME)
    step = status.evidence.step(0)
    assert (step.control.outcomes + step.treatment.outcomes, status.lost) == (TOLD, 0)
