"""With `router = platform` its A/B trigger carries share and variant through every step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.rollouts import Act, Pause, Phase
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from jackfield.ports.prompts import Split
from tests.unit.services.conftest import NAME, House, version
from tests.unit.services.rollouts.callers import tell_all
from tests.unit.services.rollouts.platforms import SHARES, edit_the_split, routing_core, splits

HOUR = timedelta(hours=1)


@pytest.fixture
def core(house: House) -> Core:
    return routing_core(house)


@pytest.fixture
def routed(rollouts: ActingRollouts) -> ActingRollouts:
    rollouts.start(NAME, "1.1.0", shares=SHARES, guard=Guard(success_margin=0.9))
    return rollouts


def go_well(core: Core, house: House, step: int) -> None:
    """Let the platform's own conversations go well, as its metrics would tell."""
    house.clock.advance(HOUR)
    tell_all(core, 400, step=step)


def test_the_platform_gets_the_share_and_the_variant(routed: ActingRollouts, core: Core) -> None:
    rollout = routed.status(NAME).rollout
    assert splits(core) == [Split(version="1.1.0", share=500, variant=f"rollout-{rollout.id[:12]}")]


def test_each_step_moves_the_share_and_the_end_ends_the_split(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    variant = splits(core)[0].variant
    go_well(core, house, 0)
    assert routed.step(NAME).rollout.phase is Phase.RAMP
    assert splits(core) == [Split(version="1.1.0", share=2_500, variant=variant)]
    go_well(core, house, 1)
    assert routed.step(NAME).rollout.phase is Phase.LIVE
    assert (splits(core), core.prompts.live(NAME).number) == ([], "1.1.0")


@pytest.mark.parametrize("roll_back", [False, True])
def test_stopping_ends_the_split(routed: ActingRollouts, core: Core, roll_back: bool) -> None:
    routed.stop(NAME, roll_back=roll_back)
    assert splits(core) == []


def test_what_was_stopped_is_taken_back_without_a_call(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    routed.stop(NAME)
    house.platform.reset()
    assert routed.stop(NAME, roll_back=True).rollout.phase is Phase.ROLLED_BACK
    (entry,) = core.audit.last(1)
    assert (entry.event.type, entry.event.outcome.value) == ("rollout.roll_back", "succeeded")
    assert core.prompts.operations.records.load(NAME).state.revoked == ("1.1.0",)


def test_the_call_stands_between_two_commits(routed: ActingRollouts, core: Core) -> None:
    entries = [(entry.event.type, entry.event.outcome.value) for entry in core.audit.last(2)]
    assert entries == [("rollout.start", "intended"), ("rollout.start", "succeeded")]


def test_a_lost_answer_is_read_back(rollouts: ActingRollouts, core: Core, house: House) -> None:
    house.line.cut("PATCH", When.AFTER, lambda: OutcomeUnknown("lost"))
    assert rollouts.start(NAME, "1.1.0").rollout.phase is Phase.CANARY
    assert len(splits(core)) == 1


def test_here_is_nothing_to_choose(core: Core, two: ActingPrompts) -> None:
    with pytest.raises(InvalidInput, match="the platform sends the units to their versions"):
        core.prompts.choose(NAME, unit="x")


def test_a_machine_that_chooses_gives_what_is_live(routed: ActingRollouts, house: House) -> None:
    choices = {house.open().prompts.choose(NAME, unit=f"u{n}").version for n in range(20)}
    assert choices == {"1.0.0"}


@pytest.mark.parametrize("split", [None, Split(version="1.1.0", share=900, variant="other")])
def test_a_difference_is_reported(routed: ActingRollouts, core: Core, split: Split | None) -> None:
    edit_the_split(core, split)
    said = routed.status(NAME).split
    assert said is not None
    assert said.startswith("it routes ")
    assert core.prompts.status(NAME).split == said


def test_the_plan_reports_the_difference(routed: ActingRollouts, core: Core) -> None:
    edit_the_split(core, None)
    (planned,) = core.prompts.plan([version("1.1.0")]).prompts
    assert [notice.what for notice in planned.notices] == ["split"]


def test_no_difference_is_none(routed: ActingRollouts, core: Core) -> None:
    assert (routed.status(NAME).split, core.prompts.status(NAME).split) == (None, None)
    assert core.prompts.plan([version("1.1.0")]).prompts[0].notices == ()


THEIRS = Split(version="1.2.0", share=100, variant="theirs")


@pytest.fixture
def beside_theirs(two: ActingPrompts, core: Core) -> None:
    """Another team's trigger stands on a version of its own."""
    two.publish(version("1.2.0"))
    edit_the_split(core, THEIRS, "1.2.0")


def test_a_lost_answer_is_read_back_beside_anothers_split(
    rollouts: ActingRollouts, core: Core, house: House, beside_theirs: None
) -> None:
    house.line.cut("PATCH", When.AFTER, lambda: OutcomeUnknown("lost"))
    assert rollouts.start(NAME, "1.1.0").rollout.phase is Phase.CANARY
    assert (len(splits(core)), core.rollouts.status(NAME).pending) == (2, None)


def test_anothers_split_changes_the_odds_and_holds(
    rollouts: ActingRollouts, core: Core, beside_theirs: None
) -> None:
    rollouts.start(NAME, "1.1.0")
    stepped = rollouts.step(NAME)
    assert (stepped.move.act, stepped.move.holds[0].pause) == (Act.HOLD, Pause.SPLIT)
    assert "1% to 1.2.0 (theirs)" in stepped.move.why[0]


@pytest.fixture
def orphan(two: ActingPrompts, core: Core) -> Split:
    """The call of a start came in when its intent was settled as failed already."""
    left = Split(version="1.1.0", share=500, variant="rollout-0123456789ab")
    edit_the_split(core, left)
    return left


def test_a_split_that_no_rollout_left_is_told_and_promoting_ends_it(
    two: ActingPrompts, core: Core, orphan: Split
) -> None:
    said = core.prompts.status(NAME).split
    assert said is not None
    assert said.startswith("it routes 5% to 1.1.0 (rollout-0123456789ab), and no rollout runs")
    (planned,) = core.prompts.plan([version("1.1.0")]).prompts
    assert [said in notice.message for notice in planned.notices] == [True]
    two.promote(two.version(NAME, "1.0.0"), force=True)
    assert (splits(core), core.prompts.status(NAME).split) == ([], None)


def test_a_split_that_an_ended_rollout_left_is_told(routed: ActingRollouts, core: Core) -> None:
    left = splits(core)[0]
    routed.stop(NAME)
    edit_the_split(core, left)
    said = core.rollouts.status(NAME).split
    assert said is not None
    assert "no rollout runs" in said


def test_anothers_split_is_no_concern_while_no_rollout_runs(core: Core, beside_theirs: None) -> None:
    assert core.prompts.status(NAME).split is None


def test_where_we_route_the_platform_is_not_asked_what_it_routes(
    orphan: Split, house: House, core: Core
) -> None:
    local = house.open()
    before = len(house.calls("GET"))
    assert local.prompts.status(NAME).split is None
    assert len(house.calls("GET")) == before + 1


@pytest.mark.parametrize("roll_back", [False, True])
def test_a_rollout_of_a_prompt_that_is_gone_can_be_ended(
    routed: ActingRollouts, core: Core, house: House, two: ActingPrompts, roll_back: bool
) -> None:
    house.platform.reset()
    with pytest.raises(NotFound):
        routed.step(NAME)
    with pytest.raises(Conflict, match="is running"):
        two.promote(two.version(NAME, "1.0.0"), force=True)
    assert routed.stop(NAME, roll_back=roll_back).rollout.ended
    assert two.promote(two.version(NAME, "1.0.0"), force=True).changed
    assert core.prompts.status(NAME).platform.drift is False


def test_an_end_whose_answer_was_lost_is_done_where_the_prompt_is_gone(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    house.line.cut("PATCH", When.BEFORE, lambda: OutcomeUnknown("lost"))
    house.platform.reset()
    assert routed.stop(NAME).rollout.phase is Phase.STOPPED


def test_a_start_on_a_prompt_that_is_gone_says_so(rollouts: ActingRollouts, house: House) -> None:
    house.platform.reset()
    with pytest.raises(NotFound):
        rollouts.start(NAME, "1.1.0")


def test_a_ramp_on_a_prompt_that_went_just_now_tells_how_to_end_it(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    go_well(core, house, 0)
    house.line.cut("PATCH", When.BEFORE, lambda: NotFound("no such prompt"))
    with pytest.raises(NotFound) as caught:
        routed.step(NAME)
    assert "jackfield rollout stop" in caught.value.remedy


def test_the_platform_holds_nobody_out(rollouts: ActingRollouts) -> None:
    with pytest.raises(InvalidInput, match="holds nobody out"):
        rollouts.start(NAME, "1.1.0", holdout="10%")
