"""Assignment: golden vectors for other languages, exact borders, ramps that move nobody out."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jackfield.domain.model.assignment import Arm, Seat, Split, basis_point, odds, prefix
from jackfield.domain.model.errors import InvalidInput

UNITS = st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8", exclude_characters="\0"))
SHARES = st.integers(min_value=0, max_value=10_000)


def split(share: int, holdout: int = 0) -> Split:
    return Split(rollout="r-2026-11", salt="pepper", share=share, holdout=holdout)


def point(domain: str, unit: str) -> int:
    return int.from_bytes(sha256(prefix(domain, "r-2026-11", "pepper") + unit.encode()).digest()[:8])


# Made with sha256sum: printf 'arm\0r-2026-11\0pepper\0customer-1' | sha256sum
@pytest.mark.parametrize(
    ("unit", "digits", "bucket", "key"),
    [
        ("customer-1", 0x34AD333E5A66E25F, 2057, "738c15cbd74d488290b1fd40"),
        ("customer-2", 0x8A0384662095672F, 5391, "9e3d0eeaf159ed5da6cc7eb0"),
        ("kund in Ä", 0x2EFAF7772CB83399, 1835, "22ff7b14a6d0e3b13c87c554"),
        ("4711", 0xD1C83A0A0B8ABC0D, 8194, "a1b96afd5dac36a3759fe7b6"),
    ],
)
def test_golden_vectors_of_the_arm(unit: str, digits: int, bucket: int, key: str) -> None:
    assert (point("arm", unit), split(0).seat(unit)) == (digits, Seat(Arm.CONTROL, bucket, key))


@pytest.mark.parametrize(
    ("unit", "digits", "bucket"),
    [
        ("customer-1", 0xB3817146B6E83881, 7011),
        ("customer-2", 0x411614F7687FF401, 2542),
        ("kund in Ä", 0xBAC4242CF7CCFE | 0x30 << 56, 1903),
        ("4711", 0xB88E1B062FF51B37, 7209),
    ],
)
def test_golden_vectors_of_the_inclusion(unit: str, digits: int, bucket: int) -> None:
    held = [split(0, holdout=points).seat(unit).arm is None for points in (bucket, bucket + 1)]
    assert (point("include", unit), held) == (digits, [False, True])


@pytest.mark.parametrize(("share", "arm"), [(2057, Arm.CONTROL), (2058, Arm.TREATMENT)])
def test_a_unit_joins_with_the_share_above_its_bucket(share: int, arm: Arm) -> None:
    assert split(share).seat("customer-1").arm is arm


@given(UNITS, SHARES)
def test_whole_numbers_decide_as_the_exact_fraction_does(unit: str, share: int) -> None:
    exact = Fraction(point("arm", unit), 2**64) < Fraction(share, 10_000)
    assert (split(share).seat(unit).arm is Arm.TREATMENT) is exact


@given(UNITS, SHARES)
def test_whole_numbers_decide_as_floats_do_away_from_the_border(unit: str, share: int) -> None:
    u = point("arm", unit) / 2**64
    assert (split(share).seat(unit).arm is Arm.TREATMENT) is (u < share / 10_000)


def test_a_float_would_leave_the_last_points_out_of_all() -> None:
    last = b"\xff" * 32
    assert (int.from_bytes(last[:8]) / 2**64 < 1.0, basis_point(last) < 10_000) == (False, True)


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_basis_point_is_the_floor_of_the_exact_one(number: int) -> None:
    assert basis_point(number.to_bytes(8)) == Fraction(number * 10_000, 2**64).__floor__()


@given(UNITS, SHARES, SHARES, st.integers(min_value=0, max_value=9_999))
def test_a_greater_share_moves_nobody_out_of_the_treatment(
    unit: str, one: int, other: int, holdout: int
) -> None:
    room = 10_000 - holdout
    low, high = sorted((one % (room + 1), other % (room + 1)))
    before, after = split(low, holdout).seat(unit), split(high, holdout).seat(unit)
    assert before.arm is not Arm.TREATMENT or after.arm is Arm.TREATMENT


@given(UNITS, st.integers(min_value=0, max_value=9_999))
def test_a_share_of_all_that_take_part_leaves_nobody_in_control(unit: str, holdout: int) -> None:
    assert split(10_000 - holdout, holdout).seat(unit).arm is not Arm.CONTROL


@given(UNITS, SHARES)
def test_a_share_of_nobody_takes_nobody(unit: str, holdout: int) -> None:
    assert split(0, holdout).seat(unit).arm is not Arm.TREATMENT


def test_a_holdout_is_independent_of_the_arm() -> None:
    seats = [split(3_000, holdout=4_000).seat(f"unit-{n}") for n in range(20_000)]
    arms = [sum(seat.arm is arm for seat in seats) for arm in (None, Arm.TREATMENT, Arm.CONTROL)]
    assert stats.chisquare(arms, [8_000, 6_000, 6_000]).pvalue > 0.001


def test_one_hash_for_both_would_send_everybody_to_one_arm() -> None:
    included = [f"unit-{n}" for n in range(2_000) if point("include", f"unit-{n}") < 3 * 2**64 // 10]
    blind = {point("include", unit) < 2**63 for unit in included}
    ours = {split(5_000).seat(unit).arm for unit in included}
    assert (blind, ours) == ({True}, {Arm.CONTROL, Arm.TREATMENT})


@pytest.mark.parametrize("share", [500, 5_000, 9_000])
def test_the_treatment_has_its_share(share: int) -> None:
    taken = sum(split(share).seat(f"unit-{n}").arm is Arm.TREATMENT for n in range(20_000))
    assert stats.binomtest(taken, 20_000, share / 10_000).pvalue > 0.001


def test_another_salt_is_another_toss() -> None:
    other = Split(rollout="r-2026-11", salt="salt", share=5_000)
    moved = sum(split(5_000).seat(f"{n}").arm is not other.seat(f"{n}").arm for n in range(2_000))
    assert stats.binomtest(moved, 2_000, 0.5).pvalue > 0.001


@pytest.mark.parametrize(
    ("share", "holdout", "expected"), [(500, 0, 0.05), (500, 5_000, 0.1), (4_000, 6_000, 1.0)]
)
def test_the_odds_are_those_among_the_units_that_take_part(share: int, holdout: int, expected: float) -> None:
    assert split(share, holdout).odds == odds(share, holdout) == expected


@pytest.mark.parametrize("unit", ["", "a\0b", "\0", "\ud800", "x\udfff", "a" * 1_001, None, 7, b"a"])
def test_a_unit_that_cannot_be_told_from_others_is_refused(unit: object) -> None:
    with pytest.raises(InvalidInput, match="1 to 1,000 characters"):
        split(500).seat(unit)  # type: ignore[arg-type]  # what a caller without types may give


@pytest.mark.parametrize("unit", ["a", "a" * 1_000, "😀" * 1_000, " ", "\n", "\x7f"])
def test_any_other_text_is_a_unit(unit: str) -> None:
    assert 0 <= split(500).seat(unit).bucket < 10_000


def test_spellings_of_one_name_are_two_units() -> None:
    assert split(500).seat("é").key != split(500).seat("e\N{COMBINING ACUTE ACCENT}").key


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("share", -1), ("share", 10_001), ("share", 5.0), ("share", True), ("share", "5%"),
        ("holdout", -1), ("holdout", 10_001), ("holdout", None), ("holdout", 9_501),
        ("rollout", ""), ("rollout", "a\0b"), ("rollout", "\ud800"), ("rollout", "a" * 1_001),
        ("salt", ""), ("salt", "\0"), ("salt", None),
    ],
)  # fmt: skip
def test_a_split_that_is_ambiguous_or_more_than_all_is_refused(field: str, value: object) -> None:
    given = {"rollout": "r", "salt": "s", "share": 500, "holdout": 0, field: value}
    with pytest.raises(InvalidInput):
        Split(**given)  # type: ignore[arg-type]  # the wrong ones are the test
