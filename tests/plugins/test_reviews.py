"""Reviewers: their errors keep a version from going live, their warnings are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.reviews import Candidate, Finding, Severity
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.plugin import PluginState, hookimpl
from jackfield.plugins.loading import hooks_of
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.reviewers import Reviewers
from jackfield.plugins.samples import CANDIDATE
from jackfield.plugins.sources import Source
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, bad

ONE = evolve(CANDIDATE.definition, name="greeting")
TWO = evolve(ONE, version="2.0.0", template="Be kind to {{customer}}.")


@define
class Reviewer:
    """Says what the test wants, and keeps what it was asked."""

    says: list[Finding] = field(factory=list[Finding])
    asked: list[Candidate] = field(factory=list[Candidate])

    @hookimpl
    def jackfield_review(self, version: Candidate) -> list[Finding]:
        self.asked.append(version)
        return self.says


@pytest.fixture
def reviewer() -> Reviewer:
    return Reviewer()


@pytest.fixture
def reviewed(open_core: OpenCore, reviewer: Reviewer) -> Core:
    return open_core(plugins={"house": reviewer})


@pytest.fixture
def me(reviewed: Core) -> ActingPrompts:
    """`greeting` 1.0.0 is live and 2.0.0 is published."""
    me = reviewed.acting_as("mina", reason="CHG-1").prompts
    me.publish(ONE)
    me.publish(TWO)
    return me


def test_an_error_keeps_a_version_from_being_promoted(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="it says 'free'", code="forbidden-word")]
    with pytest.raises(InvalidPrompt, match=r"2\.0\.0 may not go live: house is against it") as caught:
        me.promote(me.version("greeting", "2.0.0"))
    assert [(p.code, p.message, p.place) for p in caught.value.problems] == [
        ("forbidden-word", "it says 'free'", "plugin house")
    ]
    assert me.live("greeting").number == "1.0.0"


def test_force_does_not_overrule_a_reviewer(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="no")]
    with pytest.raises(InvalidPrompt):
        me.promote(me.version("greeting", "2.0.0"), force=True)


def test_a_blocked_promotion_leaves_nothing_behind(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="no")]
    with pytest.raises(InvalidPrompt):
        me.promote(me.version("greeting", "2.0.0"))
    reviewer.says = []
    assert me.promote(me.version("greeting", "2.0.0")).after == "2.0.0"


def test_warnings_are_shown_and_block_nothing(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="long", severity=Severity.WARNING)]
    moved = me.promote(me.version("greeting", "2.0.0"))
    assert moved.findings == (Finding(message="long", severity=Severity.WARNING, plugin="house"),)


def test_a_very_first_version_is_reviewed_for_it_is_live_at_once(reviewed: Core, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="no")]
    with pytest.raises(InvalidPrompt, match="house is against it"):
        reviewed.acting_as("mina", reason="CHG-1").prompts.publish(ONE)
    assert reviewed.prompts.names() == ()


def test_publishing_a_later_version_is_not_reviewed(me: ActingPrompts, reviewer: Reviewer) -> None:
    assert [asked.definition.version for asked in reviewer.asked] == ["1.0.0"]


def test_a_rollback_is_never_reviewed(me: ActingPrompts, reviewer: Reviewer) -> None:
    me.promote(me.version("greeting", "2.0.0"))
    reviewer.says = [Finding(message="no")]
    assert me.roll_back("greeting").after == "1.0.0"


def test_promoting_what_is_live_already_asks_nobody(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.asked.clear()
    assert not me.promote(me.version("greeting", "1.0.0")).changed
    assert reviewer.asked == []


def test_a_reviewer_sees_who_wants_what_and_why(me: ActingPrompts, reviewer: Reviewer) -> None:
    me.promote(me.version("greeting", "2.0.0"))
    assert reviewer.asked[-1] == Candidate(
        organization=reviewer.asked[-1].organization,
        definition=TWO,
        before="1.0.0",
        actor="mina",
        reason="CHG-1",
    )


def test_anybody_may_ask_what_the_reviewers_would_say(reviewed: Core, reviewer: Reviewer) -> None:
    reviewer.says = [Finding(message="no")]
    assert reviewed.prompts.review(ONE) == (Finding(message="no", plugin="house"),)
    assert (reviewer.asked[0].actor, reviewer.asked[0].before) == ("", None)


@pytest.mark.parametrize("way", [harm.raises, harm.exits, harm.returns_junk, harm.returns_without_end])
def test_a_reviewer_that_cannot_answer_is_against_it_and_names_the_way_out(
    open_core: OpenCore, way: Callable[..., object]
) -> None:
    core = open_core(plugins={"odd": bad("jackfield_review", way)})
    (finding,) = core.prompts.review(ONE)
    assert (finding.plugin, finding.code, finding.blocks) == ("odd", "review-failed", True)
    assert "leave it out of [plugins] allow" in finding.message
    assert harm.SECRET not in finding.message


def test_a_reviewer_that_hung_once_blocks_at_once(open_core: OpenCore) -> None:
    forever = Forever()
    core = open_core(plugins={"odd": bad("jackfield_review", forever)}, limit=timedelta(milliseconds=50))
    said = [core.prompts.review(ONE)[0].message for _ in range(2)]
    forever.over.set()
    assert said[0].startswith("its review failed: does not end (given up after 0.05 s)")
    assert said[1].startswith("it was switched off: jackfield_review: does not end")


class SwitchedOff(Plugin):
    """A plugin that another thread finds hanging, between the second and the third look at its state."""

    looks = 0

    def __getattribute__(self, name: str) -> object:
        if name != "state":
            return super().__getattribute__(name)
        type(self).looks += 1
        return PluginState.LOADED if self.looks < 3 else PluginState.HUNG


def test_a_reviewer_that_is_switched_off_meanwhile_is_asked_or_blocks() -> None:
    def says_no(_: object) -> list[Finding]:
        return [Finding(message="no")]

    plugin = bad("jackfield_review", says_no)
    source = Source(name="odd", load=lambda: plugin)
    odd = SwitchedOff(source=source, clock=FrozenClock(), whole=plugin, hooks=hooks_of(plugin, "odd"))
    said = Reviewers(plugins=[odd], limit=timedelta(seconds=5)).review(CANDIDATE)
    assert [finding.message for finding in said] == ["no"]


class Broken:
    """A plugin that is never made."""

    def __init__(self) -> None:
        raise ValueError(harm.SECRET)


def test_a_plugin_that_failed_and_that_nobody_named_blocks_nothing(open_core: OpenCore) -> None:
    assert open_core(plugins={"odd": Broken}).prompts.review(ONE) == ()


def test_a_named_plugin_that_failed_blocks_for_it_might_have_been_against_it(open_core: OpenCore) -> None:
    core = open_core(plugins={"odd": Broken}, allow=("odd",))
    (finding,) = core.prompts.review(ONE)
    assert finding.message.startswith("it is named in the settings and could not be loaded: loading: raised")


def test_a_plugin_that_allow_names_and_that_is_not_installed_blocks_too(open_core: OpenCore) -> None:
    (finding,) = open_core(allow=("ghost",)).prompts.review(ONE)
    assert (finding.plugin, "it is not installed" in finding.message) == ("ghost", True)


def test_a_built_in_plugin_that_allow_names_is_not_missed(open_core: OpenCore) -> None:
    assert open_core(allow=("redact", "telemetry")).prompts.review(ONE) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": ""},
        {"message": "x" * 1_001},
        {"message": 3},
        {"message": "a", "code": "Not A Code"},
        {"message": "a", "severity": "fatal"},
    ],
)
def test_a_finding_of_the_wrong_shape_is_refused_where_it_is_made(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Finding(**wrong)


ERROR, WARNING = Finding(message="no"), Finding(message="hm", severity=Severity.WARNING)


def test_against_a_promotion_a_new_number_or_another_reason_is_named(
    me: ActingPrompts, reviewer: Reviewer
) -> None:
    reviewer.says = [ERROR]
    with pytest.raises(InvalidPrompt) as caught:
        me.promote(me.version("greeting", "2.0.0"))
    assert caught.value.remedy.startswith(
        "mend the prompt and publish it under a new number, or give another"
    )


def test_against_a_prompt_that_was_never_created_no_new_number_is_needed(
    reviewed: Core, reviewer: Reviewer
) -> None:
    reviewer.says = [ERROR]
    with pytest.raises(InvalidPrompt) as caught:
        reviewed.acting_as("mina", reason="CHG-1").prompts.publish(ONE)
    assert caught.value.remedy == (
        "mend the prompt, or give another reason, and publish it again: nothing was sent"
    )


def test_against_nothing_but_a_reviewer_that_failed_the_prompt_is_left_alone(open_core: OpenCore) -> None:
    me = (
        open_core(plugins={"bad": bad("jackfield_review", harm.raises)}).acting_as("mina", reason="x").prompts
    )
    with pytest.raises(InvalidPrompt) as caught:
        me.publish(ONE)
    assert caught.value.remedy.startswith("do what is listed; the prompt needs no change")


def test_in_a_list_a_warning_looks_other_than_an_error(me: ActingPrompts, reviewer: Reviewer) -> None:
    reviewer.says = [ERROR, WARNING]
    with pytest.raises(InvalidPrompt) as caught:
        me.promote(me.version("greeting", "2.0.0"))
    assert list(map(str, caught.value.problems)) == [
        "plugin house: no [review]",
        "plugin house: warning: hm [review]",
    ]
