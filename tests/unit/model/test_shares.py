"""Shares: exact percentages become basis points, everything else is refused."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.shares import checked_share, parse_share, share_text


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("5%", 500),
        ("0.5%", 50),
        ("25 %", 2_500),
        ("100%", 10_000),
        ("100.00%", 10_000),
        ("0%", 0),
        ("0.01%", 1),
        ("05%", 500),
        ("33.33 %", 3_333),
    ],
)
def test_a_percentage_is_a_share(text: str, points: int) -> None:
    assert parse_share(text) == points


@pytest.mark.parametrize(
    "text",
    [
        "5", "0.05", "", "%", ".5%", "5.%", "0.005%", "-5%", "+5%", "5,5%", "5%%", " 5%", "5% ", "5  %",
        "1e1%", "nan%", "inf%", "\N{ARABIC-INDIC DIGIT FIVE}%",
        "5\0%", "\ud800%", "9" * 5_000 + "%", 5, 0.05, None, True, ["5%"], b"5%",
    ],
)  # fmt: skip
def test_what_is_no_plain_percentage_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput, match="is not a share"):
        parse_share(text)


@pytest.mark.parametrize("text", ["100.01%", "101%", "999.99%"])
def test_more_than_all_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is more than all; write a percentage from 0% to 100%"):
        parse_share(text)


def test_the_message_names_the_place_and_what_would_be_right() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_share("0.05", place="shares[0]")
    assert str(caught.value) == (
        "shares[0]: '0.05' is not a share; write a percentage from 0% to 100% with at most two decimals,"
        " like 5% or 0.25%"
    )


@pytest.mark.parametrize("points", [-1, 10_001, 5.0, True, "500", None, float("nan")])
def test_points_outside_the_range_or_not_whole_are_refused(points: object) -> None:
    with pytest.raises(InvalidInput):
        checked_share(points)


@given(st.integers(min_value=0, max_value=10_000))
def test_every_share_is_read_back_from_its_text(points: int) -> None:
    assert parse_share(share_text(points)) == points


@given(st.integers(min_value=0, max_value=10_000))
def test_a_share_is_written_exactly(points: int) -> None:
    assert Decimal(share_text(points).removesuffix("%")) * 100 == points


@given(st.text())
def test_any_other_text_raises_our_error_alone(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert 0 <= parse_share(text) <= 10_000
