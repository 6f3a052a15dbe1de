"""What is lost on its way is counted, and by the rollout that it was of."""

from __future__ import annotations

import pytest
from attrs import evolve

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, version


@pytest.fixture
def running(core: Core, rollouts: ActingRollouts) -> Core:
    """1.1.0 is at 50 %."""
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    return core


@pytest.fixture
def choice(running: Core) -> Choice:
    return running.prompts.choose(NAME, unit="customer-1")


@pytest.fixture
def another(running: Core) -> Choice:
    """A choice of another prompt, of which a version is rolled out as well."""
    me = running.acting_as("mina", reason="CHG-3")
    for number in ("1.0.0", "1.1.0"):
        me.prompts.publish(evolve(version(number), name="another"))
    me.rollouts.start("another", "1.1.0", shares=("50%", "100%"))
    return running.prompts.choose("another", unit="customer-1")


def lose(core: Core, choice: Choice, units: int) -> None:
    """Let the ledger refuse what is told of so many units."""
    held = core.rollouts.folding.ledger
    core.rollouts.folding.ledger = ShakyLedger(held, failure=OutcomeUnknown("who knows"))
    for number in range(units):
        core.rollouts.observe(evolve(choice, unit=f"lost-{number}"), success=True)
    with pytest.raises(OutcomeUnknown):
        core.rollouts.flush()
    core.rollouts.folding.ledger = held


def test_what_is_lost_is_lost_by_its_own_rollout(running: Core, choice: Choice, another: Choice) -> None:
    lose(running, choice, 10)
    lose(running, another, 3)
    running.rollouts.observe(another, success=True)
    running.rollouts.flush()
    assert [running.rollouts.status(name).lost for name in (NAME, "another")] == [10, 3]
    assert running.rollouts.counts["lost"] == 13


def test_what_is_lost_is_told_beside_what_no_rollout_takes(running: Core, choice: Choice) -> None:
    lose(running, choice, 10)
    running.rollouts.observe(evolve(choice, rollout="0" * 32), success=True)
    running.rollouts.flush()
    assert (running.rollouts.status(NAME).lost, running.rollouts.counts["unknown"]) == (10, 1)


def test_what_is_lost_of_no_rollout_does_not_wait_for_ever(running: Core, choice: Choice) -> None:
    lose(running, evolve(choice, rollout="0" * 32), 2)
    running.rollouts.flush()
    assert (running.rollouts.buffer.lost, running.rollouts.counts["lost"]) == (0, 2)


def test_what_is_lost_is_told_though_nothing_else_comes(running: Core, choice: Choice) -> None:
    lose(running, choice, 4)
    running.rollouts.flush()
    assert running.rollouts.status(NAME).lost == 4


def test_closing_tells_what_is_lost(running: Core, choice: Choice) -> None:
    lose(running, choice, 4)
    running.rollouts.buffer.close()
    assert running.rollouts.status(NAME).lost == 4


def test_closing_writes_what_no_thread_could_be_started_for(
    running: Core, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr("threading.Thread.start", unable)
        running.rollouts.observe(choice, success=True)
        running.rollouts.buffer.close()
    step = running.rollouts.status(NAME).evidence.step(0)
    assert step.control.outcomes + step.treatment.outcomes == 1
