"""Promoting and rolling back: one version live, by compare-and-set, and drift is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown, Unavailable
from jackfield.domain.model.history import Move
from jackfield.domain.model.subjects import Subject
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.values import drifted
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Versioned
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


def test_a_freeze_without_a_version_left_behind_is_refused(two: ActingPrompts) -> None:
    with pytest.raises(InvalidInput, match="no version is left that could be frozen"):
        two.roll_back(NAME, to="1.0.0", freeze=True)


def test_a_failed_freeze_says_that_the_rollback_is_done(two: ActingPrompts, house: House) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    for _ in range(4):  # a call and its three retries
        house.line.cut("PATCH", When.BEFORE, lambda: Unavailable("no route"))
    with pytest.raises(Unavailable, match=r"the rollback to 1\.0\.0 is done, only the freeze is not"):
        two.roll_back(NAME, freeze=True)


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


def test_drift_does_not_stop_a_rollback(two: ActingPrompts, core: Core, house: House) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    house.edit_behind_our_back(core, version("7.0.0"))
    two.roll_back(NAME)
    assert two.status(NAME).platform.version == "1.0.0"


def test_a_rollback_goes_to_what_was_live_before(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    assert two.roll_back(NAME).after == "1.0.0"


def test_a_second_rollback_goes_one_further_back(two: ActingPrompts) -> None:
    two.publish(version("1.2.0"))
    for number in ("1.1.0", "1.2.0"):
        two.promote(two.version(NAME, number))
    assert [two.roll_back(NAME).after for _ in range(2)] == ["1.1.0", "1.0.0"]


def test_rolling_back_the_first_version_is_not_found(me: ActingPrompts) -> None:
    me.publish(FIRST)
    with pytest.raises(NotFound, match="no earlier version"):
        me.roll_back(NAME)


def test_a_rollback_goes_to_any_published_version(two: ActingPrompts) -> None:
    assert two.roll_back(NAME, to="1.1.0").after == "1.1.0"


def test_a_rollback_is_a_forward_entry_that_names_what_it_restores(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    last = two.log(NAME)[-1]
    assert (last.number, last.activation.move, last.activation.restores) == (3, Move.ROLLED_BACK, 1)


def test_freezing_sets_the_directive_on_the_version_that_was_left(two: ActingPrompts) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    assert two.roll_back(NAME, freeze=True).frozen == "1.1.0"


def test_unfreezing_clears_what_somebody_else_froze(two: ActingPrompts, core: Core) -> None:
    gateway = core.prompts.operations.gateway
    found = gateway.find(NAME)
    assert found is not None
    gateway.freeze(found.id, "1.1.0", frozen=True)
    assert two.unfreeze(NAME) == ("1.1.0",)


def test_unfreezing_forgets_what_somebody_else_cleared(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)
    gateway = core.prompts.operations.gateway
    found = gateway.find(NAME)
    assert found is not None
    gateway.freeze(found.id, "1.1.0", frozen=False)
    assert (two.unfreeze(NAME), two.status(NAME).frozen) == ((), ())


def test_another_process_sees_a_promotion_within_a_second(
    two: ActingPrompts, house: House, wait: Callable[[float], None]
) -> None:
    other = house.open()
    other.prompts.live(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    wait(1)
    assert other.prompts.live(NAME).number == "1.1.0"


def test_our_own_promotion_is_seen_at_once(two: ActingPrompts, core: Core) -> None:
    core.prompts.live(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    assert core.prompts.live(NAME).number == "1.1.0"


def test_a_look_that_our_own_promotion_overtook_is_not_kept(
    two: ActingPrompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = SqliteLedger.read

    def overtaken(ledger: SqliteLedger, subject: Subject) -> Versioned:
        seen = look(ledger, subject)
        monkeypatch.undo()
        two.promote(two.version(NAME, "1.1.0"))
        return seen

    monkeypatch.setattr(SqliteLedger, "read", overtaken)
    two.live(NAME)
    assert two.live(NAME).number == "1.1.0"


def test_what_a_change_settled_before_it_began_is_seen_at_once(
    two: ActingPrompts, house: House, wait: Callable[[float], None]
) -> None:
    house.line.cut("PUT", When.AFTER, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        two.promote(two.version(NAME, "1.1.0"))
    wait(121)
    two.live(NAME)
    two.promote(two.version(NAME, "1.1.0"))
    assert two.live(NAME).number == "1.1.0"


def test_status_says_who_and_why(two: ActingPrompts) -> None:
    live = two.status(NAME).live
    assert live is not None
    assert (live.actor, live.reason, live.move) == ("mina", "CHG-1", Move.PUBLISHED)


def test_status_says_that_the_prompt_is_gone_from_the_platform(two: ActingPrompts, house: House) -> None:
    house.platform.reset()
    view = two.status(NAME).platform
    assert (view.drift, view.trouble) == (True, "the prompt is gone from the platform")


def test_a_promotion_by_somebody_else_in_between_is_no_edit_on_the_platform(
    two: ActingPrompts, house: House
) -> None:
    """His promotion happens between our look at the record and our look at the platform."""
    him = house.open().acting_as("tom", reason="-").prompts
    looked = house.line.send

    def meanwhile(request: Request) -> Response:
        house.line.send = looked
        him.promote(him.version(NAME, "1.1.0"))
        return looked(request)

    house.line.send = meanwhile
    with pytest.raises(Conflict, match="somebody moved it while we looked"):
        two.promote(two.version(NAME, "1.1.0"))


def test_a_status_during_a_promotion_by_somebody_else_shows_no_drift(
    two: ActingPrompts, house: House
) -> None:
    him = house.open().acting_as("tom", reason="-").prompts
    looked = house.line.send

    def meanwhile(request: Request) -> Response:
        house.line.send = looked
        him.promote(him.version(NAME, "1.1.0"))
        return looked(request)

    house.line.send = meanwhile
    seen = two.status(NAME)
    assert (seen.live and seen.live.number, seen.platform.drift) == ("1.1.0", False)


def test_a_rollback_to_what_our_record_has_live_overwrites_drift(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    assert two.roll_back(NAME, to="1.0.0").changed
    assert (two.status(NAME).platform.drift, len(two.log(NAME))) == (False, 1)


def test_a_prompt_that_never_got_to_the_platform_says_what_to_do_instead_of_a_rollback(
    me: ActingPrompts, core: Core, house: House
) -> None:
    assert core.prompts.operations.gateway.find(NAME) is None  # now there is a token
    for _ in range(4):  # a call and its three retries
        house.line.cut("POST", When.BEFORE, lambda: Unavailable("no route"))
    with pytest.raises(Unavailable):
        me.publish(FIRST)
    with pytest.raises(NotFound, match="not on the platform yet; publish its first version again"):
        me.roll_back(NAME)
