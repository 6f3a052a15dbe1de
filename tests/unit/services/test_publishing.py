"""Publishing: immutable versions, the very first one live, what is on the platform already adopted."""

from __future__ import annotations

import pytest
from attrs import evolve

from jackfield.domain.model.errors import Conflict, InvalidPrompt, RollbackActive, VersionExists
from jackfield.domain.model.history import Move
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version


def test_the_very_first_version_is_live_at_once(me: ActingPrompts) -> None:
    assert me.publish(FIRST).live


def test_a_later_version_leaves_what_is_live(two: ActingPrompts) -> None:
    assert two.live(NAME).number == "1.0.0"


def test_the_same_version_again_changes_nothing(me: ActingPrompts) -> None:
    me.publish(FIRST)
    assert not me.publish(FIRST).changed


def test_the_same_version_again_sends_nothing(me: ActingPrompts, house: House) -> None:
    me.publish(FIRST)
    before = len(house.line.requests)
    me.publish(FIRST)
    assert len(house.line.requests) == before


def test_a_number_with_other_content_is_a_conflict(me: ActingPrompts) -> None:
    me.publish(FIRST)
    with pytest.raises(Conflict, match=r"1\.0\.0 is published with other content"):
        me.publish(evolve(FIRST, template="Other {{issue}} {{tone}}."))


def test_known_content_under_a_new_number_names_the_old_one(me: ActingPrompts) -> None:
    me.publish(FIRST)
    with pytest.raises(VersionExists, match=r"version 1\.0\.0 has exactly the content of 3\.0\.0"):
        me.publish(evolve(FIRST, version="3.0.0"))


def test_a_prompt_with_problems_is_not_sent(me: ActingPrompts, house: House) -> None:
    with pytest.raises(InvalidPrompt):
        me.publish(evolve(FIRST, template="{{issue}} {{tone}} {{stranger}} {{"))
    assert house.line.requests == []


def test_every_problem_is_in_the_error(me: ActingPrompts) -> None:
    with pytest.raises(InvalidPrompt) as caught:
        me.publish(evolve(FIRST, version="one", template="{{issue}} {{stranger}} {{"))
    assert {p.code for p in caught.value.problems} == {
        "version",
        "placeholder-unclosed",
        "variable-undeclared",
        "variable-unused",
    }


def test_a_budget_is_a_problem_of_the_prompt(me: ActingPrompts) -> None:
    with pytest.raises(InvalidPrompt, match=r"rendered: .* characters"):
        me.publish(evolve(FIRST, template="{{issue}} {{tone}} " + "x" * 4000))


def test_what_the_platform_had_is_adopted_first(me: ActingPrompts, house: House) -> None:
    house.open("other").acting_as("tom", reason="earlier").prompts.publish(FIRST)
    me.publish(version("1.1.0"))
    assert [e.activation.move for e in me.log(NAME)] == [Move.ADOPTED]


def test_what_was_adopted_with_blanks_in_its_braces_is_rolled_back_to(
    me: ActingPrompts, house: House
) -> None:
    send = house.line.send
    house.line.send = lambda r: send(
        evolve(r, body=(r.body or b"").replace(b"{{issue}}", b"{{ issue }}\\r\\n"))
    )
    house.open("other").acting_as("tom", reason="by hand").prompts.publish(FIRST)
    house.line.send = send
    me.publish(version("1.1.0"))
    me.promote(me.version(NAME, "1.1.0"))
    assert me.roll_back(NAME).after == "1.0.0"
    assert me.status(NAME).platform.drift is False


def test_the_adopted_version_is_known_by_its_file(me: ActingPrompts, house: House) -> None:
    house.open("other").acting_as("tom", reason="earlier").prompts.publish(FIRST)
    me.publish(FIRST)
    assert me.definition(NAME, "1.0.0").content_hash == FIRST.content_hash


def test_adopting_the_same_content_sends_no_change(me: ActingPrompts, house: House) -> None:
    house.open("other").acting_as("tom", reason="earlier").prompts.publish(FIRST)
    before = len(house.calls("POST"))
    me.publish(FIRST)
    assert len(house.calls("POST")) == before


def test_other_content_under_the_platforms_number_is_a_conflict(me: ActingPrompts, house: House) -> None:
    house.open("other").acting_as("tom", reason="earlier").prompts.publish(FIRST)
    with pytest.raises(Conflict):
        me.publish(version("1.0.0", "other"))


def test_a_version_that_somebody_else_stored_is_refused(two: ActingPrompts, house: House) -> None:
    tom = house.open("other").acting_as("tom", reason="elsewhere").prompts
    tom.publish(version("2.0.0", "his"))
    with pytest.raises(VersionExists):
        two.publish(version("2.0.0", "hers"))


def test_a_version_that_another_machine_stored_with_the_same_content_is_taken_up(
    two: ActingPrompts, house: House
) -> None:
    house.open("other").acting_as("tom", reason="elsewhere").prompts.publish(version("2.0.0"))
    assert two.publish(version("2.0.0")).changed
    assert two.promote(two.version(NAME, "2.0.0")).after == "2.0.0"


def test_a_refused_version_can_be_published_under_another_number(two: ActingPrompts, house: House) -> None:
    tom = house.open("other").acting_as("tom", reason="elsewhere").prompts
    tom.publish(version("2.0.0", "his"))
    with pytest.raises(VersionExists):
        two.publish(version("2.0.0", "hers"))
    assert two.publish(version("2.0.1", "hers")).changed


def test_nobody_publishes_while_a_rollback_directive_stands(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)
    with pytest.raises(RollbackActive, match=f"jackfield unfreeze {NAME}"):
        two.publish(version("1.2.0"))


def test_after_unfreeze_versions_are_published_again(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)
    two.unfreeze(NAME)
    assert two.publish(version("1.2.0")).changed


def test_user_text_stays_ours_and_the_system_text_is_sent(me: ActingPrompts, core: Core) -> None:
    me.publish(evolve(FIRST, user_template="And now: {{issue}}"))
    gateway = core.prompts.operations.gateway
    found = gateway.find(NAME)
    assert found is not None
    assert (found.live.template, found.live.user_template) == (FIRST.template, None)
