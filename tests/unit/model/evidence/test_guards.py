"""Guards: limits that make no sense are refused where they are written."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.guards import Guard

_NONSENSE = [float("nan"), float("inf"), -0.01, "0.02", True, [0.02], 10**400]


@pytest.mark.parametrize(
    "name", ["success_margin", "tolerance", "alpha", "latency_ratio", "token_ratio", "stale_seconds"]
)
@pytest.mark.parametrize("value", _NONSENSE, ids=lambda value: str(value)[:9])
def test_what_is_no_sensible_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Guard(**{name: value})
    assert caught.value.place == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("success_margin", 0), ("success_margin", 1.1), ("success_margin", None), ("tolerance", 1.1),
        ("alpha", 0), ("alpha", 0.51), ("alpha", 5), ("latency_ratio", 0), ("token_ratio", 0),
        ("stale_seconds", 0),        ("stale_seconds", 60.5), ("stale_seconds", 10**9),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        Guard(**{name: value})


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("success_margin", "as fractions"),
        ("alpha", "as fractions"),
        ("latency_ratio", "write 1.2 for a fifth more"),
        ("token_ratio", "write 1.2 for a fifth more"),
        ("stale_seconds", "write 3600 for an hour"),
    ],
)
def test_what_is_out_of_range_is_told_in_its_own_terms(name: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Guard(**{name: 0})
    assert remedy in caught.value.remedy


def test_the_limit_of_a_duration_is_told_in_whole_seconds() -> None:
    with pytest.raises(InvalidInput, match="it is a number of seconds from 1 to 31,622,400, a year"):
        Guard(stale_seconds=0)


def test_a_whole_number_is_kept_as_a_float_so_that_it_is_spelled_in_one_way() -> None:
    guard = Guard(success_margin=1, latency_ratio=2)
    assert (str(guard.success_margin), str(guard.latency_ratio)) == ("1.0", "2.0")
