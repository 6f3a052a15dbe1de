"""What every cache must do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.ports.cache import Cache

HOUR: Final = timedelta(hours=1)
KEY: Final = "acme live escalation"
ODD_KEYS: Final = (
    "",
    'acme live it\'s "quoted" \\ and `so` on',
    "'; DROP TABLE Cache; --",
    "Größe 日本語 🚀",
    "nul\x00end",
    "%_?:name",
    "../../outside",
    "k" * 2_000,
)
ODD_VALUES: Final = (b"", b"\x00", b"\x80\x04K\x01.", bytes(range(256)) * 100)


class CacheContract:
    """Provide a fixture `open_cache`, which opens one and the same store by a clock; inherit the tests."""

    @pytest.fixture
    def clock(self) -> FrozenClock:
        """The time by which entries end."""
        return FrozenClock()

    @pytest.fixture
    def cache(self, open_cache: Callable[[FrozenClock], Cache], clock: FrozenClock) -> Cache:
        """An empty cache."""
        return open_cache(clock)

    def test_what_was_never_put_is_a_miss(self, cache: Cache) -> None:
        assert cache.get(KEY) is None

    @pytest.mark.parametrize("value", ODD_VALUES, ids=len)
    def test_gives_back_the_bytes_that_were_put(self, cache: Cache, value: bytes) -> None:
        cache.put(KEY, value, HOUR)
        assert cache.get(KEY) == value

    def test_keeps_keys_apart(self, cache: Cache) -> None:
        for number, key in enumerate(ODD_KEYS):
            cache.put(key, b"%d" % number, HOUR)
        assert [cache.get(key) for key in ODD_KEYS] == [b"%d" % n for n in range(len(ODD_KEYS))]

    def test_a_later_value_takes_the_place_of_an_earlier_one(self, cache: Cache) -> None:
        cache.put(KEY, b"one", HOUR)
        cache.put(KEY, b"two", HOUR)
        assert cache.get(KEY) == b"two"

    def test_a_value_ends_with_its_lifetime(self, cache: Cache, clock: FrozenClock) -> None:
        cache.put(KEY, b"value", HOUR)
        clock.advance(HOUR - timedelta(seconds=1))
        before = cache.get(KEY)
        clock.advance(timedelta(seconds=1))
        assert (before, cache.get(KEY)) == (b"value", None)

    @pytest.mark.parametrize("lifetime", [timedelta(), -HOUR])
    def test_a_lifetime_that_is_over_keeps_nothing(self, cache: Cache, lifetime: timedelta) -> None:
        cache.put(KEY, b"old", HOUR)
        cache.put(KEY, b"value", lifetime)
        assert cache.get(KEY) is None

    def test_what_was_dropped_is_a_miss(self, cache: Cache) -> None:
        cache.put(KEY, b"value", HOUR)
        cache.drop(KEY)
        assert cache.get(KEY) is None

    def test_dropping_what_is_not_there_is_no_error(self, cache: Cache) -> None:
        cache.drop(KEY)
        assert cache.get(KEY) is None

    def test_a_key_that_utf8_cannot_carry_raises_nothing(self, cache: Cache) -> None:
        cache.put("\ud800", b"value", HOUR)
        cache.drop("\ud800")
        assert cache.get("\ud800") is None

    def test_a_value_too_large_for_it_raises_nothing(self, cache: Cache) -> None:
        cache.put(KEY, b"old", HOUR)
        cache.put(KEY, b"x" * 2**25, HOUR)
        assert cache.get(KEY) is None

    def test_a_value_too_large_for_it_makes_no_room_for_itself(self, cache: Cache) -> None:
        cache.put("acme other", b"other", HOUR)
        cache.put(KEY, b"x" * 2**25, HOUR)
        assert cache.get("acme other") == b"other"

    def test_room_is_made_for_what_comes_later(self, cache: Cache) -> None:
        for number in range(400):
            cache.put(f"acme live {number}", b"x" * 60_000, HOUR)
        assert (cache.get("acme live 0"), cache.get("acme live 399")) == (None, b"x" * 60_000)

    def test_closing_twice_is_fine(self, cache: Cache) -> None:
        cache.close()
        cache.close()

    def test_after_it_was_closed_no_verb_raises(self, cache: Cache) -> None:
        cache.close()
        cache.put("acme other", b"value", HOUR)
        cache.drop(KEY)
        cache.get(KEY)

    def test_threads_share_it(self, cache: Cache) -> None:
        def work(thread: int) -> None:
            for number in range(20):
                cache.put(f"acme {thread} {number}", b"%d" % number, HOUR)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = {cache.get(f"acme {t} {n}") == b"%d" % n for t in range(8) for n in range(20)}
        assert found == {True}
