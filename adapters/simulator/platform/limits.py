"""Rate limits: requests counted in windows that begin with the first one and move with the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from attrs import field, frozen
from attrs.validators import ge

from jackfield.adapters.simulator.platform.answers import Rejection
from jackfield.adapters.simulator.store import Transaction

WINDOWS: Final = "windows"

_EACH_CALLER: Final = "client.credentials.token.rate.per.minute"
_AI_CONFIGURATION: Final = "organization.ai.configuration.rate.per.minute"


def _some(_instance: object, _attribute: Any, value: timedelta) -> None:
    if value <= timedelta():
        raise ValueError("a window lasts longer than nothing")


@frozen(kw_only=True)
class RateLimits:
    """Requests a window: for each token, and for the organization's AI configuration endpoints."""

    per_token: int = field(default=300, validator=ge(1))
    ai_configuration: int = field(default=100, validator=ge(1))
    window: timedelta = field(default=timedelta(minutes=1), validator=_some)


@frozen
class Meter:
    """One thing that is counted: the window's key in the store, its limit, and the limit's public name."""

    key: str
    allowed: int
    name: str


@frozen
class Reading:
    """How far one meter has come, as the headers tell it; `reset` is the seconds to the window's end."""

    count: int
    allowed: int
    reset: int
    name: str

    def headers(self) -> dict[str, str]:
        """Return the three headers that every response carries."""
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset),
        }


@frozen
class Limiter:
    """Counts what the limits allow; without limits it counts nothing."""

    limits: RateLimits | None

    def idle(self) -> Reading:
        """Return the reading of a response that nothing was counted for."""
        limits = self.limits or RateLimits()
        return Reading(0, limits.per_token, math.ceil(limits.window.total_seconds()), _EACH_CALLER)

    def meters(self, owner: str, *, configures: bool) -> Sequence[Meter]:
        """Return what a request of the token or client *owner* counts for."""
        if self.limits is None:
            return ()
        own = Meter(owner, self.limits.per_token, _EACH_CALLER)
        if not configures:
            return (own,)
        shared = self.limits.ai_configuration
        return (own, Meter("organization", shared, _AI_CONFIGURATION))

    def count(self, state: Transaction, now: float, meters: Sequence[Meter]) -> Reading:
        """Count one request for every meter; refuse it, counting nothing, when one of them is full."""
        windows = [self._window(state, now, meter) for meter in meters]
        full = [
            self._reading(m, w, now) for m, w in zip(meters, windows, strict=True) if w["count"] >= m.allowed
        ]
        if full:
            raise TooMany(max(full, key=lambda reading: reading.reset))
        for meter, window in zip(meters, windows, strict=True):
            window["count"] += 1
            state.put(WINDOWS, meter.key, window)
        readings = (self._reading(m, w, now) for m, w in zip(meters, windows, strict=True))
        return min(readings, key=lambda reading: reading.allowed - reading.count, default=self.idle())

    def _window(self, state: Transaction, now: float, meter: Meter) -> dict[str, Any]:
        held = state.get(WINDOWS, meter.key)
        if held is None or not held["start"] <= now < held["start"] + self._length:
            return {"start": now, "count": 0}
        return dict(held)

    def _reading(self, meter: Meter, window: dict[str, Any], now: float) -> Reading:
        left = window["start"] + self._length - now
        # A float's noise on a whole second is not a second more.
        return Reading(window["count"], meter.allowed, max(1, math.ceil(round(left, 6))), meter.name)

    @property
    def _length(self) -> float:
        return 0.0 if self.limits is None else self.limits.window.total_seconds()


class TooMany(Rejection):
    """The no to a request over the limit, which says when to come back."""

    def __init__(self, reading: Reading) -> None:
        seconds = str(reading.reset)
        super().__init__(
            "too.many.requests.retry.after",
            headers={"retry-after": seconds, **reading.headers()},
            limit={"key": reading.name, "namespace": "platform.api", "value": reading.allowed},
            seconds=seconds,
        )
