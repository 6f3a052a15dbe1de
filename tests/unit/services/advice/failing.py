"""A shared cache that a test locks, as a process that hangs in a write does."""

from __future__ import annotations

from datetime import timedelta

from attrs import define, field

from jackfield.adapters.caching import MemoryCache
from jackfield.ports.cache import Look


@define
class LockedCache(MemoryCache):
    """Nothing is written while it is `locked`, and nothing read while it is `away`."""

    locked: bool = field(default=False, kw_only=True)
    away: bool = field(default=False, kw_only=True)

    def look(self, key: str) -> Look:
        """Look, if it is there."""
        return Look(failed=True) if self.away else Look(super().get(key))

    def get(self, key: str) -> bytes | None:
        """Look, if it is there."""
        return self.look(key).value

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep it, or lose it without a word."""
        if not self.locked:
            super().put(key, value, lifetime)

    def drop(self, key: str) -> None:
        """Forget it, or not."""
        if not self.locked:
            super().drop(key)

    def close(self) -> None:
        """Leave it to the others who share it."""
