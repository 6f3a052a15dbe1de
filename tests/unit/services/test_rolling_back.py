"""Rollbacks: to what was live before or to any version, freezing what was left."""

from __future__ import annotations

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import InvalidInput, NotFound, Unavailable
from jackfield.domain.model.history import Move
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version


def test_a_freeze_without_a_version_left_behind_is_refused(two: ActingPrompts) -> None:
    with pytest.raises(InvalidInput, match="no version is left that could be frozen"):
        two.roll_back(NAME, to="1.0.0", freeze=True)


def test_a_failed_freeze_says_that_the_rollback_is_done(two: ActingPrompts, house: House) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    for _ in range(4):  # a call and its three retries
        house.line.cut("PATCH", When.BEFORE, lambda: Unavailable("no route"))
    with pytest.raises(Unavailable, match=r"the rollback to 1\.0\.0 is done, only the freeze is not"):
        two.roll_back(NAME, freeze=True)


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
