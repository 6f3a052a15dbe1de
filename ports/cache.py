"""Bytes that can be made again, kept at hand."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, Protocol, runtime_checkable


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


class Look(NamedTuple):
    """What a look found: the live value, or None; where it `failed` nobody knows what is there."""

    value: bytes | None = None
    failed: bool = False


@runtime_checkable
class Telling(Protocol):
    """A cache that tells whether it could look: what is absent from what could not be read."""

    def look(self, key: str) -> Look:
        """Return what is under *key*; what stands there and is not ours as it is, for who checks it."""
        ...


def look(cache: Cache | None, key: str) -> Look:
    """Look for *key*; where the cache cannot tell, or there is none, a miss is taken for absent."""
    asked: object = cache
    if isinstance(asked, Telling):
        return asked.look(key)
    return Look(None if cache is None else cache.get(key))
