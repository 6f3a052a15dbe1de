"""Who sees a promotion when, and what a status says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.history import Move
from jackfield.domain.model.subjects import Subject
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Versioned
from tests.unit.services.conftest import NAME, House


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
