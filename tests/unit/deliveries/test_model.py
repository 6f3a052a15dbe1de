"""Which events are wanted, spans, verdicts and fates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.codec import decode_state, encode_state
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.destination import entry
from jackfield.domain.model.deliveries.retries import LONGEST, Retries, is_due
from jackfield.domain.model.deliveries.spans import Span, added, holds, joined
from jackfield.domain.model.deliveries.states import DeadLetter, DestinationState, Waiting
from jackfield.domain.model.deliveries.verdicts import (
    Delivered,
    Gone,
    Rejected,
    Retry,
    answered,
    retry_after,
    told,
)
from jackfield.domain.model.deliveries.wanting import checked, wanted
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.subjects import Kind, Subject

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "hears"),
    [("*", True), ("prompt.*", True), ("prompt.promote", True), ("prompt.promote:succeeded", True),
     ("*:failed", False), ("prompt.publish", False), ("prompt", False), ("delivery.*", False)],
)  # fmt: skip
def test_patterns(pattern: str, *, hears: bool) -> None:
    assert wanted((pattern,), entry().event, by="crm") is hears


def test_events_of_deliveries_are_asked_for_by_their_name() -> None:
    own = evolve(entry().event, subject=Subject(ORGANIZATION, Kind.DESTINATION, "crm"), type="delivery.retry")
    asked = [wanted((pattern,), own, by="sink") for pattern in ("*", "delivery.*", "*:succeeded")]
    assert (asked, wanted(("delivery.*",), own, by="crm")) == ([False, True, False], False)


@pytest.mark.parametrize("pattern", ["", "Prompt", "a b", "prompt.promote:done", "[a]", "?", "x" * 81, "é"])
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        checked([pattern])


@given(st.lists(st.integers(1, 600), max_size=400))
def test_spans_hold_every_position_and_are_few(positions: list[int]) -> None:
    spans = added((), positions)
    assert all(holds(spans, position) for position in positions)
    assert len(spans) <= 200
    assert joined(spans) == spans


def test_spans_hold_no_other_while_they_are_few() -> None:
    assert added((Span(1, 3),), [4, 9, 5]) == (Span(1, 5), Span(9, 9))


@pytest.mark.parametrize(
    ("text", "wait"),
    [("7", timedelta(seconds=7)), (" 7 ", timedelta(seconds=7)), ("", None), ("-1", None), ("soon", None),
     ("1e9", None), ("\u0667", None), ("Sat, 21 Nov 2026 09:31:00 GMT", timedelta(minutes=1)),
     ("Sat, 21 Nov 2020 09:31:00 GMT", timedelta()), ("9" * 5_000, timedelta(seconds=999_999_999))],
)  # fmt: skip
def test_retry_after(text: str, wait: timedelta | None) -> None:
    assert retry_after(text, NOW) == wait


@given(st.text(max_size=80))
def test_any_retry_after_is_a_wait_or_none(text: str) -> None:
    wait = retry_after(text, NOW)
    assert wait is None or wait >= timedelta()


@given(st.integers(100, 999), st.text(max_size=10))
def test_every_status_has_a_verdict(status: int, after: str) -> None:
    assert isinstance(answered(status, {"retry-after": after}, NOW), Delivered | Retry | Rejected | Gone)


@given(st.text())
def test_what_is_told_is_one_short_line_that_json_can_carry(text: str) -> None:
    shown = told(text)
    assert len(shown) <= 200
    assert shown.isprintable()
    assert shown.encode().decode() == shown


def test_a_wait_is_the_table_s_and_a_fifth_at_most() -> None:
    waits = [Retries(jitter=partial(float, j)).after(1) for j in (0.0, 0.999)]
    assert waits[0] == timedelta(seconds=5)
    assert timedelta(seconds=5.9) < (waits[1] or timedelta()) < timedelta(seconds=6)


def test_a_day_is_the_longest_that_is_waited_for() -> None:
    assert Retries(jitter=lambda: 0.0).after(1, timedelta(days=400)) == LONGEST


def test_a_wait_that_was_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Retry(after=-timedelta(seconds=1))


@pytest.mark.parametrize(("hours", "due"), [(-1, True), (0, True), (1, False), (24, False), (31, True)])
def test_what_is_due(hours: int, *, due: bool) -> None:
    assert is_due(NOW + timedelta(hours=hours), NOW) is due


def test_a_whole_state_comes_back_from_its_text() -> None:
    waiting = Waiting(kind=Kind.PROMPT, name="a", position=3, attempts=2, due=NOW, trouble="é")
    dead = DeadLetter(kind=Kind.PROMPT, name="b", position=1, attempts=7, time=NOW, due=NOW)
    state = DestinationState(
        cursor=9,
        since=2,
        wants=("*", "delivery.*"),
        delivered=4,
        waiting=(waiting,),
        dead=(dead,),
        discarded=(Span(5, 6),),
        rests_until=NOW,
        disabled="gone",
    )
    subject = Subject(ORGANIZATION, Kind.DESTINATION, "crm")
    for each in (state, DestinationState()):
        assert decode_state(subject, encode_state(subject, each).encode()) == each


@pytest.mark.parametrize("text", [b"{}", b'{"cursor":true}', b"null", b'{"cursor":1,"more":2}'])
def test_a_text_that_is_no_whole_state_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_state(Subject(ORGANIZATION, Kind.DESTINATION, "crm"), text)


def test_an_outcome_is_part_of_a_pattern() -> None:
    intended = evolve(entry().event, outcome=Outcome.INTENDED)
    assert [wanted((p,), intended, by="x") for p in ("prompt.promote", "prompt.promote:intended")] == [
        True,
        True,
    ]
