"""Steps of a rollout: it goes on, holds, goes live, or is stopped; each is on the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import (
    Conflict,
    InvalidInput,
    InvalidPrompt,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    QueueFull,
)
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.evidence.tallies import Evidence, StepTally, Tally
from jackfield.domain.model.history import Move
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.domain.model.rollouts import Act, Pause, Phase
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts, Stepped
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change
from jackfield.ports.reviews import Review
from tests.unit.services.conftest import NAME, House, version
from tests.unit.services.rollouts.callers import Callers
from tests.unit.services.rollouts.stepping.conftest import GUARD, HOUR

EQUAL = {"1.0.0": 0.97, "1.1.0": 0.97}


@pytest.fixture
def proven(halves: ActingRollouts, core: Core, house: House) -> ActingRollouts:
    """… and was proven harmless."""
    house.clock.advance(HOUR)
    Callers(core, EQUAL).call(800)
    return halves


def test_a_harmless_version_ramps_and_goes_live(rollouts: ActingRollouts, core: Core, house: House) -> None:
    rollouts.start(NAME, "1.1.0", shares=("30%", "50%", "100%"), guard=GUARD)
    callers, acts = Callers(core, EQUAL), list[Act]()
    for _ in range(2):
        house.clock.advance(HOUR)
        callers.call(1_000)
        acts.append(rollouts.step(NAME).move.act)
    assert acts == [Act.RAMP, Act.FINISH]
    assert core.prompts.live(NAME).number == "1.1.0"


def test_a_second_step_at_once_holds(proven: ActingRollouts) -> None:
    assert proven.step(NAME).changed
    again = proven.step(NAME)
    assert (again.changed, again.move.act, again.rollout.phase) == (False, Act.HOLD, Phase.LIVE)


def test_a_step_without_news_writes_nothing(halves: ActingRollouts, core: Core) -> None:
    halves.step(NAME)
    head = core.audit.anchor().position
    assert not halves.step(NAME).changed
    assert core.audit.anchor().position == head


def test_a_hold_for_another_reason_is_on_the_log(halves: ActingRollouts, core: Core, house: House) -> None:
    assert halves.step(NAME).rollout.holding == (Pause.EVIDENCE, Pause.TOO_SOON)
    house.clock.advance(HOUR)
    assert halves.step(NAME).rollout.holding == (Pause.EVIDENCE,)
    assert [entry.event.type for entry in core.audit.last(2)] == ["rollout.hold", "rollout.hold"]


def test_every_move_tells_its_evidence(proven: ActingRollouts, core: Core) -> None:
    proven.step(NAME)
    (entry,) = core.audit.last(1)
    payload: Any = entry.event.payload
    arms = payload["evidence"]["control"], payload["evidence"]["treatment"]
    assert (entry.event.type, sum(arm["units"] for arm in arms)) == ("prompt.promote", 800)


def test_no_event_holds_a_fraction_which_languages_spell_differently(
    proven: ActingRollouts, core: Core
) -> None:
    proven.hold(NAME)
    proven.go_on(NAME)
    proven.step(NAME)
    fractions = list[str]()
    for entry in core.audit.entries():
        json.loads(canonical(entry.event.payload), parse_float=fractions.append)
    assert fractions == []


def test_going_live_is_a_promotion_in_the_history(proven: ActingRollouts, two: ActingPrompts) -> None:
    proven.step(NAME)
    activation = two.log(NAME)[-1].activation
    assert (activation.version, activation.move, activation.actor) == ("1.1.0", Move.PROMOTED, "mina")


def test_a_reviewer_can_keep_it_from_going_live(proven: ActingRollouts, two: ActingPrompts) -> None:
    refused = Finding(message="not before Monday", plugin="calendar")
    with pytest.raises(InvalidPrompt, match="calendar is against it"):
        evolve(proven, reviewer=_saying(refused)).step(NAME)
    assert two.live(NAME).number == "1.0.0"
    assert proven.step(NAME).rollout.phase is Phase.LIVE


def _saying(finding: Finding) -> Review:
    def review(_: Candidate) -> tuple[Finding, ...]:
        return (finding,)

    return review


def test_drift_keeps_it_from_going_live_and_names_the_way_out(
    proven: ActingRollouts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("1.0.7"))
    with pytest.raises(Conflict, match=r"--drift.*rollout stop escalation"):
        proven.step(NAME)


def test_a_lost_answer_of_the_promotion_is_read_back(proven: ActingRollouts, house: House) -> None:
    house.line.cut("PUT", When.AFTER, lambda: OutcomeUnknown("lost"))
    assert proven.step(NAME).rollout.phase is Phase.LIVE


def test_with_the_platform_away_it_does_not_go_live_yet(proven: ActingRollouts, house: House) -> None:
    house.line.cut("PUT", When.BEFORE, lambda: QueueFull("away"))
    with pytest.raises(QueueFull):
        proven.step(NAME)
    assert proven.step(NAME).rollout.phase is Phase.LIVE


def test_a_clock_that_went_back_holds(proven: ActingRollouts, house: House) -> None:
    house.clock.step(-3 * HOUR)
    assert Pause.CLOCK in proven.step(NAME).rollout.holding


def test_whoever_is_second_is_told_so(halves: ActingRollouts, house: House) -> None:
    leases = halves.operations.leases
    organization = halves.operations.records.organization
    lease = leases.acquire(organization, f"rollout {NAME}", holder="pod-2:7", lifetime=HOUR)
    assert lease is not None
    stepped = halves.step(NAME)
    assert (stepped.changed, stepped.move.why) == (False, ("somebody else (pod-2:7) is stepping it",))
    leases.release(lease)
    assert halves.step(NAME).move.holds[0].pause is not Pause.BUSY


def test_a_prompt_without_a_rollout_has_no_step(rollouts: ActingRollouts) -> None:
    with pytest.raises(NotFound, match="it never had a rollout"):
        rollouts.step(NAME)


def test_a_rollout_that_is_held_goes_no_further_until_it_is_let_go(proven: ActingRollouts) -> None:
    assert proven.hold(NAME).rollout.held_by == "mina: CHG-2"
    assert proven.step(NAME).move.why[0] == "held by mina: CHG-2"
    proven.go_on(NAME)
    assert proven.step(NAME).rollout.phase is Phase.LIVE


def test_stopping_leaves_conversations_their_version(halves: ActingRollouts, core: Core) -> None:
    calls = Callers(core, EQUAL).call(20)
    treated = next(choice for choice in calls if choice.version == "1.1.0")
    halves.stop(NAME)
    assert core.prompts.choose(NAME, unit="x", pin=treated.pin).version == "1.1.0"
    assert core.prompts.choose(NAME, unit="y").version == "1.0.0"


def test_stopping_twice_is_a_conflict(halves: ActingRollouts) -> None:
    halves.stop(NAME)
    with pytest.raises(Conflict, match="the rollout is stopped already"):
        halves.stop(NAME)


def test_a_rollout_whose_evidence_cannot_be_judged_can_be_stopped(halves: ActingRollouts, core: Core) -> None:
    rollout = halves.status(NAME).rollout
    subject = Subject(core.settings.organization, Kind.EVIDENCE, rollout.id)
    unsound = Evidence(steps=(StepTally(control=Tally(units=1, outcomes=2)),))
    revision = core.audit.ledger.read(subject).revision
    state = EvidenceState(prompt=NAME, evidence=unsound)
    core.audit.ledger.commit(Change(subject=subject, expected=revision, state=state))
    with pytest.raises(InvalidInput, match="more failures than outcomes"):
        halves.step(NAME)
    assert halves.stop(NAME, roll_back=True).rollout.phase is Phase.ROLLED_BACK
    payload = core.audit.last(1, prompt=NAME)[0].event.payload
    assert payload is not None
    assert (payload["evidence"], payload["unjudged"]) == (None, "InvalidInput")


def test_watching_ends_with_the_rollout(proven: ActingRollouts) -> None:
    outcomes = list(proven.watch(NAME))
    assert [isinstance(outcome, Stepped) and outcome.rollout.phase for outcome in outcomes] == [Phase.LIVE]


def test_watching_waits_for_a_platform_that_is_away(proven: ActingRollouts, house: House) -> None:
    house.line.cut("PUT", When.BEFORE, lambda: QueueFull("away"))
    outcomes = list(proven.watch(NAME))
    assert [isinstance(outcome, JackfieldError) for outcome in outcomes] == [True, False]


def test_watching_ends_when_it_is_asked_to(halves: ActingRollouts) -> None:
    looks = iter([False, False, True, True])
    assert len(list(halves.watch(NAME, stop=lambda: next(looks)))) == 1


def test_the_log_and_the_state_agree_after_every_move(proven: ActingRollouts, core: Core) -> None:
    proven.hold(NAME)
    proven.go_on(NAME)
    proven.step(NAME)
    assert core.audit.verify().entries > 0


def test_a_rollout_that_was_altered_in_the_ledger_is_found(halves: ActingRollouts, core: Core) -> None:
    from jackfield.domain.model.errors import ChainBroken
    from jackfield.ports.ledger import Change

    loaded = halves.operations.records.load(NAME)
    rollout = loaded.state.rollout
    assert rollout is not None
    state = evolve(loaded.state, rollout=evolve(rollout, held_by="nobody"))
    core.audit.ledger.commit(Change(subject=loaded.subject, expected=loaded.revision, state=state))
    with pytest.raises(ChainBroken, match="not what the log tells"):
        core.audit.verify()
