"""Bytes that can be made again, kept at hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol


class Cache(Protocol):
    """Bytes by key, each with a lifetime; safe for threads, and for several processes on one store.

    Losing an entry is never an error: no verb raises, a store that fails or cannot be trusted is a miss.
    A key begins with its organization.
    """

    def get(self, key: str) -> bytes | None:
        """Return the live value under *key*, or None."""
        ...

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep *value* for at most *lifetime*, in the place of an earlier one."""
        ...

    def drop(self, key: str) -> None:
        """Forget *key*, if it is there."""
        ...

    def close(self) -> None:
        """Let go of the store; closing twice is fine."""
        ...
