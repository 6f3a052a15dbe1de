"""What is given where nothing is known: fallbacks, and errors of ours and of others."""

from __future__ import annotations

import traceback

import pytest
from attrs import evolve

from jackfield.domain.model.errors import (
    InvalidInput,
    NotFound,
    OpenedBeforeFork,
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.services.prompts import ActingPrompts
from tests.unit.services.conftest import FIRST, NAME, version
from tests.unit.services.live.conftest import AWAY, Reader, Wait


def test_a_fallback_is_given_where_nothing_is_known(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    assert reader.said(fallback=version("0.9.0")) == ("0.9.0", Source.FALLBACK, Freshness.UNKNOWN)


def test_a_fallback_has_no_age_and_nobody_made_it_live(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    found = reader.live.get(NAME, version("0.9.0"))
    assert (found.age, found.since, found.actor, found.move, found.reason) == (None,) * 5


def test_the_last_known_good_goes_before_a_fallback(known: Reader) -> None:
    known.restart()
    known.ledger.failure = AWAY
    assert known.said(fallback=version("0.9.0"))[0] == "1.0.0"


def test_what_the_ledger_says_goes_before_a_fallback(reader: Reader) -> None:
    assert reader.said(fallback=version("0.9.0"))[:2] == ("1.0.0", Source.LEDGER)


def test_a_fallback_of_another_prompt_is_refused(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    with pytest.raises(InvalidInput, match="it is of prompt other"):
        reader.live.get(NAME, evolve(FIRST, name="other"))


def test_with_nothing_at_all_the_error_is_raised(reader: Reader) -> None:
    reader.ledger.failure = AWAY
    with pytest.raises(Unavailable, match="the ledger is away"):
        reader.live.get(NAME)


def test_a_prompt_that_is_not_there_is_not_found(reader: Reader) -> None:
    with pytest.raises(NotFound, match="no such prompt here"):
        reader.live.get("nobody")


def test_a_prompt_that_is_not_there_has_its_fallback(reader: Reader) -> None:
    assert reader.live.get("other", evolve(FIRST, name="other")).source is Source.FALLBACK


def test_that_a_prompt_is_not_there_is_asked_again_after_half_a_second(
    reader: Reader, two: ActingPrompts, wait: Wait
) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            reader.live.get("other")
    asked = [m.name for m in reader.measured].count("jackfield.live.looks")
    two.publish(evolve(FIRST, name="other"))
    wait(0.5)
    assert (asked, reader.live.get("other").number) == (1, "1.0.0")


def test_an_error_of_ours_is_never_papered_over(known: Reader, wait: Wait) -> None:
    known.ledger.failure = OpenedBeforeFork("another process opened it")
    wait(1)
    with pytest.raises(OpenedBeforeFork):
        known.live.get(NAME)


def test_a_foreign_error_is_no_answer(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AttributeError("canary")
    wait(5)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_foreign_error_has_its_fallback(reader: Reader) -> None:
    reader.ledger.failure = AttributeError("canary")
    assert reader.said(fallback=FIRST) == ("1.0.0", Source.FALLBACK, Freshness.UNKNOWN)


def test_a_foreign_error_is_told_as_ours_without_its_text(reader: Reader) -> None:
    reader.ledger.failure = AttributeError("canary")
    with pytest.raises(
        Unavailable, match=r"what is recorded cannot be understood \(AttributeError\)"
    ) as caught:
        reader.live.get(NAME)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
