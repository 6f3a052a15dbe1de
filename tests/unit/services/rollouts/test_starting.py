"""A rollout begins only where it can be compared, and there is one of a prompt at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from jackfield.domain.model.errors import Conflict, InvalidInput, InvalidPrompt, NotFound, RollbackActive
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.domain.model.rollouts import Act, Pause, Phase
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, House, version


def test_the_first_share_gets_it_at_once(rollouts: ActingRollouts) -> None:
    stepped = rollouts.start(NAME, "1.1.0")
    assert (stepped.move.act, stepped.rollout.phase, stepped.rollout.share) == (Act.START, Phase.CANARY, 500)


def test_nothing_is_sent_to_the_platform(rollouts: ActingRollouts, house: House) -> None:
    before = [*house.calls("PUT"), *house.calls("PATCH"), *house.calls("POST")]
    rollouts.start(NAME, "1.1.0")
    assert [*house.calls("PUT"), *house.calls("PATCH"), *house.calls("POST")] == before


def test_it_and_its_evidence_begin_in_one_commit(rollouts: ActingRollouts, core: Core) -> None:
    rollout = rollouts.start(NAME, "1.1.0").rollout
    ledger = core.audit.ledger
    (subject,) = ledger.subjects(core.settings.organization, Kind.EVIDENCE)
    assert (subject.name, ledger.read(subject).state) == (rollout.id, EvidenceState(prompt=NAME))


def test_who_began_it_and_how_is_on_the_log(rollouts: ActingRollouts, core: Core) -> None:
    rollouts.start(NAME, "1.1.0", shares=("1%", "50%", "100%"))
    (entry,) = core.audit.last(1)
    payload = entry.event.payload or {}
    assert (entry.event.type, entry.event.actor, entry.event.reason) == ("rollout.start", "mina", "CHG-2")
    assert (payload["version"], payload["baseline"], payload["shares"]) == (
        "1.1.0",
        "1.0.0",
        [100, 5000, 10000],
    )


def test_outside_its_hours_it_begins_with_the_first_step_in_them(
    rollouts: ActingRollouts, house: House
) -> None:
    hours = Hours(opens=9 * 60, closes=17 * 60, days=(1, 2, 3, 4, 5, 6, 7))  # the clock stands at midnight
    begun = rollouts.start(NAME, "1.1.0", hours=hours)
    assert (begun.rollout.phase, begun.rollout.holding) == (Phase.PUBLISHED, (Pause.HOURS,))
    house.clock.advance(timedelta(hours=9, minutes=1))
    assert rollouts.step(NAME).rollout.phase is Phase.CANARY


@pytest.mark.parametrize(
    "shares",
    [
        ("101%", "100%"),
        ("-5%", "100%"),
        ("0%", "100%"),
        ("5%", "5%", "100%"),
        ("25%", "5%", "100%"),
        ("5%", "25%"),
        ("100%",),
        (),
        "5%,25%,100%",
        ("0.001%", "100%"),
        ("5", "100%"),
        (0.05, 1.0),
        ("5%", "100%", "100%"),
        tuple(f"{n}%" for n in range(1, 101)),
    ],
)
def test_shares_that_do_not_rise_to_all_are_refused(
    rollouts: ActingRollouts, shares: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput, match="shares: "):
        rollouts.start(NAME, "1.1.0", shares=shares)


def test_a_holdout_that_leaves_nobody_to_compare_with_is_refused(rollouts: ActingRollouts) -> None:
    with pytest.raises(InvalidInput, match="leave nobody to compare with"):
        rollouts.start(NAME, "1.1.0", shares=("60%", "100%"), holdout="40%")


def test_the_live_version_is_refused(rollouts: ActingRollouts) -> None:
    with pytest.raises(InvalidInput, match="is the version that is live"):
        rollouts.start(NAME, "1.0.0")


def test_a_version_that_is_not_published_is_refused(rollouts: ActingRollouts) -> None:
    with pytest.raises(NotFound, match=r"there is no version 9\.9\.9"):
        rollouts.start(NAME, "9.9.9")


def test_an_unknown_prompt_is_refused(rollouts: ActingRollouts) -> None:
    with pytest.raises(NotFound, match="no such prompt"):
        rollouts.start("escalatoin", "1.1.0")


def test_a_second_rollout_of_the_prompt_is_refused(rollouts: ActingRollouts, two: ActingPrompts) -> None:
    two.publish(version("1.2.0"))
    rollouts.start(NAME, "1.1.0")
    with pytest.raises(Conflict, match=r"a rollout of 1\.1\.0 is running, at 5%; .*rollout stop"):
        rollouts.start(NAME, "1.2.0")


def test_one_after_the_other_is_fine(rollouts: ActingRollouts) -> None:
    first = rollouts.start(NAME, "1.1.0").rollout
    rollouts.stop(NAME)
    assert rollouts.start(NAME, "1.1.0").rollout.id != first.id


def test_a_frozen_version_is_refused(rollouts: ActingRollouts, two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)
    with pytest.raises(RollbackActive, match=r"a rollback directive stands on 1\.1\.0"):
        rollouts.start(NAME, "1.1.0", again=True)


def test_a_version_that_was_rolled_back_needs_a_word(rollouts: ActingRollouts) -> None:
    rollouts.start(NAME, "1.1.0")
    rollouts.stop(NAME, roll_back=True)
    with pytest.raises(Conflict, match=r"1\.1\.0 was rolled back before"):
        rollouts.start(NAME, "1.1.0")
    assert rollouts.start(NAME, "1.1.0", again=True).rollout.phase is Phase.CANARY


def test_drift_is_refused(rollouts: ActingRollouts, core: Core, house: House) -> None:
    house.edit_behind_our_back(core, version("1.0.1"))
    with pytest.raises(Conflict, match="somebody edited it behind our back"):
        rollouts.start(NAME, "1.1.0")


def test_a_reviewer_can_refuse_it(rollouts: ActingRollouts) -> None:
    def review(_: Candidate) -> tuple[Finding, ...]:
        return (Finding(message="two persons have to agree", plugin="two-persons"),)

    with pytest.raises(InvalidPrompt, match="two-persons is against it"):
        evolve(rollouts, reviewer=review).start(NAME, "1.1.0")


def test_promoting_by_hand_meanwhile_is_a_conflict_that_names_the_way_out(
    rollouts: ActingRollouts, two: ActingPrompts
) -> None:
    rollouts.start(NAME, "1.1.0")
    with pytest.raises(Conflict, match=r"a rollout of 1\.1\.0 is running, at 5%.*rollout stop escalation"):
        two.promote(two.version(NAME, "1.1.0"), force=True)


def test_rolling_back_by_hand_meanwhile_is_a_conflict(rollouts: ActingRollouts, two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    rollouts.start(NAME, "1.0.0")
    with pytest.raises(Conflict, match=r"a rollout of 1\.0\.0 is running"):
        two.roll_back(NAME)


def test_apply_does_not_promote_meanwhile_and_the_plan_says_why(
    rollouts: ActingRollouts, two: ActingPrompts
) -> None:
    rollouts.start(NAME, "1.1.0")
    plan = two.plan([version("1.1.0")], promote=True, force=True)
    (hold,) = plan.prompts[0].holds
    assert (hold.why, two.status(NAME).live and two.apply(plan)[0].result) == ("rollout", "failed")


def test_publishing_meanwhile_is_fine(rollouts: ActingRollouts, two: ActingPrompts) -> None:
    rollouts.start(NAME, "1.1.0")
    assert two.publish(version("1.2.0")).changed
