"""How much of a token's rate is left, read from the platform's headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import Final

from attrs import define

_COUNT: Final = "inin-ratelimit-count"
_ALLOWED: Final = "inin-ratelimit-allowed"
_RESET: Final = "inin-ratelimit-reset"

_NUMBER: Final = re.compile(r"[0-9]{1,7}")
_LONGEST_WINDOW_S: Final = 3_600


@define
class Pace:
    """What is known of the running window: requests counted and allowed, and its end (monotonic seconds).

    A share of the window (`reserve`) is left alone by bulk work, for people. Not safe for threads.
    """

    reserve: float
    count: int = 0
    allowed: int = 0
    ends: float = -inf
    length: float = 0.0

    def hear(self, headers: Mapping[str, str], now: float) -> None:
        """Learn from an answer; the fullest of the platform's windows counts, and nonsense does not."""
        if _ALLOWED not in headers:
            return
        count, allowed, reset = (_number(headers.get(name)) for name in (_COUNT, _ALLOWED, _RESET))
        if count is None or not allowed or not reset or reset > _LONGEST_WINDOW_S:
            return
        over = now >= self.ends
        if not over and allowed - count > self.allowed - self.count:
            return  # an older answer, or another window that has more room
        ends = now + reset
        self.ends = ends if over or allowed != self.allowed else min(ends, self.ends)
        self.count, self.allowed, self.length = count, allowed, float(reset)

    def delay(self, now: float, under_way: int, *, bulk: bool) -> float:
        """Return the seconds until one more may be sent: 0, or `inf` for once an answer has come."""
        if not self.allowed:
            return 0.0
        most = self.most(bulk=bulk)
        counted = self.count if now < self.ends else 0
        if counted >= most:
            return self.ends - now
        return 0.0 if counted + under_way < most else inf

    def most(self, *, bulk: bool) -> int:
        """Return how many requests of a window may be used."""
        return max(1, self.allowed - int(self.allowed * self.reserve)) if bulk else max(1, self.allowed)

    def used(self, now: float) -> float:
        """Return the share of the window that is used up."""
        return self.count / self.allowed if self.allowed and now < self.ends else 0.0


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None
