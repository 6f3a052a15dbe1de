"""A rollout lived through by the pure model alone: choose, observe, fold, judge, step, again and again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import define, evolve, field

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Candidate, Choice, Reason, Route, choose
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.judging import Cause, judge
from jackfield.domain.model.evidence.observations import Observation, Seen, fold
from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.pins import PinFault, Seal
from jackfield.domain.model.rollouts import Phase, Plan, Rollout, moved, next_move
from jackfield.domain.model.subjects import Organization

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEAL = Seal(organization=Organization("acme"), current=b"k" * 32)
PLAN = Plan(shares=(2_000, 5_000, 10_000), guard=Guard(success_margin=0.05), least_seconds=600)
NEW = Rollout(id="r1", salt="pepper", baseline="1.0.0", candidate="2.0.0", plan=PLAN, since=NOON)


@define
class World:
    """Customers who come (and come back), a candidate of some quality, and somebody who steps."""

    fails: Callable[[str, datetime], float]
    random: random.Random = field(factory=lambda: random.Random(7))
    now: datetime = NOON
    rollout: Rollout = NEW
    evidence: Evidence = field(factory=Evidence)
    seen: dict[str, Seen] = field(factory=dict[str, Seen])
    pins: dict[str, str] = field(factory=dict[str, str])
    findings: tuple[Cause, ...] = ()

    @property
    def route(self) -> Route:
        split = self.rollout.split
        live = self.rollout.phase is Phase.LIVE
        return Route(
            prompt="refund",
            live=self.rollout.candidate if live else self.rollout.baseline,
            candidate=Candidate(version="2.0.0", split=split, step=self.rollout.step) if split else None,
            revoked=("2.0.0",) if self.rollout.phase is Phase.ROLLED_BACK else (),
        )

    def talk(self) -> Observation:
        """One conversation of one of 20,000 customers, who may have called before."""
        customer = f"customer-{self.random.randrange(20_000)}"
        choice = choose(self.route, customer, now=self.now, seal=SEAL)
        self.pins[customer] = choice.pin
        good = self.random.random() >= self.fails(choice.version, self.now)
        return Observation(
            unit=choice.unit,
            arm=choice.arm,
            step=choice.step or 0,
            exposed=choice.since,
            at=self.now,
            success=good,
        )

    def live(self, rounds: int) -> World:
        """Step, and let ten minutes pass with 400 conversations; until it ends, or for so many *rounds*."""
        for _ in range(rounds):
            if self.rollout.ended:
                break
            self.step()
            self.now += timedelta(minutes=10)
            folded = fold([self.talk() for _ in range(400)], self.seen, now=self.now)
            self.evidence = self.evidence.merged(folded.evidence)
            self.seen.update(folded.seen)
        return self

    def step(self) -> None:
        verdict = judge(PLAN.guard, self.evidence, self.rollout.standing, now=self.now)
        self.findings = tuple(finding.cause for finding in verdict.findings)
        self.rollout = moved(self.rollout, next_move(self.rollout, verdict, now=self.now), now=self.now)

    def again(self, customer: str) -> Choice:
        """The conversation goes on, in any process."""
        return choose(self.route, customer, now=self.now, seal=SEAL, pin=self.pins[customer])


def good(_version: str, _now: datetime) -> float:
    return 0.05


def bad(version: str, _now: datetime) -> float:
    return 0.15 if version == "2.0.0" else 0.05


def worse_after_a_while(version: str, now: datetime) -> float:
    return 0.4 if version == "2.0.0" and now > NOON + timedelta(minutes=30) else 0.05


@pytest.fixture(scope="module")
def gone_well() -> World:
    return World(fails=good).live(300)


def test_a_good_candidate_becomes_live_step_by_step(gone_well: World) -> None:
    assert (gone_well.rollout.phase, gone_well.rollout.step) == (Phase.LIVE, 2)


def test_customers_who_came_back_after_the_ramp_are_counted_once(gone_well: World) -> None:
    skipped = gone_well.evidence.skipped
    counted = sum(step.control.outcomes + step.treatment.outcomes for step in gone_well.evidence.steps)
    assert (skipped.other_step > 0, skipped.two_arms, counted) == (True, 0, len(gone_well.seen))


def test_both_arms_have_the_sizes_of_their_shares(gone_well: World) -> None:
    figures = judge(PLAN.guard, gone_well.evidence, gone_well.rollout.standing, now=gone_well.now).figures
    assert figures.sample_ratio_p > 0.001


@pytest.mark.parametrize("fails", [bad, worse_after_a_while])
def test_a_bad_candidate_is_rolled_back(fails: Callable[[str, datetime], float]) -> None:
    world = World(fails=fails).live(300)
    assert (world.rollout.phase, world.findings[0]) == (Phase.ROLLED_BACK, Cause.WORSE)


def test_after_the_rollback_nobody_keeps_the_bad_version_though_pinned() -> None:
    world = World(fails=bad).live(300)
    decisions = [world.again(customer) for customer in world.pins]
    assert {decision.version for decision in decisions} == {"1.0.0"}
    assert {decision.ignored for decision in decisions} == {None, PinFault.REVOKED}


def test_after_the_end_conversations_of_control_keep_their_version(gone_well: World) -> None:
    decisions = [gone_well.again(customer) for customer in gone_well.pins]
    kept = {(decision.arm, decision.version, decision.reason) for decision in decisions}
    assert (Arm.CONTROL, "1.0.0", Reason.PINNED) in kept
    assert gone_well.route.live == "2.0.0"


def test_silence_holds() -> None:
    world = World(fails=good).live(2)
    world.now += timedelta(days=1)
    world.step()
    assert (world.rollout.phase, world.findings[0]) == (Phase.CANARY, Cause.STALE)


def test_what_is_folded_anew_is_the_same_evidence(gone_well: World) -> None:
    again = World(fails=good).live(300)
    assert (again.evidence, again.rollout) == (gone_well.evidence, evolve(gone_well.rollout))
