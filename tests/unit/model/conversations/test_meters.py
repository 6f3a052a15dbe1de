"""The meter: never over the limit, the longest beginning when it cuts, and the whole text when that fits."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations import meters
from jackfield.domain.model.conversations.meters import Meter
from jackfield.ports.tokens import TokenCounter
from tests.unit.model.conversations.counters import (
    UNDOING,
    Pairs,
    all_counters,
    longest_beginning,
    small_vocabulary,
)

PIECES = st.lists(st.text("abcd thein\u00e9\u6ce8\U0001f642", max_size=20), max_size=15)
GROWING: tuple[TokenCounter, ...] = (UpperEstimate(), QuarterEstimate(), Pairs())
"""Counters by which a text never has fewer tokens than its beginning."""


def metered(pieces: list[str], limit: int, counter: TokenCounter) -> str:
    meter = Meter(limit, counter.count, counter.worst)
    taken = list[str]()
    for piece in pieces:
        taken.append(meter.take(piece))
        if taken[-1] != piece:
            break
    assert meter.text == "".join(taken)
    return meter.text


@given(PIECES, st.integers(1, 90), st.sampled_from(all_counters()))
@example(["an", "d"], 1, small_vocabulary())
@example(["a", "b"], 1, Pairs())
@example(["abcabc", "d"], 2, UNDOING)
def test_it_takes_what_a_naive_counter_takes(pieces: list[str], limit: int, counter: TokenCounter) -> None:
    text = metered(pieces, limit, counter)
    assert counter.count(text).tokens <= limit
    assert text == longest_beginning(pieces, limit, counter)


@given(PIECES, st.integers(1, 90), st.sampled_from(GROWING))
def test_it_is_the_longest_beginning_of_all_that_fit(
    pieces: list[str], limit: int, counter: TokenCounter
) -> None:
    whole = "".join(pieces)
    fitting = [n for n in range(len(whole) + 1) if counter.count(whole[:n]).tokens <= limit]
    assert metered(pieces, limit, counter) == whole[: fitting[-1]]


@given(st.text("ab", max_size=60), st.integers(1, 40), st.data())
def test_how_it_is_cut_into_pieces_changes_nothing(text: str, limit: int, data: st.DataObject) -> None:
    borders = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    pieces = [text[one:other] for one, other in zip([0, *borders], [*borders, len(text)], strict=True)]
    assert metered(pieces, limit, Pairs()) == metered([text], limit, Pairs())


def test_a_token_over_two_pieces_is_one_token() -> None:
    assert metered(["a", "b", "a", "b"], 2, Pairs()) == "abab"
    assert metered(["a", "b", "a", "b", "a"], 2, Pairs()) == "abab"


def test_a_piece_ends_behind_the_last_whole_token_though_its_middle_is_over() -> None:
    assert metered(["and an and"], 3, small_vocabulary()) == "and a"
    assert metered(["and and and"], 3, small_vocabulary()) == "and and and"
    assert metered(["and andx"], 2, small_vocabulary()) == "and and"


@pytest.mark.parametrize("length", [1_000_000])
def test_a_piece_of_a_megabyte_is_cut_with_few_counts(length: int) -> None:
    counted = list[int]()

    def count(text: str) -> TokenCount:
        counted.append(len(text))
        return UpperEstimate().count(text)

    meter = Meter(1_024, count, UpperEstimate().worst)
    assert len(meter.take("x" * length)) == 1_024 * 100 // 33
    assert len(counted) < 100


def test_on_the_way_few_pieces_are_counted() -> None:
    counted = list[int]()

    def count(text: str) -> TokenCount:
        counted.append(len(text))
        return UpperEstimate().count(text)

    meter = Meter(32_000, count, UpperEstimate().worst)
    for _ in range(20_000):
        meter.take("word")
    assert len(counted) < 40


UNDONE = [*["abcabc"] * 40, *"d" * 60]
"""Each "d" undoes what was one token: the text grows by more than its letters could have."""


@pytest.mark.parametrize("limit", range(30, 110))
def test_a_letter_that_undoes_tokens_before_it_does_not_go_over(limit: int) -> None:
    assert UNDOING.count(metered(UNDONE, limit, UNDOING)).tokens <= limit


def test_without_the_margin_it_would_go_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "_MARGIN", 0)
    texts = {limit: metered(UNDONE, limit, UNDOING) for limit in range(30, 110)}
    assert any(UNDOING.count(text).tokens > limit for limit, text in texts.items())


def test_its_repr_shows_no_text() -> None:
    meter = Meter(9, Pairs().count, Pairs().worst)
    meter.take("secret")
    assert "secret" not in repr(meter)
    assert attrs.has(Meter)
