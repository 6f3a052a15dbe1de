"""A cache in this process's memory, bounded by entries and bytes."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from attrs import define, field

from jackfield.ports.clock import Clock


@define
class MemoryCache:
    """Bytes by key; the entry that was put longest ago makes room. Safe for threads."""

    clock: Clock
    most_entries: int = field(default=1_000, kw_only=True)
    most_bytes: int = field(default=16 * 2**20, kw_only=True)
    _entries: OrderedDict[str, tuple[datetime, bytes]] = field(
        factory=OrderedDict[str, "tuple[datetime, bytes]"], init=False
    )
    _bytes: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def get(self, key: str) -> bytes | None:
        """Return the live value under *key*, or None."""
        found = self._entries.get(key)
        return None if found is None or found[0] <= self.clock.now() else found[1]

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep *value* for at most *lifetime*; one larger than the whole cache is let go."""
        with self._lock:
            self._remove(key)
            if len(value) > self.most_bytes:
                return
            self._entries[key] = self.clock.now() + lifetime, value
            self._bytes += len(value)
            while len(self._entries) > self.most_entries or self._bytes > self.most_bytes:
                self._remove(next(iter(self._entries)))

    def drop(self, key: str) -> None:
        """Forget *key*, if it is there."""
        with self._lock:
            self._remove(key)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _remove(self, key: str) -> None:
        found = self._entries.pop(key, None)
        self._bytes -= 0 if found is None else len(found[1])
