"""A plan that is stale is refused before anything is sent; what moves later fails alone."""

from __future__ import annotations

import pytest
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    Conflict,
    InvalidPrompt,
    OutcomeUnknown,
    Unavailable,
)
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import Outcome, Result
from jackfield.entrypoints.core import Core
from tests.unit.services.applying.folders import OTHER, SECOND, THIRD, applied, errors, results
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.settling.losing import cut_off


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
