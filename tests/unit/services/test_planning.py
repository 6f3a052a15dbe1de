"""Plans: what would be done, what holds it up, and what should be known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import AuthenticationFailed, InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import PromptPlan, Why
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.settling.losing import cut_off

SECOND, THIRD = version("1.1.0"), version("1.2.0")


def planned(
    me: ActingPrompts, *definitions: PromptDefinition, promote: bool = False, force: bool = False
) -> PromptPlan:
    plan = me.plan(definitions, promote=promote, force=force)
    assert len(plan.prompts) == 1
    return plan.prompts[0]


def steps(plan: PromptPlan) -> list[str]:
    return [str(step) for step in plan.steps]


def held(plan: PromptPlan) -> list[Why]:
    return [hold.why for hold in plan.holds]


def test_a_new_prompt_is_made(me: ActingPrompts) -> None:
    assert steps(planned(me, FIRST)) == ["create 1.0.0"]


def test_the_lowest_version_of_a_new_prompt_is_made_first(me: ActingPrompts) -> None:
    assert steps(planned(me, THIRD, FIRST, SECOND)) == ["create 1.0.0", "publish 1.1.0", "publish 1.2.0"]


def test_ten_comes_behind_nine(me: ActingPrompts) -> None:
    found = planned(me, version("1.10.0"), version("1.9.0"), promote=True)
    assert steps(found) == ["create 1.9.0", "publish 1.10.0", "promote 1.10.0"]


def test_what_is_published_is_nothing_to_do(two: ActingPrompts) -> None:
    plan = two.plan([FIRST, SECOND])
    assert (plan.pending, plan.held, plan.prompts[0].notices) == ((), (), ())


def test_a_new_version_is_published_and_what_is_live_is_known(two: ActingPrompts) -> None:
    plan = planned(two, THIRD)
    assert (steps(plan), plan.live) == (["publish 1.2.0"], FIRST)


def test_with_promote_the_highest_version_goes_live(two: ActingPrompts) -> None:
    assert steps(planned(two, SECOND, THIRD, FIRST, promote=True)) == ["publish 1.2.0", "promote 1.2.0"]


def test_what_is_live_is_not_promoted(two: ActingPrompts) -> None:
    assert steps(planned(two, FIRST, promote=True)) == []


def test_planning_sends_questions_only(house: House, me: ActingPrompts) -> None:
    before = len(house.calls("POST"))
    me.plan([FIRST, SECOND], promote=True)
    assert len(house.calls("POST")) == before
    assert me.names() == ()


def test_one_number_with_two_contents_is_refused(me: ActingPrompts) -> None:
    with pytest.raises(InvalidInput, match=r"prompt escalation: version 1.0.0 is given twice"):
        me.plan([FIRST, version("1.0.0", "otherwise")])


def test_one_content_given_twice_is_once(me: ActingPrompts) -> None:
    assert steps(planned(me, FIRST, FIRST)) == ["create 1.0.0"]


def test_a_number_with_other_content_is_a_conflict(two: ActingPrompts) -> None:
    plan = planned(two, version("1.1.0", "otherwise"))
    assert (held(plan), plan.pending) == ([Why.CONFLICT], False)


def test_a_content_with_another_number_is_a_conflict(two: ActingPrompts) -> None:
    assert held(planned(two, evolve(SECOND, version="3.0.0"))) == [Why.CONFLICT]


def test_two_numbers_for_one_new_content_are_a_conflict(me: ActingPrompts) -> None:
    assert held(planned(me, FIRST, evolve(FIRST, version="3.0.0"))) == [Why.CONFLICT]


def test_a_conflict_promotes_nothing(two: ActingPrompts) -> None:
    plan = planned(two, version("1.1.0", "otherwise"), promote=True, force=True)
    assert (steps(plan), held(plan)) == ([], [Why.CONFLICT])


def test_a_newer_live_version_is_not_undone(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    assert held(planned(two, FIRST, promote=True)) == [Why.NEWER_LIVE]


def test_a_rollback_by_hand_is_not_undone(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    plan = planned(two, FIRST, SECOND, promote=True)
    assert (held(plan), plan.pending) == ([Why.ROLLED_BACK], False)
    assert "jackfield promote escalation 1.1.0" in plan.holds[0].remedy


def test_a_rollback_over_two_versions_holds_both(two: ActingPrompts) -> None:
    two.publish(THIRD)
    for number in ("1.1.0", "1.2.0"):
        two.promote(two.version(NAME, number))
    two.roll_back(NAME)
    two.roll_back(NAME)
    assert held(planned(two, SECOND, promote=True)) == [Why.ROLLED_BACK]
    assert held(planned(two, SECOND, THIRD, promote=True)) == [Why.ROLLED_BACK]


def test_force_undoes_a_rollback(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    plan = planned(two, FIRST, SECOND, promote=True, force=True)
    assert (steps(plan), plan.pending) == (["promote 1.1.0"], True)


def test_a_newer_version_goes_live_after_a_rollback(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    assert planned(two, FIRST, SECOND, THIRD, promote=True).pending


def test_a_rollback_that_somebody_ended_by_a_promotion_is_over(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    two.publish(THIRD)
    two.promote(two.version(NAME, "1.2.0"))
    assert held(planned(two, SECOND, promote=True)) == [Why.NEWER_LIVE]


def test_a_rollback_holds_nobody_from_publishing(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    assert planned(two, FIRST, SECOND, THIRD).pending


def test_a_rollback_directive_holds_everything(two: ActingPrompts) -> None:
    two.roll_back(NAME, to="1.1.0", freeze=True)
    plan = planned(two, THIRD, promote=True, force=True)
    assert held(plan) == [Why.FROZEN]


def test_a_rollback_directive_holds_nothing_where_nothing_is_to_do(two: ActingPrompts) -> None:
    two.roll_back(NAME, to="1.1.0", freeze=True)
    assert held(planned(two, FIRST)) == []


def test_an_edit_on_the_platform_is_shown(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, evolve(FIRST, version="7.0.0", template="Hi {{issue}}, {{tone}}."))
    plan = planned(two, FIRST)
    assert [n.what for n in plan.notices] == ["drift"]
    assert "+Hi {{issue}}, {{tone}}." in plan.notices[0].lines
    assert plan.notices[0].lines[0] == "--- escalation 1.0.0 (our record)"


def test_an_edit_on_the_platform_is_shown_as_far_as_the_platform_keeps_it(
    house: House, core: Core, two: ActingPrompts
) -> None:
    house.edit_behind_our_back(core, evolve(FIRST, version="7.0.0", max_tokens=1900))
    changed = [line for line in planned(two, FIRST).notices[0].lines[2:] if line[0] in "+-"]
    assert changed == ["-max_tokens: 2000", "+max_tokens: 1900"]


def test_an_edit_holds_a_promotion(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    assert held(planned(two, SECOND, promote=True)) == [Why.DRIFT]


def test_an_edit_holds_no_publication(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    assert planned(two, THIRD).pending


def test_force_overwrites_an_edit(house: House, core: Core, two: ActingPrompts) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    assert steps(planned(two, FIRST, promote=True, force=True)) == ["promote 1.0.0"]


def test_without_drift_the_platform_is_not_asked_about_what_is_known(
    house: House, core: Core, two: ActingPrompts
) -> None:
    before = len(house.calls("GET"))
    two.plan([FIRST, THIRD], promote=True, drift=False)
    assert len(house.calls("GET")) == before


def test_a_prompt_that_the_platform_has_is_adopted_first(core: Core, me: ActingPrompts) -> None:
    core.prompts.operations.gateway.create(FIRST)
    assert steps(planned(me, SECOND, promote=True)) == ["adopt 1.0.0", "publish 1.1.0", "promote 1.1.0"]


def test_what_is_adopted_and_given_is_not_published_again(core: Core, me: ActingPrompts) -> None:
    core.prompts.operations.gateway.create(SECOND)
    assert steps(planned(me, FIRST, SECOND)) == ["adopt 1.1.0", "publish 1.0.0"]


def test_an_adopted_number_with_other_content_is_a_conflict(core: Core, me: ActingPrompts) -> None:
    core.prompts.operations.gateway.create(version("1.0.0", "otherwise"))
    assert held(planned(me, FIRST)) == [Why.CONFLICT]


def test_a_prompt_that_is_gone_is_told(two: ActingPrompts, house: House) -> None:
    house.platform.reset()
    plan = planned(two, FIRST)
    assert ([n.what for n in plan.notices], held(plan)) == (["gone"], [])


def test_a_prompt_that_is_gone_is_made_anew_by_force_alone(two: ActingPrompts, house: House) -> None:
    house.platform.reset()
    assert held(planned(two, SECOND, promote=True)) == [Why.GONE]
    assert planned(two, SECOND, promote=True, force=True).pending


def test_a_platform_that_is_away_is_told_of_a_prompt_that_is_known(house: House, two: ActingPrompts) -> None:
    cut_off(house, "GET", When.BEFORE, lambda: Unavailable("the host cannot be reached"))
    plan = planned(two, THIRD)
    assert ([n.what for n in plan.notices], steps(plan)) == (["unseen"], ["publish 1.2.0"])


def test_a_platform_that_is_away_holds_a_prompt_that_is_not_known(house: House, me: ActingPrompts) -> None:
    me.publish(evolve(FIRST, name="other"))
    cut_off(house, "GET", When.BEFORE, lambda: Unavailable("the host cannot be reached"))
    plan = planned(me, FIRST)
    assert (steps(plan), held(plan)) == ([], [Why.UNAVAILABLE])


def test_who_is_not_accepted_gets_no_plan(house: House, two: ActingPrompts) -> None:
    house.line.cut(
        "GET", When.BEFORE, lambda: AuthenticationFailed("the platform does not accept who we are")
    )
    with pytest.raises(AuthenticationFailed):
        two.plan([FIRST])


@pytest.fixture
def unsettled(house: House, two: ActingPrompts) -> ActingPrompts:
    """A promotion to 1.1.0 whose answer was lost, and which was not done."""
    cut_off(house, "PUT", When.BEFORE, lambda: OutcomeUnknown("no answer"))
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"))
    return two


def test_a_change_under_way_holds_another(unsettled: ActingPrompts) -> None:
    assert held(planned(unsettled, THIRD)) == [Why.IN_FLIGHT]


def test_a_change_under_way_holds_nothing_where_nothing_is_to_do(unsettled: ActingPrompts) -> None:
    assert held(planned(unsettled, FIRST)) == []


def test_a_change_that_was_left_is_told_and_holds_nothing(
    unsettled: ActingPrompts, wait: Callable[[float], None]
) -> None:
    wait(121)
    plan = planned(unsettled, THIRD)
    assert ([n.what for n in plan.notices], held(plan)) == (["unsettled"], [])


def test_a_pre_release_that_would_go_live_is_a_warning(two: ActingPrompts) -> None:
    plan = planned(two, version("1.2.0-rc.1"), promote=True)
    assert ([n.what for n in plan.notices], plan.pending) == (["pre-release"], True)


def test_a_pre_release_that_is_only_published_is_none(two: ActingPrompts) -> None:
    assert planned(two, version("1.2.0-rc.1")).notices == ()
