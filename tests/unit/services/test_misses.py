"""What the platform does not have, as all processes here know it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from attrs import define, field

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts.live.misses import Misses

ORG: Final = organization("acme")
DAY: Final = timedelta(days=1)
GOOD: Final = b'{"kind":"missing","row":1,"until":"2026-01-01T00:00:05.000000Z","why":""}'


@define
class Shared:
    """One cache, and the time."""

    clock: FrozenClock = field(factory=FrozenClock)
    cache: MemoryCache = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.cache = MemoryCache(self.clock)

    def misses(self, *, most: float = 30.0) -> Misses:
        """As another process has them."""
        return Misses(ORG, self.cache, self.clock, timedelta(seconds=most))

    def holds(self) -> float:
        """Let time pass until the miss does not hold any more, and return how long that took."""
        before = self.clock.monotonic()
        while self.misses().recent("a") is not None:
            self.clock.advance(timedelta(seconds=0.5))
        return self.clock.monotonic() - before


@pytest.fixture
def shared() -> Shared:
    return Shared()


def test_a_miss_is_known_to_others(shared: Shared) -> None:
    shared.misses().missing("a")
    assert shared.misses().recent("a") is not None


def test_it_is_of_one_prompt(shared: Shared) -> None:
    shared.misses().missing("a")
    assert shared.misses().recent("b") is None


def test_each_of_a_row_holds_longer_up_to_half_a_minute(shared: Shared) -> None:
    held = list[float]()
    for _ in range(5):
        shared.misses().missing("a")
        held.append(shared.holds())
    assert held == [5, 10, 20, 30, 30]


def test_that_no_answer_came_holds_up_to_ten_seconds(shared: Shared) -> None:
    held = list[float]()
    for _ in range(6):
        shared.misses().failed("a", Unavailable("away"))
        held.append(shared.holds())
    assert held == [1, 2, 4, 8, 10, 10]


def test_it_holds_no_longer_than_an_answer_would(shared: Shared) -> None:
    shared.misses(most=0.5).missing("a")
    assert shared.holds() == 0.5


def test_what_was_found_begins_a_new_row(shared: Shared) -> None:
    for _ in range(3):
        shared.misses().missing("a")
    shared.misses().found("a")
    shared.misses().missing("a")
    assert shared.holds() == 5


def test_a_prompt_that_is_missing_is_no_error(shared: Shared) -> None:
    shared.misses().missing("a")
    miss = shared.misses().recent("a")
    assert miss is not None
    miss.refuse("a")


def test_an_answer_that_did_not_come_is_told_with_its_reason_on_one_line(shared: Shared) -> None:
    shared.misses().failed("a", Unavailable("away\x1b[2J\nfor " + "long" * 100))
    miss = shared.misses().recent("a")
    assert miss is not None
    with pytest.raises(
        Unavailable, match=r"^prompt a: the platform was asked a moment ago: away\?\[2J\?for long"
    ):
        miss.refuse("a")


def test_a_clock_that_is_set_back_makes_it_hold_no_longer(shared: Shared) -> None:
    shared.misses().missing("a")
    shared.clock.step(-DAY)
    assert shared.misses().recent("a") is None


def test_the_entry_of_these_tests_is_one(shared: Shared) -> None:
    shared.cache.put(f"{ORG} live-missed a", GOOD, DAY)
    assert shared.misses().recent("a") is not None


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        GOOD.replace(b'"missing"', b'"gone"'),
        GOOD.replace(b'"missing"', b"[]"),
        GOOD.replace(b":1,", b":0,"),
        GOOD.replace(b":1,", b':"1",'),
        GOOD.replace(b":1,", b":1.5,"),
        GOOD.replace(b'""', b"7"),
        GOOD.replace(b"05.000000Z", b"05.000000"),
        GOOD.replace(b"2026-01-01T00:00:05.000000Z", b"0001-01-01T00:00:00+14:00"),
        GOOD.replace(b"2026", b"9999"),
    ],
)
def test_an_entry_that_does_not_fit_is_none(shared: Shared, entry: bytes) -> None:
    shared.cache.put(f"{ORG} live-missed a", entry, DAY)
    assert shared.misses().recent("a") is None
