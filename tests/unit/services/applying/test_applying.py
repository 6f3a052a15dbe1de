"""A plan is done: each prompt for itself, again only what is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    BreakerOpen,
    Conflict,
    OutcomeUnknown,
    RollbackActive,
    Unavailable,
)
from jackfield.domain.model.progress import Progress
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import Outcome, Result
from jackfield.entrypoints.core import Core
from tests.unit.services.applying.folders import OTHER, SECOND, THIRD, applied, errors, results
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.settling.losing import cut_off

LAST = evolve(FIRST, name="zebra")


def test_a_plan_is_done(me: ActingPrompts) -> None:
    outcomes = applied(me, FIRST, SECOND, promote=True)

    assert results(outcomes) == [
        (NAME, Result.DONE, ["create 1.0.0", "publish 1.1.0", "promote 1.1.0"]),
    ]
    assert me.live(NAME).number == "1.1.0"


def test_doing_it_again_does_nothing(house: House, me: ActingPrompts) -> None:
    applied(me, FIRST, SECOND, promote=True)
    sent = len(house.line.requests)

    outcomes = me.apply(me.plan([FIRST, SECOND], promote=True, drift=False))

    assert (results(outcomes), len(house.line.requests)) == ([(NAME, Result.UNCHANGED, [])], sent)


def test_a_plan_that_is_done_already_does_nothing(me: ActingPrompts) -> None:
    plan = me.plan([FIRST, SECOND], promote=True)
    me.apply(plan)

    assert results(me.apply(plan)) == [(NAME, Result.UNCHANGED, [])]


def test_what_the_platform_had_is_adopted(core: Core, me: ActingPrompts) -> None:
    core.prompts.operations.gateway.create(FIRST)

    applied(me, SECOND, promote=True)

    assert [e.activation.version for e in me.log(NAME)] == ["1.0.0", "1.1.0"]


def test_what_the_platform_had_is_adopted_as_the_file_that_it_is(core: Core, me: ActingPrompts) -> None:
    core.prompts.operations.gateway.create(SECOND)

    outcomes = applied(me, FIRST, SECOND)

    assert results(outcomes) == [(NAME, Result.DONE, ["adopt 1.1.0", "publish 1.0.0"])]
    assert me.definition(NAME, "1.1.0") == SECOND


def test_one_failure_stops_no_other(house: House, me: ActingPrompts) -> None:
    plan = me.plan([FIRST, OTHER, LAST])
    cut_off(house, "POST", When.BEFORE, lambda: Unavailable("the host cannot be reached"))

    outcomes = me.apply(plan)

    assert [o.result for o in outcomes] == [Result.FAILED, Result.DONE, Result.DONE]
    assert errors(outcomes) == [Unavailable, None, None]


def test_a_failure_names_its_prompt(house: House, me: ActingPrompts) -> None:
    plan = me.plan([FIRST])
    cut_off(house, "POST", When.BEFORE, lambda: Unavailable("the host cannot be reached"))

    error = me.apply(plan)[0].error

    assert error is not None
    assert error.place.startswith(f"prompt {NAME}")


def test_doing_it_again_does_what_is_left(house: House, me: ActingPrompts) -> None:
    plan = me.plan([FIRST, SECOND, OTHER], promote=True)
    cut_off(house, "PUT", When.BEFORE, lambda: Unavailable("the host cannot be reached"))
    first = me.apply(plan)

    assert results(first)[0] == (NAME, Result.FAILED, ["create 1.0.0", "publish 1.1.0"])
    assert results(me.apply(plan)) == [
        (NAME, Result.DONE, ["promote 1.1.0"]),
        ("other", Result.UNCHANGED, []),
    ]


def test_what_is_held_fails_alone(two: ActingPrompts) -> None:
    two.roll_back(NAME, to="1.1.0", freeze=True)

    outcomes = applied(two, THIRD, OTHER)

    assert (errors(outcomes), [o.result for o in outcomes]) == (
        [RollbackActive, None],
        [Result.FAILED, Result.DONE],
    )


def test_two_applies_at_once_double_nothing(house: House, me: ActingPrompts) -> None:
    other = house.open().acting_as("tom", reason="CHG-2").prompts
    definitions = [FIRST, SECOND, OTHER, LAST]
    plan, second = me.plan(definitions, promote=True), list[Outcome]()

    def also(outcome: Outcome) -> None:
        if not second:
            second.extend(other.apply(other.plan(definitions, promote=True)))

    outcomes = me.apply(plan, told=also)

    assert [o.result for o in outcomes] == [Result.DONE, Result.UNCHANGED, Result.UNCHANGED]
    assert [o.result for o in second] == [Result.UNCHANGED, Result.DONE, Result.DONE]


def test_a_prompt_that_another_apply_is_at_fails_alone(house: House, two: ActingPrompts) -> None:
    plan = two.plan([SECOND, OTHER], promote=True)
    cut_off(house, "PUT", When.BEFORE, lambda: OutcomeUnknown("no answer"))
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"))

    outcomes = two.apply(plan)

    assert errors(outcomes) == [Conflict, None]


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_what_a_crash_left_is_settled_first(
    house: House, two: ActingPrompts, wait: Callable[[float], None], when: When
) -> None:
    plan = two.plan([SECOND], promote=True)
    house.line.cut("PUT", when, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.apply(plan)
    wait(121)

    two.apply(plan)

    assert (two.live(NAME).number, two.status(NAME).platform.drift) == ("1.1.0", False)
    assert len(two.log(NAME)) == 2


def test_a_stop_begins_no_further_prompt(me: ActingPrompts) -> None:
    heard = list[Outcome]()

    outcomes = me.apply(me.plan([FIRST, OTHER, LAST]), told=heard.append, stop=lambda: bool(heard))

    assert [o.result for o in outcomes] == [Result.DONE, Result.LEFT, Result.LEFT]
    assert me.names() == (NAME,)


def test_progress_counts_what_is_to_be_done(two: ActingPrompts) -> None:
    heard = list[Progress]()

    two.apply(two.plan([FIRST, OTHER, LAST]), report=heard.append)

    assert [(p.work, p.done, p.total, p.item) for p in heard] == [
        ("apply", 1, 2, "other"),
        ("apply", 2, 2, "zebra"),
    ]


def test_what_a_platform_that_went_down_left_is_done_when_it_is_back(
    house: House, me: ActingPrompts, wait: Callable[[float], None]
) -> None:
    definitions = [evolve(FIRST, name=f"prompt-{n:02}") for n in range(20)]
    plan, heard = me.plan(definitions), list[Outcome]()

    def go_down(outcome: Outcome) -> None:
        heard.append(outcome)
        if len(heard) == 7:
            for method in ("GET", "POST"):
                for _ in range(400):
                    house.line.cut(method, When.BEFORE, lambda: Unavailable("the host cannot be reached"))

    first = me.apply(plan, told=go_down)
    house.line._cuts.clear()
    wait(60)
    again = me.apply(plan)

    assert [o.result for o in first] == [Result.DONE] * 7 + [Result.FAILED] * 13
    assert {type(o.error) for o in first[7:]} <= {Unavailable, BreakerOpen}
    assert [o.result for o in again] == [Result.UNCHANGED] * 7 + [Result.DONE] * 13
    assert [len(me.log(d.name)) for d in definitions] == [1] * 20


def test_a_step_without_its_version_is_not_done(me: ActingPrompts) -> None:
    plan = me.plan([FIRST])
    hollow = evolve(plan, prompts=tuple(evolve(p, definitions=()) for p in plan.prompts))
    assert errors(me.apply(hollow)) == [Conflict]


def test_all_that_holds_a_prompt_up_is_named(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)

    (outcome,) = applied(two, version("1.0.5"), SECOND, promote=True)

    assert outcome.error is not None
    assert outcome.error.message == (
        "somebody rolled back from 1.1.0; and a rollback directive stands on 1.1.0"
    )
    assert outcome.error.remedy == (
        "publish a newer version; or, to have it live again, use --force or 'jackfield promote"
        f" {NAME} 1.1.0'; and clear it with 'jackfield unfreeze {NAME}'"
    )


def test_a_promotion_alone_is_done_while_frozen_as_promote_does_it(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)

    outcomes = applied(two, SECOND, promote=True, force=True)

    assert results(outcomes) == [(NAME, Result.DONE, ["promote 1.1.0"])]
    assert two.live(NAME).number == "1.1.0"
