"""Promotions: of what is published, against drift, and by force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, NotFound, OutcomeUnknown
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.values import drifted
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version


def test_a_promoted_version_is_live(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    assert two.live(NAME).number == "1.1.0"


def test_a_promoted_version_is_live_on_the_platform(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    assert two.status(NAME).platform.version == "1.1.0"


def test_promoting_what_is_live_changes_nothing(two: ActingPrompts, house: House) -> None:
    two.promote(two.version(NAME, "1.0.0"))
    assert (house.calls("PUT"), len(two.log(NAME))) == ([], 1)


def test_promoting_from_another_version_than_expected_is_a_conflict(two: ActingPrompts) -> None:
    seen = two.live(NAME)
    two.promote(two.version(NAME, "1.1.0"), expecting=seen)
    with pytest.raises(Conflict, match=r"1\.1\.0 is live, not 1\.0\.0"):
        two.promote(two.version(NAME, "1.1.0"), expecting=seen)


def test_a_version_of_another_target_with_other_content_is_a_conflict(
    two: ActingPrompts, house: House, tmp_path: Path
) -> None:
    elsewhere = House(tmp_path / "elsewhere")
    with elsewhere.open() as test:
        theirs = test.acting_as("tom", reason="-").prompts
        theirs.publish(FIRST)
        version_there = theirs.publish(version("1.1.0", "other"))
    with pytest.raises(Conflict, match=r"version 1\.1\.0 has other content here"):
        two.promote(version_there)
    assert house.calls("PUT") == []


def test_expecting_what_is_live_of_another_target_is_a_conflict(two: ActingPrompts) -> None:
    live_there = evolve(two.version(NAME, "1.0.0"), content_hash="0" * 64)
    with pytest.raises(Conflict, match=r"version 1\.0\.0 has other content here"):
        two.promote(two.version(NAME, "1.1.0"), expecting=live_there)


def test_expecting_what_is_live_of_another_prompt_is_a_conflict(two: ActingPrompts) -> None:
    two.publish(evolve(FIRST, name="greeting"))
    with pytest.raises(Conflict, match=r"1\.0\.0 is live, not greeting 1\.0\.0"):
        two.promote(two.version(NAME, "1.1.0"), expecting=two.version("greeting", "1.0.0"))


def test_an_unpublished_version_is_not_found(two: ActingPrompts) -> None:
    with pytest.raises(NotFound, match=r"there is no version 9\.9\.9"):
        two.version(NAME, "9.9.9")


def test_an_unknown_prompt_is_not_found(me: ActingPrompts) -> None:
    with pytest.raises(NotFound, match="no such prompt"):
        me.roll_back("stranger")


def test_drift_refuses_a_promotion(two: ActingPrompts, core: Core, house: House) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    with pytest.raises(
        Conflict, match=r"the platform has 7\.0\.0 live, not the 1\.0\.0 that our record says"
    ):
        two.promote(two.version(NAME, "1.1.0"))


def test_another_content_under_our_number_is_an_edit() -> None:
    """The simulator refuses one, as its number is there; a platform may not."""
    assert drifted("1.0.0", "1.0.0") == (
        "the platform's 1.0.0 has other content than our record's: somebody edited it there"
    )


def test_a_version_of_ours_that_is_live_there_is_no_edit(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("1.1.0"))
    with pytest.raises(Conflict, match=r"has 1\.1\.0 live, not the 1\.0\.0 that our record says; look at"):
        two.promote(two.version(NAME, "1.0.0"))


def test_drift_refuses_a_promotion_of_what_our_record_has_live(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    with pytest.raises(
        Conflict, match=r"the platform has 7\.0\.0 live, not the 1\.0\.0 that our record says"
    ):
        two.promote(two.version(NAME, "1.0.0"))


def test_force_makes_a_prompt_anew_that_is_gone_from_the_platform(two: ActingPrompts, house: House) -> None:
    house.platform.reset()
    two.promote(two.version(NAME, "1.1.0"), force=True)
    assert (two.status(NAME).platform.drift, two.roll_back(NAME).after) == (False, "1.0.0")


def test_a_prompt_made_anew_whose_answer_was_lost_is_taken_up(
    two: ActingPrompts, house: House, wait: Callable[[float], None]
) -> None:
    house.platform.reset()
    two.operations.gateway.find("warm")  # the new token is fetched before the line is cut
    house.line.cut("POST", When.AFTER, lambda: OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"), force=True)
    wait(121)
    two.promote(two.version(NAME, "1.1.0"), force=True)
    assert (two.live(NAME).number, two.status(NAME).platform.drift) == ("1.1.0", False)


def test_a_prompt_that_is_gone_from_the_platform_names_the_way_out(two: ActingPrompts, house: House) -> None:
    house.platform.reset()
    with pytest.raises(NotFound, match="anew, promote a version with --force"):
        two.promote(two.version(NAME, "1.1.0"))


def test_force_overwrites_drift(two: ActingPrompts, core: Core, house: House) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    two.promote(two.version(NAME, "1.1.0"), force=True)
    assert two.status(NAME).platform.drift is False


def test_force_on_what_is_live_mends_drift_without_a_new_entry(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    two.promote(two.version(NAME, "1.0.0"), force=True)
    assert (two.status(NAME).platform.drift, len(two.log(NAME))) == (False, 1)
