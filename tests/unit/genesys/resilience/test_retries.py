from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.genesys.resilience.retries import Again, RetryTable, Trouble, trouble
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Effect, Response
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, Unavailable

NEARLY_ONE = 0.999_999


def table(jitter: float = NEARLY_ONE) -> RetryTable:
    return RetryTable(rules=CallRules(), jitter=lambda: jitter)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None),
        (301, None),
        (400, None),
        (404, None),
        (409, None),
        (408, Trouble.FAILED),
        (429, Trouble.THROTTLED),
        (500, Trouble.FAILED),
        (503, Trouble.FAILED),
        (599, Trouble.FAILED),
    ],
)
def test_only_throttled_and_failed_answers_may_be_right_next_time(
    status: int, expected: Trouble | None
) -> None:
    assert trouble(Response(status=status)) is expected


def test_a_lost_answer_is_told_from_a_call_that_was_not_sent() -> None:
    assert (trouble(OutcomeUnknown("x")), trouble(Unavailable("x"))) == (
        Trouble.UNANSWERED,
        Trouble.UNREACHED,
    )


@pytest.mark.parametrize("effect", [Effect.READS, Effect.SETS])
@pytest.mark.parametrize("found", Trouble)
def test_what_may_be_sent_twice_is_tried_three_times_more(found: Trouble, effect: Effect) -> None:
    tries = [table().again(found, effect, number) is not None for number in range(5)]
    assert tries == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Trouble.THROTTLED, True),
        (Trouble.UNREACHED, True),
        (Trouble.FAILED, False),
        (Trouble.UNANSWERED, False),
    ],
)
def test_a_creation_is_sent_again_only_if_it_did_not_happen(found: Trouble, *, expected: bool) -> None:
    assert (table().again(found, Effect.CREATES, 0) is not None) is expected


@pytest.mark.parametrize(
    ("found", "longest"),
    [
        (Trouble.FAILED, [5.0, 10.0, 20.0]),
        (Trouble.UNREACHED, [1.0, 2.0, 4.0]),
        (Trouble.UNANSWERED, [1.0, 2.0, 4.0]),
    ],
)
def test_waits_double_from_their_base(found: Trouble, longest: list[float]) -> None:
    waits = [table().again(found, Effect.READS, number) for number in range(3)]
    assert [round(again.wait_s, 3) for again in waits if again] == longest


def test_jitter_is_full() -> None:
    assert table(0.0).again(Trouble.FAILED, Effect.READS, 2) == Again(0.0, 14)


@pytest.mark.parametrize(("found", "cost"), [(Trouble.THROTTLED, 5), (Trouble.FAILED, 14)])
def test_a_throttled_retry_is_cheaper(found: Trouble, cost: int) -> None:
    again = table().again(found, Effect.READS, 0)
    assert again is not None
    assert again.cost == cost


@pytest.mark.parametrize(("number", "longest"), [(0, 2.0), (1, 4.0), (2, 8.0), (9, 30.0)])
def test_without_retry_after_a_token_rests_for_a_doubling_time(number: int, longest: float) -> None:
    assert round(table().rest(None, number).asked_s, 3) == longest


@given(asked=st.integers(0, 10**9), jitter=st.floats(0, 1, exclude_max=True))
def test_a_token_never_rests_for_less_than_it_was_asked_to(asked: int, jitter: float) -> None:
    rest = table(jitter).rest(float(asked), 0)
    assert (rest.asked_s, 0.0 <= rest.later_s <= max(0.25, asked / 10)) == (asked, True)


@given(number=st.integers(0, 2), jitter=st.floats(0, 1, exclude_max=True))
def test_no_backoff_is_longer_than_its_limit(number: int, jitter: float) -> None:
    again = table(jitter).again(Trouble.FAILED, Effect.SETS, number)
    assert again is not None
    assert 0.0 <= again.wait_s <= 30.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("retries", -1), ("deadline_s", 0.0), ("reserve", 1.0), ("breaker_share", float("nan")), ("queue", -1)],
)
def test_a_number_out_of_its_range_is_named(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"{name} is "):
        CallRules(**{name: value})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the point
