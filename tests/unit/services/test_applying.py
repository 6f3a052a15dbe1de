"""Applying a plan: what is done, what is left, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    BreakerOpen,
    Conflict,
    InvalidPrompt,
    OutcomeUnknown,
    RollbackActive,
    Unavailable,
)
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import Outcome, Result
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.test_settling import cut_off

SECOND, THIRD = version("1.1.0"), version("1.2.0")
OTHER = evolve(FIRST, name="other")
LAST = evolve(FIRST, name="zebra")


def applied(
    me: ActingPrompts, *definitions: PromptDefinition, promote: bool = False, force: bool = False
) -> tuple[Outcome, ...]:
    return me.apply(me.plan(definitions, promote=promote, force=force))


def results(outcomes: tuple[Outcome, ...]) -> list[tuple[str, Result, list[str]]]:
    return [(o.name, o.result, [str(s) for s in o.steps]) for o in outcomes]


def errors(outcomes: tuple[Outcome, ...]) -> list[type | None]:
    return [None if o.error is None else type(o.error) for o in outcomes]


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


def test_a_stale_plan_is_refused_before_anything_is_sent(house: House, two: ActingPrompts) -> None:
    plan = two.plan([OTHER, SECOND], promote=True)
    two.publish(THIRD)
    two.promote(two.version(NAME, "1.2.0"))
    sent = len(house.line.requests)

    with pytest.raises(Conflict, match="the plan is stale: escalation moved since it was made"):
        two.apply(plan)

    assert len(house.line.requests) == sent


def test_a_move_and_the_move_back_make_a_plan_stale(two: ActingPrompts) -> None:
    plan = two.plan([THIRD], promote=True)
    two.promote(two.version(NAME, "1.1.0"))
    two.promote(two.version(NAME, "1.0.0"))

    with pytest.raises(Conflict, match="stale"):
        two.apply(plan)


def test_a_version_of_somebody_else_makes_a_plan_stale(two: ActingPrompts) -> None:
    plan = two.plan([THIRD])
    two.publish(version("1.1.5"))

    with pytest.raises(Conflict, match="stale"):
        two.apply(plan)


def test_an_unchanged_prompt_that_moved_makes_a_plan_stale(two: ActingPrompts) -> None:
    plan = two.plan([FIRST, OTHER])
    two.promote(two.version(NAME, "1.1.0"))

    with pytest.raises(Conflict, match="stale"):
        two.apply(plan)


def test_a_failed_attempt_of_somebody_makes_no_plan_stale(house: House, two: ActingPrompts) -> None:
    plan = two.plan([THIRD])
    cut_off(house, "POST", When.BEFORE, lambda: Unavailable("the host cannot be reached"))
    with pytest.raises(Unavailable):
        two.publish(version("1.1.5"))

    assert [o.result for o in two.apply(plan)] == [Result.DONE]


def test_an_edit_on_the_platform_since_makes_a_plan_stale(
    house: House, core: Core, two: ActingPrompts
) -> None:
    plan = two.plan([SECOND], promote=True, force=True)
    house.edit_behind_our_back(core, version("7.0.0"))

    with pytest.raises(Conflict, match="stale"):
        two.apply(plan)


def test_an_edit_that_nobody_looked_for_fails_the_promotion_alone(
    house: House, core: Core, two: ActingPrompts
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))

    outcomes = two.apply(two.plan([SECOND, OTHER], promote=True, drift=False))

    assert errors(outcomes) == [Conflict, None]


def test_force_overwrites_the_edit_that_was_seen(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))

    applied(two, SECOND, promote=True, force=True)

    assert two.status(NAME).platform.drift is False


def test_a_prompt_that_moves_during_the_apply_fails_alone(house: House, two: ActingPrompts) -> None:
    plan = two.plan([OTHER, SECOND], promote=True)
    third = house.open().acting_as("tom", reason="CHG-2").prompts

    def interfere(outcome: Outcome) -> None:
        if outcome.name == "other":
            third.publish(THIRD)

    outcomes = two.apply(plan, told=interfere)

    assert errors(outcomes) == [None, Conflict]
    assert "somebody moved it since the plan was made" in str(outcomes[1].error)


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


def test_a_plan_of_another_organization_is_refused(house: House, me: ActingPrompts) -> None:
    theirs = house.open("globex").acting_as("tom", reason="CHG-2").prompts

    with pytest.raises(Conflict, match="the plan is of organization globex, and this is acme"):
        me.apply(theirs.plan([FIRST]))


def test_a_plan_with_a_broken_definition_sends_nothing(house: House, me: ActingPrompts) -> None:
    broken = evolve(OTHER, template="{{")
    plan = me.plan([FIRST, broken])

    with pytest.raises(InvalidPrompt) as caught:
        me.apply(plan)

    assert [p.place for p in caught.value.problems][:1] == ["prompt other 1.0.0"]
    assert me.names() == ()


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


def edit_while_it_applies(house: House, core: Core, definition: PromptDefinition) -> None:
    """Edit the prompt on the platform when the first promotion of the apply arrives."""
    send = house.line.send

    def editing(request: Request) -> Response:
        answer = send(request)
        if request.method == "PUT":
            house.line.send = send
            house.edit_behind_our_back(core, definition)
        return answer

    house.line.send = editing


def test_force_overwrites_no_edit_that_was_made_during_the_apply(
    house: House, core: Core, two: ActingPrompts
) -> None:
    early = evolve(FIRST, name="early")
    for each in (early, evolve(early, version="1.1.0", template=SECOND.template)):
        two.publish(each)
    house.edit_behind_our_back(core, version("7.0.0"))
    plan = two.plan(
        [evolve(early, version="1.1.0", template=SECOND.template), SECOND], promote=True, force=True
    )
    edit_while_it_applies(house, core, version("8.0.0"))
    assert results(two.apply(plan)) == [
        ("early", Result.DONE, ["promote 1.1.0"]),
        (NAME, Result.FAILED, []),
    ]


def test_force_overwrites_nothing_that_cannot_be_seen(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    plan = two.plan([SECOND], promote=True, force=True)
    cut_off(house, "GET", When.AFTER, lambda: OutcomeUnknown("lost"))
    with pytest.raises(Unavailable, match="does not tell what would be overwritten"):
        two.apply(plan)


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
