"""A rollout's life: one move at a time, forward only on proof, back at once, ended for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jackfield.adapters import codec
from jackfield.domain.model.by_hand import ended_by_hand
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.judging import Cause, Finding, Ruling, Standing, Verdict, judge
from jackfield.domain.model.evidence.tallies import Evidence, Skipped, StepTally, Sums, Tally
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.rollouts import (
    ENDS,
    Act,
    Move,
    Pause,
    Phase,
    Plan,
    Rollout,
    moved,
    next_move,
)
from tests.unit.model.evidence.test_tallies import EVIDENCE

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)
PLAN = Plan(shares=(500, 2_500, 10_000), hours=Hours(opens=540, closes=1_020))
NEW = Rollout(id="r1", salt="s", baseline="1.0.0", candidate="2.0.0", plan=PLAN, since=NOON)
CANARY = evolve(NEW, phase=Phase.CANARY)
RAMP = evolve(NEW, phase=Phase.RAMP, step=1)
FIGURES = judge(Guard(), Evidence(), Standing(shares=PLAN.shares, step=0, since=NOON), now=NOON).figures


def ruled(ruling: Ruling) -> Verdict:
    cause = {Ruling.ROLL_BACK: Cause.WORSE, Ruling.HOLD: Cause.STALE}.get(ruling, Cause.HARMLESS)
    return Verdict(ruling=ruling, findings=(Finding(cause, "e 21 of 20"),), figures=FIGURES)


VERDICTS = (None, *(ruled(ruling) for ruling in Ruling))
GO_ON, WIN, HELD, HARM = (ruled(r) for r in (Ruling.GO_ON, Ruling.WIN, Ruling.HOLD, Ruling.ROLL_BACK))


def pauses(move: Move) -> tuple[Pause, ...]:
    return tuple(hold.pause for hold in move.holds)


@pytest.mark.parametrize(
    ("rollout", "expected", "becomes"),
    [
        (NEW, (Act.START, 500), (Phase.CANARY, 0, 500)),
        (CANARY, (Act.RAMP, 2_500), (Phase.RAMP, 1, 2_500)),
        (RAMP, (Act.FINISH, 10_000), (Phase.LIVE, 2, 10_000)),
    ],
)
@pytest.mark.parametrize("verdict", [GO_ON, WIN])
def test_a_proven_rollout_takes_the_next_step(
    rollout: Rollout, expected: tuple[Act, int], becomes: tuple[Phase, int, int], verdict: Verdict
) -> None:
    move = next_move(rollout, verdict, now=NOON + HOUR)
    after = moved(rollout, move, now=NOON + HOUR)
    assert (move.act, move.share) == expected
    assert (after.phase, after.step, after.share) == becomes


def test_a_start_needs_no_evidence() -> None:
    assert next_move(NEW, None, now=NOON).act is Act.START


@pytest.mark.parametrize("rollout", [CANARY, RAMP])
@pytest.mark.parametrize(
    ("verdict", "later", "expected"),
    [
        (GO_ON, HOUR - timedelta(seconds=1), (Pause.TOO_SOON,)),
        (HELD, HOUR, (Pause.EVIDENCE,)),
        (None, HOUR, (Pause.UNJUDGED,)),
        (GO_ON, 6 * HOUR, (Pause.HOURS,)),
        (GO_ON, -HOUR, (Pause.CLOCK, Pause.TOO_SOON)),
        (HELD, -4 * HOUR, (Pause.CLOCK, Pause.EVIDENCE, Pause.TOO_SOON, Pause.HOURS)),
    ],
)
def test_it_holds_for_every_reason_there_is(
    rollout: Rollout, verdict: Verdict | None, later: timedelta, expected: tuple[Pause, ...]
) -> None:
    move = next_move(rollout, verdict, now=NOON + later)
    assert (move.act, pauses(move), move.share) == (Act.HOLD, expected, rollout.share)


@pytest.mark.parametrize("later", [timedelta(), -9 * HOUR, 9 * HOUR])
@pytest.mark.parametrize("rollout", [CANARY, RAMP])
def test_harm_rolls_back_at_any_hour_of_any_clock(rollout: Rollout, later: timedelta) -> None:
    move = next_move(rollout, HARM, now=NOON + later)
    after = moved(rollout, move, now=NOON + later)
    assert (move.why, after.phase, after.share) == (("worse: e 21 of 20",), Phase.ROLLED_BACK, 0)


def test_a_hold_says_when_it_ends_if_all_its_reasons_do() -> None:
    assert next_move(CANARY, GO_ON, now=NOON).until == NOON + HOUR
    assert next_move(CANARY, GO_ON, now=NOON + 6 * HOUR).until == NOON + 21 * HOUR
    assert next_move(CANARY, HELD, now=NOON).until is None


def test_a_hold_is_kept_once_and_not_written_again() -> None:
    later = NOON + timedelta(minutes=1)
    held = moved(CANARY, next_move(CANARY, GO_ON, now=NOON), now=NOON)
    again = moved(held, next_move(held, GO_ON, now=later), now=later)
    assert (held.holding, again is held) == ((Pause.TOO_SOON,), True)


def test_a_move_ends_the_hold() -> None:
    held = evolve(CANARY, holding=(Pause.TOO_SOON,))
    assert moved(held, next_move(held, GO_ON, now=NOON + HOUR), now=NOON + HOUR).holding == ()


@pytest.mark.parametrize("phase", ENDS)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_what_has_ended_never_moves(phase: Phase, verdict: Verdict | None) -> None:
    ended = evolve(CANARY, phase=phase)
    move = next_move(ended, verdict, now=NOON + HOUR)
    assert (pauses(move), moved(ended, move, now=NOON + HOUR) is ended) == ((Pause.ENDED,), True)


@pytest.mark.parametrize("phase", [Phase.STOPPED, Phase.ROLLED_BACK])
@pytest.mark.parametrize("rollout", [NEW, CANARY, RAMP])
def test_a_person_can_end_it(rollout: Rollout, phase: Phase) -> None:
    after = ended_by_hand(rollout, phase, "CHG-4471", now=NOON, prompt="refund")
    assert (after.phase, after.why, after.share, after.split) == (phase, ("CHG-4471",), 0, None)


@pytest.mark.parametrize("phase", ENDS)
def test_a_person_cannot_end_it_twice(phase: Phase) -> None:
    with pytest.raises(Conflict, match=f"prompt refund: the rollout is {phase} already"):
        ended_by_hand(evolve(CANARY, phase=phase), Phase.STOPPED, "", now=NOON, prompt="refund")


def test_what_was_stopped_can_still_be_taken_back() -> None:
    stopped = evolve(RAMP, phase=Phase.STOPPED, why=("enough",))
    after = ended_by_hand(stopped, Phase.ROLLED_BACK, "INC-1", now=NOON + HOUR, prompt="refund")
    assert (after.phase, after.why, after.step) == (Phase.ROLLED_BACK, ("INC-1",), RAMP.step)


@pytest.mark.parametrize("phase", [Phase.LIVE, Phase.ROLLED_BACK])
def test_what_ended_otherwise_cannot_be_taken_back(phase: Phase) -> None:
    with pytest.raises(Conflict, match=f"is {phase} already"):
        ended_by_hand(evolve(RAMP, phase=phase), Phase.ROLLED_BACK, "", now=NOON, prompt="refund")


@pytest.mark.parametrize("phase", [Phase.LIVE, Phase.CANARY, Phase.RAMP, Phase.PUBLISHED])
def test_a_person_cannot_end_it_forwards(phase: Phase) -> None:
    with pytest.raises(InvalidInput, match="by hand"):
        ended_by_hand(CANARY, phase, "", now=NOON, prompt="refund")


def test_units_are_divided_while_it_runs_alone() -> None:
    splits = [evolve(NEW, phase=phase).split is not None for phase in Phase]
    assert dict(zip(Phase, splits, strict=True)) == {
        phase: phase in (Phase.CANARY, Phase.RAMP) for phase in Phase
    }


def test_a_ramp_divides_by_the_same_id_salt_and_holdout() -> None:
    plan = evolve(PLAN, holdout=1_000)
    one, two = (evolve(each, plan=plan).split for each in (CANARY, RAMP))
    assert one is not None
    assert two == evolve(one, share=2_500)


@pytest.mark.parametrize(
    "shares",
    [
        (), (10_000,), (500,), (500, 2_500), (2_500, 500, 10_000), (500, 500, 10_000), (0, 10_000),
        (-1, 10_000), (500, 10_001), (0.05, 10_000), (True, 10_000), ("5%", 10_000), (*range(1, 51), 10_000),
    ],
)  # fmt: skip
def test_shares_that_do_not_rise_to_all_are_refused(shares: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Plan(shares=shares)
    assert caught.value.place == "shares"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("holdout", -1), ("holdout", 10_001), ("holdout", 7_500), ("holdout", 0.5), ("least_seconds", -1),
        ("least_seconds", 10**9), ("least_seconds", 1.5), ("least_seconds", None),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_kept_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        evolve(PLAN, **{name: value})
    assert caught.value.place == name


@pytest.mark.parametrize(
    ("name", "value"),
    [("candidate", "1.0.0"), ("since", NOON.replace(tzinfo=None)), ("step", 1), ("step", -1)],
)
def test_a_rollout_that_cannot_be_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        evolve(CANARY, **{name: value})
    assert caught.value.place == name


def test_a_ramp_never_stands_at_its_last_step() -> None:
    with pytest.raises(InvalidInput, match="no such step while it is ramp"):
        evolve(RAMP, step=2)


RISING = st.sets(st.integers(min_value=1, max_value=9_000), min_size=1, max_size=5).map(
    lambda shares: (*sorted(shares), 10_000)
)
PLANS = st.builds(
    Plan,
    shares=RISING,
    holdout=st.integers(min_value=0, max_value=999),
    guard=st.builds(Guard, latency_ratio=st.none() | st.floats(min_value=0.5, max_value=9)),
    least_seconds=st.integers(min_value=0, max_value=100_000),
    hours=st.none() | st.just(Hours(opens=540, closes=1_020, zone="Europe/Berlin")),
)


class Life(RuleBasedStateMachine):
    """Steps a rollout with any verdicts at any times, forth and back."""

    def __init__(self) -> None:
        super().__init__()
        self.rollout = NEW
        self.now = NOON
        self.shares: list[int] = []

    @initialize(plan=PLANS)
    def begin(self, plan: Plan) -> None:
        self.rollout = evolve(NEW, plan=plan)

    @rule(minutes=st.integers(min_value=-600, max_value=6_000))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(verdict=st.sampled_from([*VERDICTS, GO_ON, GO_ON, WIN]))
    def step(self, verdict: Verdict | None) -> None:
        before, move = self.rollout, next_move(self.rollout, verdict, now=self.now)
        self.rollout = moved(before, move, now=self.now)
        assert move.why
        assert move.share == self.rollout.share
        self.agrees(before, verdict, move)
        self.shares.append(self.rollout.share)

    def agrees(self, before: Rollout, verdict: Verdict | None, move: Move) -> None:
        """What the move must be, said apart from how it is found."""
        forward = move.act in (Act.START, Act.RAMP, Act.FINISH)
        harmful = verdict is not None and verdict.ruling is Ruling.ROLL_BACK
        proven = verdict is not None and verdict.ruling in (Ruling.GO_ON, Ruling.WIN)
        hours = before.plan.hours
        assert (move.act is Act.ROLL_BACK) is (harmful and not before.ended)
        assert not forward or (hours is None or hours.allow(self.now))
        assert not forward or before.phase is Phase.PUBLISHED or proven
        lasted = (self.now - before.since).total_seconds()
        assert not forward or before.phase is Phase.PUBLISHED or lasted >= before.plan.least_seconds
        assert move.share in (0, before.share, *self.next_share(before))

    @staticmethod
    def next_share(before: Rollout) -> tuple[int, ...]:
        shares = before.plan.shares
        return shares[:1] if before.phase is Phase.PUBLISHED else shares[before.step + 1 : before.step + 2]

    @rule()
    def give_up(self) -> None:
        if not self.rollout.ended and len(self.shares) > 8:
            self.rollout = ended_by_hand(self.rollout, Phase.STOPPED, "enough", now=self.now, prompt="refund")
            self.shares.append(0)

    @invariant()
    def shares_rise_until_the_end(self) -> None:
        started = [*self.shares, 0]
        first = next((n for n, share in enumerate(started) if share), len(started))
        risen = started[first : started.index(0, first)] if first < len(started) else []
        assert risen == sorted(risen)
        assert not any(started[first + len(risen) :])

    @invariant()
    def time_in_a_state_never_begins_earlier(self) -> None:
        assert self.rollout.since >= NOON

    @invariant()
    def it_is_kept_as_text_and_read_back(self) -> None:
        assert read_back(self.rollout, Rollout) == self.rollout


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def read_back(value: object, kind: Any) -> object:
    """As a ledger does it: to JSON, and strictly back."""
    text = codec._spelled(value)  # type: ignore[arg-type]  # these become states with the services
    return codec._CONVERTER.structure(orjson.loads(text), kind)


@given(EVIDENCE)
def test_evidence_is_kept_as_text_and_read_back(evidence: Evidence) -> None:
    assert read_back(evidence, Evidence) == evidence


def test_evidence_of_a_million_outcomes_is_small() -> None:
    values = tuple((index, 9_999) for index in range(80, 220))
    arm = Tally(
        units=1_000_000,
        outcomes=1_000_000,
        failures=50_000,
        tokens=Sums(count=10**6, total=10**9, squares=10**12),
    )
    full = evolve(arm, latency=evolve(arm.latency, buckets=values))
    steps = tuple(StepTally(control=full, treatment=full) for _ in range(3))
    text = codec._spelled(Evidence(steps=steps, skipped=Skipped(), newest=NOON))  # type: ignore[arg-type]  # as above
    assert len(text) < 12_000
