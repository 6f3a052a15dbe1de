"""With `router = platform` its A/B trigger carries share and variant through every step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from attrs import evolve, frozen

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.metrics import Reading, Record, Skip, Totals
from jackfield.domain.model.rollouts import Phase, Router
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.ports.prompts import RemoteId, Split
from tests.unit.services.conftest import NAME, House, version
from tests.unit.services.rollouts.callers import tell_all

HOUR = timedelta(hours=1)


@pytest.fixture
def core(house: House) -> Core:
    own = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        router=Router.PLATFORM,
    )
    core = build(own, Parts(clock=house.clock, send=house.line))
    house.cores.append(core)
    return core


@pytest.fixture
def routed(rollouts: ActingRollouts) -> ActingRollouts:
    rollouts.start(NAME, "1.1.0", shares=("5%", "25%", "100%"), guard=Guard(success_margin=0.9))
    return rollouts


def splits(core: Core) -> list[Split]:
    operations = core.prompts.operations
    remote = RemoteId(operations.records.load(NAME).state.remote_id or "")
    return [v.split for v in operations.gateway.versions(remote) if v.split is not None]


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


def edit_the_split(core: Core, split: Split | None) -> None:
    operations = core.prompts.operations
    remote = RemoteId(operations.records.load(NAME).state.remote_id or "")
    operations.gateway.split(remote, split, version="1.1.0")


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


@frozen
class Told:
    """A platform that measured these requests."""

    readings: tuple[Reading, ...]

    def records(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Iterator[Reading]:
        return (r for r in self.readings if not isinstance(r, Record) or since <= r.at < until)

    def totals(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Totals:
        raise NotImplementedError


def request(house: House, number: int, *, variant: str | None, success: float = 1.0) -> Record:
    version = "1.0.0" if variant is None else "1.1.0"
    at = house.clock.now() + timedelta(seconds=number)
    return Record(version=version, variant=variant, at=at, latency_ms=900.0, tokens=300, success=success)


def test_outcomes_come_from_the_platforms_measurements(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    variant = splits(core)[0].variant
    requests = [request(house, n, variant=variant if n % 20 == 0 else None) for n in range(400)]
    house.clock.advance(HOUR)
    stepped = evolve(routed, measured=Told(tuple(requests))).step(NAME)
    step = core.rollouts.status(NAME).evidence.step(0)
    assert (step.control.outcomes, step.treatment.outcomes) == (380, 20)
    assert (stepped.rollout.phase, core.rollouts.status(NAME).evidence.skipped.repeated) == (Phase.RAMP, 0)


def test_a_request_that_is_told_again_counts_once(routed: ActingRollouts, core: Core, house: House) -> None:
    requests = tuple(request(house, n, variant=None) for n in range(50))
    house.clock.advance(timedelta(minutes=5))
    for _ in range(3):
        evolve(routed, measured=Told(requests)).collect(NAME)
    assert core.rollouts.status(NAME).evidence.step(0).control.outcomes == 50


def test_what_another_variant_answered_or_went_well_in_part_is_not_compared(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    requests = (
        request(house, 1, variant="other"),
        request(house, 2, variant=None, success=0.5),
        Skip.MISSING,
    )
    house.clock.advance(timedelta(minutes=5))
    evolve(routed, measured=Told(requests)).collect(NAME)
    assert core.rollouts.status(NAME).evidence.steps == ()
