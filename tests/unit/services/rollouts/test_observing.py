"""Outcomes count once, by what a choice or a pin proves; what cannot count is counted by its reason."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from jackfield.domain.model.evidence.observations import Seen
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts, Heard
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.conftest import NAME, House


@pytest.fixture
def running(core: Core, rollouts: ActingRollouts) -> Core:
    """1.1.0 is at 50 %."""
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    return core


@pytest.fixture
def choice(running: Core) -> Choice:
    return running.prompts.choose(NAME, unit="customer-1")


def skipped(core: Core) -> dict[str, int]:
    core.rollouts.flush()
    from attrs import asdict

    return {name: n for name, n in asdict(core.rollouts.status(NAME).evidence.skipped).items() if n}


def outcomes(core: Core) -> int:
    core.rollouts.flush()
    step = core.rollouts.status(NAME).evidence.step(0)
    return step.control.outcomes + step.treatment.outcomes


def test_an_outcome_counts_for_the_arm_of_its_choice(running: Core, choice: Choice) -> None:
    assert choice.arm is not None
    assert running.rollouts.observe(choice, success=False) is Heard.BUFFERED
    running.rollouts.flush()
    tally = running.rollouts.status(NAME).evidence.step(0).of(choice.arm)
    assert (tally.units, tally.outcomes, tally.failures) == (1, 1, 1)


def test_a_pin_proves_as_much_as_the_choice(running: Core, choice: Choice) -> None:
    running.rollouts.observe(choice.pin, success=True)
    assert outcomes(running) == 1


def test_another_process_can_tell_how_it_went(running: Core, choice: Choice, house: House) -> None:
    there = house.open()
    there.rollouts.observe(choice.pin, success=True)
    there.rollouts.flush()
    assert outcomes(running) == 1


def test_it_is_kept_without_the_units_name(running: Core, choice: Choice) -> None:
    running.rollouts.observe(choice, success=True)
    running.rollouts.flush()
    (subject,) = running.audit.ledger.subjects(running.settings.organization, Kind.UNIT)
    assert subject.name == f"{choice.rollout}/{choice.unit}"
    assert "customer-1" not in subject.name


def test_latency_and_tokens_are_kept(running: Core, choice: Choice) -> None:
    running.rollouts.observe(choice, success=True, latency=timedelta(seconds=1.5), tokens=12)
    running.rollouts.flush()
    (subject,) = running.audit.ledger.subjects(running.settings.organization, Kind.UNIT)
    state = running.audit.ledger.read(subject).state
    assert isinstance(state, Seen)
    assert (state.latency_ms, state.tokens) == (1_500.0, 12)


@pytest.mark.parametrize(
    "said",
    [
        {"success": "yes"},
        {"success": 1},
        {"latency": "1s"},
        {"latency": True},
        {"tokens": "310"},
        {"tokens": 1.5},
    ],
)
def test_what_has_a_wrong_type_is_malformed_at_once(
    running: Core, choice: Choice, said: dict[str, Any]
) -> None:
    assert running.rollouts.observe(choice, **{"success": True, **said}) is Heard.MALFORMED
    assert set(skipped(running)) <= {"malformed", "bad_numbers"}
    assert sum(skipped(running).values()) == 1


def test_latency_may_be_whole_seconds(running: Core, choice: Choice) -> None:
    running.rollouts.observe(choice, success=True, latency=2)
    assert outcomes(running) == 1


def test_the_turns_of_a_conversation_make_one_outcome(running: Core, choice: Choice) -> None:
    for ended in (False, False, True):
        running.rollouts.observe(choice, success=True, tokens=10, ended=ended)
    assert (outcomes(running), skipped(running)) == (1, {})


def test_what_went_well_and_is_quiet_for_long_counts(
    running: Core, choice: Choice, wait: Callable[[float], None]
) -> None:
    running.rollouts.observe(choice, success=True, ended=False)
    assert outcomes(running) == 0
    wait(31 * 60)
    running.rollouts.folding.settle()
    assert outcomes(running) == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([{"success": True}, {"success": True}], "repeated"),
        ([{"success": True}, {"success": False}], "contradicted"),
        ([{"success": "yes"}], "malformed"),
        ([{"success": 1.0}], "malformed"),
        ([{"success": True, "latency": math.nan}], "bad_numbers"),
        ([{"success": True, "latency": math.inf}], "bad_numbers"),
        ([{"success": True, "latency": -1.0}], "bad_numbers"),
        ([{"success": True, "latency": timedelta(seconds=-1)}], "bad_numbers"),
        ([{"success": True, "latency": "1 s"}], "bad_numbers"),
        ([{"success": True, "latency": True}], "bad_numbers"),
        ([{"success": True, "latency": False}], "bad_numbers"),
        ([{"success": True, "latency": 10**400}], "bad_numbers"),
        ([{"success": True, "tokens": -1}], "bad_numbers"),
        ([{"success": True, "tokens": 1.5}], "bad_numbers"),
        ([{"success": True, "tokens": 10**30}], "bad_numbers"),
    ],
)
def test_what_cannot_count_is_counted_by_its_reason(
    running: Core, choice: Choice, said: list[dict[str, Any]], reason: str
) -> None:
    for each in said:
        running.rollouts.observe(choice, **each)
    assert skipped(running) == {reason: 1}


def test_an_outcome_from_before_its_choice_is_counted_as_early(
    running: Core, choice: Choice, house: House
) -> None:
    house.clock.step(timedelta(minutes=-10))
    running.rollouts.observe(choice, success=True)
    assert skipped(running) == {"early": 1}


def test_a_unit_in_both_arms_is_taken_out(running: Core, choice: Choice) -> None:
    other = Arm.CONTROL if choice.arm is Arm.TREATMENT else Arm.TREATMENT
    for arm in (choice.arm, other):
        running.rollouts.observe(evolve(choice, arm=arm), success=True)
    assert (outcomes(running), skipped(running)) == (0, {"two_arms": 1})


def test_a_unit_outside_the_rollout_is_not_compared(running: Core, choice: Choice) -> None:
    forced = running.prompts.choose(NAME, unit="x", force="1.1.0")
    assert running.rollouts.observe(forced, success=True) is Heard.NOT_COMPARED
    assert (outcomes(running), running.rollouts.counts) == (0, {"not compared": 1})


@pytest.mark.parametrize("pin", ["", "jf1.a.b", "x" * 2_000, "jf1.\ud800"])
def test_a_forged_pin_proves_nothing(running: Core, pin: str) -> None:
    assert running.rollouts.observe(pin, success=True) is Heard.FORGED
    assert running.rollouts.counts == {"forged": 1}


def test_a_rollout_that_nobody_started_is_unknown(running: Core, choice: Choice) -> None:
    running.rollouts.observe(evolve(choice, rollout="f" * 32), success=True)
    running.rollouts.flush()
    assert running.rollouts.counts == {"unknown": 1}


def test_a_rollout_of_another_prompt_is_unknown(running: Core, choice: Choice) -> None:
    running.rollouts.observe(evolve(choice, prompt="other"), success=True)
    running.rollouts.flush()
    assert (outcomes(running), running.rollouts.counts) == (0, {"unknown": 1})


def test_a_prompt_without_a_rollout_has_no_status(core: Core, two: ActingPrompts) -> None:
    with pytest.raises(NotFound, match="it never had a rollout"):
        core.rollouts.status(NAME)


def test_closing_writes_what_waits(running: Core, choice: Choice, house: House) -> None:
    there = house.open()
    there.rollouts.observe(choice, success=True)
    there.close()
    assert outcomes(running) == 1


def test_what_cannot_be_written_waits_until_it_can(running: Core, choice: Choice) -> None:
    ledger = ShakyLedger(running.audit.ledger, failure=Unavailable("away"))
    running.rollouts.folding.ledger = ledger
    running.rollouts.observe(choice, success=True)
    with pytest.raises(Unavailable, match="away"):
        running.rollouts.flush()
    ledger.failure = None
    assert outcomes(running) == 1


def test_a_commit_whose_outcome_is_unknown_never_counts_twice(running: Core, choice: Choice) -> None:
    ledger = ShakyLedger(running.audit.ledger, failure=OutcomeUnknown("who knows"))
    running.rollouts.folding.ledger = ledger
    running.rollouts.observe(choice, success=True)
    with pytest.raises(OutcomeUnknown):
        running.rollouts.flush()
    ledger.failure = None
    running.rollouts.observe(evolve(choice, unit="another"), success=True)
    assert (outcomes(running), running.rollouts.status(NAME).lost) == (1, 1)


def test_what_does_not_fit_the_buffer_is_lost_and_counted(running: Core) -> None:
    ledger = ShakyLedger(running.audit.ledger, failure=Unavailable("away"))
    rollouts = running.rollouts
    rollouts.folding.ledger, rollouts.buffer.most = ledger, 3
    choices = [running.prompts.choose(NAME, unit=f"unit-{number}") for number in range(5)]
    assert [rollouts.observe(each, success=True) for each in choices][3:] == [Heard.LOST, Heard.LOST]
    ledger.failure = None
    assert (outcomes(running), rollouts.status(NAME).lost, rollouts.counts["lost"]) == (3, 2, 2)


def test_two_processes_that_fold_at_once_lose_nothing(running: Core, house: House) -> None:
    cores = [running, house.open()]
    for number in range(300):
        choice = running.prompts.choose(NAME, unit=f"unit-{number}")
        cores[number % 2].rollouts.observe(choice, success=True)
    for core in cores:
        core.rollouts.flush()
    assert (outcomes(running), skipped(running)) == (300, {})


class FasterElsewhere(ShakyLedger):
    """A ledger in which another process always was here just before."""

    def commit(self, *_: Change) -> Receipt | Repeat:
        raise Conflict("faster")


def test_another_process_that_is_always_faster_is_waited_for(running: Core, choice: Choice) -> None:
    held = running.rollouts.folding.ledger
    running.rollouts.folding.ledger = FasterElsewhere(held)
    running.rollouts.observe(choice, success=True)
    with pytest.raises(Unavailable, match="other processes were always faster"):
        running.rollouts.flush()
    running.rollouts.folding.ledger = held
    assert outcomes(running) == 1


def test_after_a_fork_nothing_waits_for_the_parents_threads(running: Core, choice: Choice) -> None:
    running.rollouts.observe(choice, success=True)
    child = os.fork()
    if child == 0:
        running.rollouts.buffer.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert outcomes(running) == 1
