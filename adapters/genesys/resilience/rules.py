"""The numbers of the transport policy; the defaults are those of `wire.md` §2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import isfinite
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_Check: TypeAlias = Callable[[object, Any, float], None]
_LONGEST_S: Final = 3_600.0


def _within(least: float, most: float) -> _Check:
    def check(_instance: object, attribute: Any, value: float) -> None:
        if not isfinite(value) or not least <= value <= most:
            raise InvalidInput(f"{attribute.name} is {least:g} to {most:g}, not {value:g}")

    return check


def _seconds(default: float, least: float = 0.0) -> float:
    number: float = field(default=default, validator=_within(least, _LONGEST_S))
    return number


def _count(default: int, least: int, most: int) -> int:
    number: int = field(default=default, validator=_within(least, most))
    return number


def _share(default: float, least: float, most: float) -> float:
    number: float = field(default=default, validator=_within(least, most))
    return number


@frozen(kw_only=True)
class CallRules:
    """How calls are bounded, repeated, queued and refused; `_s` are seconds, shares are fractions of 1.

    A number out of its range is `InvalidInput`, which names it.
    """

    connect_timeout_s: float = _seconds(5.0, 0.01)
    read_timeout_s: float = _seconds(15.0, 0.01)
    token_timeout_s: float = _seconds(10.0, 0.01)
    deadline_s: float = _seconds(90.0, 0.01)
    person_deadline_s: float = _seconds(20.0, 0.01)
    retries: int = _count(3, 0, 20)
    retry_after_limit_s: float = _seconds(60.0)
    throttled_base_s: float = _seconds(2.0)
    throttled_limit_s: float = _seconds(30.0)
    failed_base_s: float = _seconds(5.0)
    unreached_base_s: float = _seconds(1.0)
    backoff_limit_s: float = _seconds(30.0)
    quota: int = _count(500, 0, 1_000_000)
    quota_retry: int = _count(14, 0, 1_000_000)
    quota_throttled: int = _count(5, 0, 1_000_000)
    queue: int = _count(200, 0, 100_000)
    reserve: float = _share(0.1, 0.0, 0.9)
    breaker_window_s: float = _seconds(10.0, 0.01)
    breaker_calls: int = _count(10, 1, 1_000)
    breaker_share: float = _share(0.5, 0.01, 1.0)
    breaker_row: int = _count(5, 1, 1_000_000)
    breaker_pause_s: float = _seconds(30.0)
    breaker_probes: int = _count(1, 1, 100)

    def deadline(self, *, bulk: bool) -> timedelta:
        """Return how long a whole call may take: of bulk work, or where a person waits."""
        return timedelta(seconds=self.deadline_s if bulk else self.person_deadline_s)

    @property
    def connect_timeout(self) -> timedelta:
        """How long a connection may take."""
        return timedelta(seconds=self.connect_timeout_s)

    @property
    def read_timeout(self) -> timedelta:
        """How long each piece of an answer may take."""
        return timedelta(seconds=self.read_timeout_s)

    @property
    def token_timeout(self) -> timedelta:
        """How long each piece of a token's answer may take."""
        return timedelta(seconds=self.token_timeout_s)
