"""What every adapter that gives leases must do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final, TypeAlias

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.subjects import Organization
from jackfield.ports.leases import Lease, Leases

OpenLeases: TypeAlias = Callable[[], Leases]

OTHER: Final = Organization("globex")
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
_THREADS: Final = 8
_TRIES: Final = 25


def take(leases: Leases, holder: str = "a", *, name: str = "job", limit: int = 1) -> Lease | None:
    """Ask for a lease of a minute."""
    return leases.acquire(ORGANIZATION, name, holder=holder, lifetime=MINUTE, limit=limit)


def taken(leases: Leases, holder: str = "a", *, name: str = "job", limit: int = 1) -> Lease:
    """Ask for a lease of a minute that must be free."""
    lease = take(leases, holder, name=name, limit=limit)
    assert lease is not None
    return lease


class LeasesContract:
    """Provide the fixtures `clock` (as here, which the leases must go by) and `open_leases`, which opens one
    and the same empty store, and inherit the tests."""

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    @pytest.fixture
    def one(self, open_leases: OpenLeases) -> Leases:
        return open_leases()

    def test_a_lease_says_what_was_asked_for(self, one: Leases, clock: FrozenClock) -> None:
        lease = taken(one)
        assert (lease.organization, lease.name, lease.holder) == (ORGANIZATION, "job", "a")
        assert lease.expires == clock.now() + MINUTE

    def test_nobody_gets_what_is_held(self, one: Leases) -> None:
        taken(one)
        assert take(one, "b") is None

    def test_the_same_holder_twice_is_two_leases(self, one: Leases) -> None:
        assert [bool(take(one, limit=2)) for _ in range(3)] == [True, True, False]

    @pytest.mark.parametrize("limit", [1, 2, 7])
    def test_as_many_are_given_as_the_limit_says(self, one: Leases, limit: int) -> None:
        given = [take(one, str(n), limit=limit) for n in range(limit + 2)]
        assert [lease is not None for lease in given] == [True] * limit + [False, False]

    def test_a_lower_limit_counts_those_given_before(self, one: Leases) -> None:
        first, second = taken(one, limit=2), taken(one, limit=2)
        assert take(one, limit=1) is None
        one.release(first)
        assert take(one, limit=1) is None
        one.release(second)
        assert take(one, limit=1) is not None

    def test_what_is_given_back_is_free(self, one: Leases) -> None:
        one.release(taken(one))
        assert take(one, "b") is not None

    def test_what_expires_is_free_at_that_moment(self, one: Leases, clock: FrozenClock) -> None:
        taken(one)
        clock.advance(MINUTE - timedelta(microseconds=1))
        assert take(one, "b") is None
        clock.advance(timedelta(microseconds=1))
        assert take(one, "b") is not None

    def test_tokens_rise_whatever_became_of_the_leases(self, one: Leases, clock: FrozenClock) -> None:
        first = taken(one)
        one.release(first)
        second = taken(one)
        clock.advance(MINUTE)
        third, fourth = taken(one, limit=2), taken(one, limit=2)
        one.release(fourth)
        one.release(third)
        tokens = [lease.token for lease in (first, second, third, fourth, taken(one))]
        assert tokens == sorted(set(tokens))

    def test_tokens_rise_from_one_opening_to_the_next(self, open_leases: OpenLeases) -> None:
        before = open_leases()
        first = taken(before)
        before.release(first)
        assert taken(open_leases()).token > first.token

    def test_a_renewed_lease_lasts_from_now(self, one: Leases, clock: FrozenClock) -> None:
        lease = taken(one)
        clock.advance(MINUTE - SECOND)
        renewed = one.renew(lease, MINUTE)
        assert renewed == evolve(lease, expires=clock.now() + MINUTE)
        clock.advance(MINUTE - SECOND)
        assert take(one, "b") is None

    def test_a_renewal_can_shorten(self, one: Leases, clock: FrozenClock) -> None:
        one.renew(taken(one), SECOND)
        clock.advance(SECOND)
        assert take(one, "b") is not None

    def test_what_expired_cannot_be_renewed(self, one: Leases, clock: FrozenClock) -> None:
        lease = taken(one)
        clock.advance(MINUTE)
        with pytest.raises(Conflict, match="lease job: the lease has expired or was given back"):
            one.renew(lease, MINUTE)

    def test_what_was_given_back_cannot_be_renewed(self, one: Leases) -> None:
        lease = taken(one)
        one.release(lease)
        with pytest.raises(Conflict):
            one.renew(lease, MINUTE)

    def test_what_another_has_now_cannot_be_renewed(self, one: Leases, clock: FrozenClock) -> None:
        lost = taken(one)
        clock.advance(MINUTE)
        other = taken(one, "b")
        with pytest.raises(Conflict):
            one.renew(lost, MINUTE)
        assert list(one.held(ORGANIZATION, "job")) == [other]

    def test_giving_back_what_was_lost_takes_it_from_nobody(self, one: Leases, clock: FrozenClock) -> None:
        lost = taken(one)
        clock.advance(MINUTE)
        other = taken(one, "b")
        one.release(lost)
        one.release(lost)
        assert list(one.held(ORGANIZATION, "job")) == [other]

    def test_those_held_are_listed_oldest_first(self, one: Leases, clock: FrozenClock) -> None:
        first = taken(one, limit=3)
        clock.advance(SECOND)
        second, third = taken(one, "b", limit=3), taken(one, "a", limit=3)
        assert list(one.held(ORGANIZATION, "job")) == [first, second, third]
        clock.advance(MINUTE - SECOND)
        assert list(one.held(ORGANIZATION, "job")) == [second, third]

    def test_names_and_organizations_never_mix(self, one: Leases) -> None:
        mine = taken(one)
        assert taken(one, name="job ").token == taken(one, name="Job").token == mine.token
        theirs = one.acquire(OTHER, "job", holder="a", lifetime=MINUTE)
        assert theirs is not None
        one.release(evolve(mine, organization=OTHER, token=mine.token + 1))
        assert list(one.held(OTHER, "job")) == [theirs]
        assert list(one.held(ORGANIZATION, "job")) == [mine]

    @pytest.mark.parametrize("text", ["", 'it\'s "quoted" \\', "日本語 🚀", "a\x00b", "x" * 2_000])
    def test_odd_texts_come_back_as_they_were(self, one: Leases, text: str) -> None:
        lease = taken(one, text, name=text)
        assert list(one.held(ORGANIZATION, text)) == [lease]

    def test_a_text_that_utf8_cannot_carry_is_refused(self, one: Leases) -> None:
        with pytest.raises(InvalidInput):
            take(one, "\ud800")
        with pytest.raises(InvalidInput):
            take(one, name="\ud800")

    @pytest.mark.parametrize("lifetime", [timedelta(), -SECOND, timedelta.max])
    def test_a_lifetime_that_is_none_is_refused(self, one: Leases, lifetime: timedelta) -> None:
        with pytest.raises(InvalidInput, match="lifetime"):
            one.acquire(ORGANIZATION, "job", holder="a", lifetime=lifetime)
        with pytest.raises(InvalidInput, match="lifetime"):
            one.renew(taken(one), lifetime)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_that_is_none_is_refused(self, one: Leases, limit: int) -> None:
        with pytest.raises(InvalidInput, match="limit"):
            take(one, limit=limit)

    def test_a_clock_that_steps_back_prolongs_the_wait(self, one: Leases, clock: FrozenClock) -> None:
        lease = taken(one)
        clock.step(-timedelta(hours=1))
        clock.advance(MINUTE)
        assert take(one, "b") is None
        assert list(one.held(ORGANIZATION, "job")) == [lease]
        clock.advance(timedelta(hours=1))
        assert take(one, "b") is not None

    def test_what_was_lost_does_not_come_back_with_an_earlier_time(
        self, one: Leases, clock: FrozenClock
    ) -> None:
        lost = taken(one)
        clock.step(timedelta(hours=1))
        other = taken(one, "b")
        clock.step(-timedelta(hours=1))
        assert list(one.held(ORGANIZATION, "job")) == [other]
        with pytest.raises(Conflict):
            one.renew(lost, MINUTE)

    def test_two_openings_share_the_leases(self, open_leases: OpenLeases) -> None:
        here, there = open_leases(), open_leases()
        lease = taken(here)
        assert take(there) is None
        there.release(lease)
        assert taken(here, "b").token > lease.token

    def test_threads_never_hold_more_than_the_limit(self, open_leases: OpenLeases) -> None:
        inside = threading.Semaphore(3)
        stores = [open_leases(), open_leases()]

        def work(number: int) -> int:
            leases, given = stores[number % 2], 0
            for _ in range(_TRIES):
                lease = take(leases, str(number), limit=3)
                if lease is None:
                    continue
                assert inside.acquire(blocking=False)
                given += 1
                inside.release()
                leases.release(lease)
            return given

        with ThreadPoolExecutor(_THREADS) as threads:
            assert sum(threads.map(work, range(_THREADS))) > 0
        assert list(stores[0].held(ORGANIZATION, "job")) == []
