"""Both caches do what every cache must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jackfield.adapters.caching import DiskCache, MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.testing.cache import HOUR, CacheContract
from jackfield.ports.cache import Cache


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def open_cache(self) -> Callable[[FrozenClock], Cache]:
        return MemoryCache


class TestDiskCache(CacheContract):
    @pytest.fixture
    def open_cache(self, tmp_path: Path) -> Iterator[Callable[[FrozenClock], Cache]]:
        opened = list[DiskCache]()

        def open_cache(clock: FrozenClock) -> Cache:
            opened.append(DiskCache(tmp_path / "cache", clock))
            return opened[-1]

        yield open_cache
        for cache in opened:
            cache.close()

    def test_another_process_s_cache_sees_it(
        self, open_cache: Callable[[FrozenClock], Cache], clock: FrozenClock
    ) -> None:
        open_cache(clock).put("acme live one", b"value", HOUR)
        assert open_cache(clock).get("acme live one") == b"value"
