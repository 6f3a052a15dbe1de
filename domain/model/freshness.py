"""Where an answer was taken from, and how far it can be trusted."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import frozen


class Source(StrEnum):
    """Where this very answer was taken from."""

    MEMORY = "memory"
    DISK = "disk"
    LEDGER = "ledger"
    PLATFORM = "platform"
    FALLBACK = "fallback"


class Freshness(StrEnum):
    """Whether it still holds: just looked up, overdue for a little, all that is left, or not known at all."""

    FRESH = "fresh"
    STALE = "stale"
    LAST_KNOWN_GOOD = "last known good"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Patience:
    """How long an answer may be used unasked.

    `pause` is how long nobody asks again after a refusal, `stale` how long an overdue version may be given
    while somebody else is asking, `wait` how long whoever has something at hand waits for a new answer, and
    `look` how long anybody waits for one look: then another is made.
    """

    pause: timedelta = timedelta(seconds=0.5)
    stale: timedelta = timedelta(seconds=60)
    wait: timedelta = timedelta(seconds=0.2)
    look: timedelta = timedelta(seconds=10)
