"""What the platform measures counts once, in the step under whose share it surely was made, or as a skip."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from attrs import asdict, evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, OutcomeUnknown, Unavailable
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.observations import SKEW
from jackfield.domain.model.metrics import Record, Skip, Unread
from jackfield.domain.model.rollouts import Act, Pause, Phase
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from jackfield.ports.prompts import PromptGateway, RemoteId, Split
from tests.unit.services.conftest import NAME, House
from tests.unit.services.rollouts.callers import tell_all
from tests.unit.services.rollouts.platforms import (
    SHARES,
    Told,
    drawn,
    edit_the_split,
    request,
    routing_core,
    splits,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def core(house: House) -> Core:
    return routing_core(house)


@pytest.fixture
def routed(rollouts: ActingRollouts) -> ActingRollouts:
    rollouts.start(NAME, "1.1.0", shares=SHARES, guard=Guard(success_margin=0.9))
    return rollouts


def units(core: Core) -> list[tuple[int, int]]:
    """Return the units of control and of the treatment, by step."""
    return [(step.control.units, step.treatment.units) for step in core.rollouts.status(NAME).evidence.steps]


def skipped(core: Core) -> dict[str, int]:
    return {name: n for name, n in asdict(core.rollouts.status(NAME).evidence.skipped).items() if n}


def at(record: Record, minutes: float) -> Record:
    """The same, *minutes* after the first that surely counts."""
    return evolve(record, at=record.at + minutes * MINUTE)


def test_outcomes_come_from_the_platforms_measurements(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    told = Told(drawn(house, core, 400))
    house.clock.advance(HOUR)
    assert told.by(routed).step(NAME).rollout.phase is Phase.RAMP
    assert (units(core), skipped(core)) == ([(380, 20)], {})


def test_what_was_made_about_when_the_share_was_set_belongs_to_no_step(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    first = request(house, 0)
    readings = [at(first, minutes) for minutes in (-5, -4, -0.1, 0, 1)]
    house.clock.advance(HOUR)
    Told(readings).by(routed).collect(NAME)
    assert (units(core), skipped(core)) == ([(2, 0)], {"unsure": 3})


def test_what_is_told_after_a_ramp_counts_in_the_step_of_its_own_time(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    made = [*drawn(house, core, 400), request(house, 3_000)]
    house.clock.advance(HOUR)
    assert Told(made).by(routed).step(NAME).rollout.phase is Phase.RAMP
    late = [request(house, second - 3_600) for second in (2_500, 2_999, 3_001, 3_599, 3_600)]
    house.clock.advance(30 * MINUTE)
    Told([*made, *late]).by(routed).collect(NAME)
    assert (units(core), skipped(core)) == ([(383, 20), (1, 0)], {"unsure": 2})


def test_a_call_that_takes_long_makes_nothing_of_the_old_share_count_in_the_new_step(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    told = Told(drawn(house, core, 400))
    house.clock.advance(HOUR)
    gateway = routed.operations.gateway
    operations = evolve(routed.operations, gateway=cast("PromptGateway", Slow(gateway, house)))
    slow = evolve(routed, operations=operations, measured=told)
    assert slow.step(NAME).rollout.phase is Phase.RAMP
    windows = core.rollouts.status(NAME).rollout.windows
    asked = windows[0].closed
    assert asked is not None
    assert windows[1].opened - asked == timedelta(seconds=20)
    assert core.rollouts.status(NAME).rollout.since == windows[1].opened


class Slow:
    """A platform that takes 20 s to set a share."""

    def __init__(self, inner: PromptGateway, house: House) -> None:
        self._inner, self._house = inner, house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def split(self, prompt: RemoteId, split: Split | None, *, version: str) -> None:
        self._house.clock.advance(timedelta(seconds=20))
        self._inner.split(prompt, split, version=version)


def test_nothing_counts_before_a_ramp_whose_owner_died_is_settled(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    tell_all(core, 400)
    house.clock.advance(HOUR)
    house.line.cut("PATCH", When.BEFORE, lambda: OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown):
        routed.step(NAME)
    edit_the_split(core, evolve(splits(core)[0], share=2_500))  # it comes in late, and its owner is dead
    asked = request(house, 0)
    told = Told([at(asked, minutes) for minutes in (1, 30, 50)]).by(routed)
    with pytest.raises(Conflict, match="is under way"):
        told.step(NAME)
    told.collect(NAME)
    assert units(core) == [(380, 20)]
    house.clock.advance(HOUR)
    assert told.step(NAME).rollout.phase is Phase.RAMP
    assert (units(core), skipped(core)) == ([(380, 20)], {"unsure": 3})


def test_nothing_counts_while_a_change_may_be_on_its_way(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    told = Told([request(house, 0)]).by(routed)
    tell_all(core, 400)
    house.clock.advance(HOUR)
    house.line.cut("PATCH", When.BEFORE, lambda: OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown):
        routed.step(NAME)
    told.collect(NAME)
    assert units(core) == [(380, 20)]
    house.clock.advance(HOUR)
    told.step(NAME)
    assert units(core) == [(381, 20)]


def test_a_bet_on_shares_that_the_platform_does_not_keep_only_holds(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    """It says 5 %, and sends 20 %."""
    bad = [record for record in drawn(house, core, 400, success=0.0) if record.variant is not None]
    more = [at(record, second / 60) for record in bad for second in (1, 2, 3)]
    good = [record for record in drawn(house, core, 400) if record.variant is None]
    house.clock.advance(HOUR)
    stepped = Told([*bad, *more, *good]).by(routed).step(NAME)
    assert (stepped.rollout.phase, stepped.move.act) == (Phase.CANARY, Act.HOLD)
    assert stepped.move.why[0].startswith("sample ratio: 380 units in control, 80 in the treatment")
    assert "worse: " in stepped.move.why[0]


def test_nothing_counts_while_the_platform_routes_otherwise(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    ours = splits(core)[0]
    bad = drawn(house, core, 400, success=0.0)
    edit_the_split(core, evolve(ours, share=2_000))
    house.clock.advance(HOUR)
    stepped = Told(bad).by(routed).step(NAME)
    assert (stepped.move.act, stepped.move.holds[0].pause) == (Act.HOLD, Pause.SPLIT)
    assert (units(core), core.rollouts.status(NAME).next.holds[0].pause) == ([], Pause.SPLIT)
    edit_the_split(core, ours)
    after = [*bad, request(house, 0), request(house, 1)]
    house.clock.advance(HOUR)
    assert Told(after).by(routed).step(NAME).move.act is Act.HOLD
    assert (units(core), skipped(core)) == ([], {"unsure": 402})
    after.append(request(house, 1))
    house.clock.advance(HOUR)
    Told(after).by(routed).step(NAME)
    assert units(core) == [(1, 0)]


def test_harm_that_was_seen_before_an_edit_is_rolled_back_all_the_same(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    bad = drawn(house, core, 400, success=0.0)
    house.clock.advance(HOUR)
    Told(bad).by(routed).collect(NAME)
    edit_the_split(core, Split(version="1.1.0", share=2_000, variant=splits(core)[0].variant))
    assert routed.step(NAME).rollout.phase is Phase.ROLLED_BACK
    assert splits(core) == []


def test_a_request_that_is_told_again_counts_once(routed: ActingRollouts, core: Core, house: House) -> None:
    requests = tuple(request(house, n) for n in range(50))
    house.clock.advance(HOUR)
    for _ in range(3):
        Told(requests).by(routed).collect(NAME)
    assert (units(core), skipped(core), core.rollouts.counts) == ([(50, 0)], {}, {"counted": 50})


def test_a_page_that_fails_loses_nothing_whatever_the_order(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    newest_first = tuple(request(house, n) for n in reversed(range(3_000)))
    house.clock.advance(HOUR)

    def fail(number: int) -> None:
        if number == 1_500:
            raise Unavailable("page 8 did not come", place="metrics")

    with pytest.raises(Unavailable, match="page 8"):
        Told(newest_first, fail).by(routed).collect(NAME)
    assert units(core) == [(1_000, 0)]
    Told(newest_first).by(routed).collect(NAME)
    assert (units(core), skipped(core)) == ([(3_000, 0)], {})


def test_what_does_not_count_is_seen_in_the_status_once(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    variant = splits(core)[0].variant
    readings = (
        request(house, 1, version="1.0.0", variant="theirs", success=0.0),
        request(house, 2, version="0.9.0"),
        request(house, 3, variant=variant, success=0.97),
        Unread(why=Skip.NOT_A_NUMBER, key=b"1" * 16),
        Unread(why=Skip.MISSING, key=b"2" * 16),
        Unread(why=Skip.REPEATED, key=b"3" * 16),
        request(house, 4),
    )
    house.clock.advance(HOUR)
    for _ in range(4):
        Told(readings).by(routed).collect(NAME)
    assert units(core) == [(1, 0)]
    assert skipped(core) == {"not_compared": 2, "graded": 1, "unread": 2, "repeated": 1}
    assert core.rollouts.counts == {**skipped(core), "counted": 1}


def test_only_what_may_be_told_late_is_read_again(routed: ActingRollouts, core: Core, house: House) -> None:
    asked = list[timedelta]()

    class Asked(Told):
        def records(self, prompt, *, since, until):  # type: ignore[no-untyped-def]  # as its base
            asked.append(until - since)
            return super().records(prompt, since=since, until=until)

    made = [request(house, second) for second in range(0, 3_000, 100)]
    house.clock.advance(HOUR)
    for _ in range(2):
        Asked(made).by(routed).collect(NAME)
    assert asked == [HOUR, HOUR - SKEW - timedelta(seconds=2_900) + 10 * MINUTE]


def test_records_after_now_hold_it_and_say_why(routed: ActingRollouts, core: Core, house: House) -> None:
    told = Told(drawn(house, core, 40)).by(routed)
    stepped = told.step(NAME)
    assert (stepped.move.act, stepped.move.holds[0].pause) == (Act.HOLD, Pause.CLOCK)
    assert (
        "40 of the platform's records lie after now and do not count: its clock is ahead"
        in stepped.move.why[0]
    )
    status = told.status(NAME, fresh=True)
    assert (status.ahead, status.next.why[0]) == (40, stepped.move.why[0])
    house.clock.advance(HOUR)
    assert (told.status(NAME, fresh=True).ahead, units(core)) == (0, [(38, 2)])


def test_records_as_far_ahead_as_clocks_may_be_apart_hold_nothing(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    made = [evolve(each, at=each.at - MINUTE) for each in drawn(house, core, 40)]
    assert Told(made).by(routed).status(NAME, fresh=True).ahead == 0


def test_a_status_is_a_read_unless_it_is_to_be_fresh(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    told = Told(drawn(house, core, 40)).by(routed)
    house.clock.advance(HOUR)
    assert (told.status(NAME).read, units(core)) == (None, [])
    assert told.overview(fresh=True)[0].read == told.measured.readings[-1].at  # type: ignore[union-attr]  # Told
    assert units(core) == [(38, 2)]


def test_a_fresh_status_tells_what_kept_it_from_reading(
    routed: ActingRollouts, core: Core, house: House
) -> None:
    def away(_: int) -> None:
        raise Unavailable("the platform is away")

    told = Told(drawn(house, core, 40), away).by(routed)
    house.clock.advance(HOUR)
    status = told.status(NAME, fresh=True)
    assert (status.unread, status.read, units(core)) == ("the platform is away", None, [])
