"""Rollouts lived through on a moved clock, over the whole core; and several processes that step at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.rollouts import Phase
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build, open_core
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.forks import Forked
from tests.proofs.sizes import sized
from tests.unit.services.conftest import FIRST, NAME, version
from tests.unit.services.rollouts.callers import Callers, tell_all

LIVES = sized(3, full=60)
ROUNDS = sized(3, full=40)
PROCESSES = sized(3, full=4)
HOUR = timedelta(hours=1)
GUARD = Guard(success_margin=0.06)
MOST_HOURS = 40

CHILD = """\
import json, sys
import jackfield
with jackfield.open(state=sys.argv[1]) as core:
    me = core.acting_as(sys.argv[2], reason="all at once").rollouts
    for _ in sys.stdin:
        try:
            stepped = me.step("escalation")
            said = {"act": stepped.move.act, "changed": stepped.changed, "why": stepped.move.why}
        except jackfield.Conflict as error:
            said = {"act": "conflict", "changed": False, "why": [str(error)]}
        print(json.dumps(said), flush=True)
"""


def opened(folder: Path, clock: FrozenClock) -> Core:
    """A core whose ids are counted, so that the same units fall into the same arms each time."""
    numbers = count(1)
    own = Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=folder / "state"
    )
    parts = Parts(clock=clock, send=Platform(clock=clock).send, new_id=lambda: f"{next(numbers):032x}")
    return build(own, parts)


def lived(folder: Path, seed: int, treatment: float) -> tuple[Phase, int]:
    """Return how a rollout ended, and after how many customers."""
    clock = FrozenClock()
    with opened(folder, clock) as core:
        me = core.acting_as("cron", reason="hourly")
        me.prompts.publish(FIRST)
        me.prompts.publish(version("1.1.0"))
        me.rollouts.start(NAME, "1.1.0", shares=("20%", "50%", "100%"), guard=GUARD)
        callers = Callers(core, {"1.0.0": 0.97, "1.1.0": treatment}, seed=seed)
        for _ in range(MOST_HOURS):
            clock.advance(HOUR)
            callers.call(200)
            if me.rollouts.step(NAME).rollout.ended:
                break
        core.audit.verify()
        return core.rollouts.status(NAME).rollout.phase, callers.called


def test_a_harmless_version_goes_live_by_itself(tmp_path: Path) -> None:
    ends = [lived(tmp_path / str(seed), seed, 0.97) for seed in range(LIVES)]
    print(f"\n{LIVES} harmless rollouts: {[called for _, called in ends]} customers until live")
    assert {phase for phase, _ in ends} == {Phase.LIVE}


def test_a_harmful_version_is_taken_back_by_itself(tmp_path: Path) -> None:
    ends = [lived(tmp_path / str(seed), seed, 0.80) for seed in range(LIVES)]
    print(f"\n{LIVES} harmful rollouts: {[called for _, called in ends]} customers until rolled back")
    assert {phase for phase, _ in ends} == {Phase.ROLLED_BACK}


@pytest.fixture
def children(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Forked[str](
                    ["-c", CHILD, str(tmp_path / "root"), f"pod-{number}"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(PROCESSES)
        ]


def all_step(children: list[subprocess.Popen[str]]) -> list[str]:
    """Let all step at once, and return what each did."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
    for child in children:
        assert child.stdin is not None
        child.stdin.flush()
    said = [json.loads(child.stdout.readline()) for child in children if child.stdout is not None]
    return [each["act"] for each in said]


def test_several_processes_that_step_at_once_move_once(
    tmp_path: Path, children: list[subprocess.Popen[str]]
) -> None:
    shares = (*(f"{50 + number}%" for number in range(ROUNDS)), "100%")
    with open_core(state=tmp_path / "root") as core:
        me = core.acting_as("mina", reason="CHG-1")
        me.prompts.publish(FIRST)
        me.prompts.publish(version("1.1.0"))
        guard = Guard(success_margin=0.9)
        me.rollouts.start(NAME, "1.1.0", shares=shares, guard=guard, least=timedelta())
        for number in range(ROUNDS):
            tell_all(core, 100, step=number)
            acts = all_step(children)
            wanted = "finish" if number == ROUNDS - 1 else "ramp"
            assert [act for act in acts if act not in {"hold", "conflict"}] == [wanted]
        for child in children:
            assert child.stdin is not None
            child.stdin.close()
        moves = [e.event.type for e in core.audit.entries() if e.event.type == "rollout.ramp"]
        assert (len(moves), core.prompts.status(NAME).platform.drift) == (ROUNDS - 1, False)
        core.audit.verify()
    print(f"\n{PROCESSES} processes stepped at once, {ROUNDS} times: one moved each time")
