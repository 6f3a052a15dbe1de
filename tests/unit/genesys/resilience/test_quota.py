from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.genesys.resilience.quota import RetryQuota


def test_retries_are_paid_for_until_the_bucket_is_empty() -> None:
    quota = RetryQuota(500)
    assert sum(quota.take(14) for _ in range(500)) == 35


def test_a_retry_that_cannot_be_paid_takes_nothing() -> None:
    quota = RetryQuota(10)
    quota.take(14)
    assert quota.left == 10


def test_what_a_successful_call_held_comes_back() -> None:
    quota = RetryQuota(500)
    quota.take(14)
    quota.take(14)
    quota.succeeded(28)
    assert quota.left == 500


def test_a_clean_success_earns_one() -> None:
    quota = RetryQuota(500)
    quota.take(14)
    quota.succeeded(0)
    assert quota.left == 487


@given(steps=st.lists(st.one_of(st.just(-14), st.just(-5), st.integers(0, 60)), max_size=60))
def test_the_bucket_never_holds_less_than_nothing_or_more_than_it_can(steps: list[int]) -> None:
    quota = RetryQuota(100)
    for step in steps:
        if step < 0:
            quota.take(-step)
        else:
            quota.succeeded(step)
        assert 0 <= quota.left <= 100
