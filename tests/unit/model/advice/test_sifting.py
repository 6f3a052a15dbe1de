"""Sifting: what an agent is shown, in which order, and why the rest is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.sifting import Rejection, Sieve, aged, sift
from jackfield.domain.model.errors import InvalidInput

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def item(
    name: str, relevance: float = 0.9, age: timedelta = DAY, text: str = "", source: str = "kb-billing"
) -> Item:
    """An item that is good enough unless it is said otherwise; its text is its own."""
    content = text or f"{name} tells of {name} and nothing else than {name}"
    return Item(id=name, title=name, content=content, relevance=relevance, published=NOW - age, source=source)


ITEMS = st.lists(
    st.builds(
        item,
        st.sampled_from("abcdefgh"),
        st.floats(min_value=0, max_value=1),
        st.timedeltas(min_value=-2 * DAY, max_value=20 * DAY),
    ),
    max_size=12,
)


def test_the_most_relevant_comes_first_then_the_newest_then_by_id() -> None:
    items = [item("c"), item("b"), item("a", age=2 * DAY), item("d", 0.95)]
    assert [each.item.id for each in sift(Sieve(), items, now=NOW).accepted] == ["d", "b", "c", "a"]


@pytest.mark.parametrize(
    ("rejected", "reason", "detail"),
    [
        (item("x", 0.79), Rejection.RELEVANCE, "0.79 is below 0.8"),
        (item("x", age=8 * DAY), Rejection.AGE, "8.0 days are over 7.0 days"),
        (item("x", age=-timedelta(minutes=6)), Rejection.FUTURE, "it is dated 6 min ahead"),
    ],
)
def test_what_is_rejected_says_why_with_the_numbers(rejected: Item, reason: Rejection, detail: str) -> None:
    (found,) = sift(Sieve(), [rejected], now=NOW).rejected
    assert (found.id, found.reason, found.detail) == ("x", reason, detail)


@pytest.mark.parametrize(
    "exact", [item("x", 0.8), item("x", age=7 * DAY), item("x", age=-timedelta(minutes=5))]
)
def test_what_just_meets_a_threshold_is_accepted(exact: Item) -> None:
    assert sift(Sieve(), [exact], now=NOW).accepted


def test_the_same_id_twice_is_shown_once() -> None:
    found = sift(Sieve(), [item("x"), item("x", 0.95)], now=NOW)
    assert [each.item.relevance for each in found.accepted] == [0.95]
    assert [each.reason for each in found.rejected] == [Rejection.REPEATED]


def test_no_more_are_shown_than_wanted() -> None:
    found = sift(Sieve(wanted=1), [item("x"), item("y", 0.95)], now=NOW)
    assert [each.item.id for each in found.accepted] == ["y"]
    assert [each.reason for each in found.rejected] == [Rejection.SURPLUS]


def test_what_says_nearly_the_same_is_marked_and_not_hidden() -> None:
    text = (
        "open the settings choose your plan and confirm the change there it takes effect with the next bill"
    )
    found = sift(
        Sieve(),
        [
            item("plan", 0.9, text=text),
            item("plan", 0.9).__class__(
                id="copy", title="plan", content=text + " then", relevance=0.85, published=NOW, source="other"
            ),
        ],
        now=NOW,
    )
    assert [(each.item.id, each.like) for each in found.accepted] == [("plan", None), ("copy", "plan")]


def test_what_the_conversation_had_before_is_marked() -> None:
    found = sift(Sieve(), [item("x"), item("y")], now=NOW, shown={"y"})
    assert {each.item.id: each.shown for each in found.accepted} == {"x": False, "y": True}


def test_what_gets_too_old_while_it_is_kept_is_rejected_then() -> None:
    kept = sift(Sieve(), [item("old", age=7 * DAY), item("new")], now=NOW, shown={"new"})
    later = aged(kept, Sieve(), now=NOW + timedelta(seconds=1))
    assert kept.until == NOW
    assert [(each.item.id, each.position, each.shown) for each in later.accepted] == [("new", 1, True)]
    assert [each.reason for each in later.rejected] == [Rejection.AGE]


@given(ITEMS)
def test_nothing_vanishes_and_nothing_is_shown_that_is_not_good_enough(items: list[Item]) -> None:
    sieve = Sieve()
    found = sift(sieve, items, now=NOW)
    assert len(found.accepted) + len(found.rejected) == len(items)
    for each in found.accepted:
        assert each.item.relevance >= sieve.relevance
        assert -sieve.skew <= NOW - each.item.published <= sieve.age


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_came_is_nothing(items: list[Item], chance: object) -> None:
    shuffled = sorted(items, key=lambda _: chance.random())  # type: ignore[attr-defined]
    shown = [each.item.id for each in sift(Sieve(), items, now=NOW).accepted]
    assert [each.item.id for each in sift(Sieve(), shuffled, now=NOW).accepted] == shown


@pytest.mark.parametrize(
    "fields",
    [
        {"relevance": 1.1},
        {"relevance": float("nan")},
        {"relevance": True},
        {"age": timedelta(days=-1)},
        {"age": 7},
        {"wanted": 0},
        {"wanted": 2.5},
    ],
)
def test_absurd_thresholds_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Sieve(**fields)  # type: ignore[arg-type]
