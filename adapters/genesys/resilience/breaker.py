"""A circuit breaker: calls to what failed too often fail at once, until a few probes have shown it well."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from math import inf
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.domain.model.errors import BreakerOpen
from jackfield.ports.clock import Clock


class State(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@frozen(kw_only=True)
class Reading:
    """A breaker at one moment; `probed_in_s` are the seconds until an open one lets a probe through."""

    host: str
    operation: str
    state: State
    probed_in_s: float = 0.0


Heard: TypeAlias = Callable[[Reading], None]

_MOST_CALLS: Final = 1_000
"""How many calls the window remembers; of a busier one, the newest."""


class Breaker:
    """The breaker of one class of calls to one host; its lock is never held during a call.

    Each change of state begins an epoch; how a call of an older epoch ended says nothing of this one.
    """

    def __init__(self, clock: Clock, rules: CallRules, heard: Heard, *, host: str, operation: str) -> None:
        self._clock = clock
        self._rules = rules
        self._heard = heard
        self._host = host
        self._operation = operation
        self._lock = threading.Lock()
        self._epoch = -1
        self._row = 0
        self._probed_last = inf
        self._why = ""
        self._begin(State.CLOSED)

    def reading(self) -> Reading:
        """Return the state of this moment."""
        left = max(0.0, self._probed_at - self._clock.monotonic())
        return Reading(host=self._host, operation=self._operation, state=self._state, probed_in_s=left)

    def refuse(self) -> None:
        """Raise `BreakerOpen` if a call could not be sent now; nothing is reserved."""
        if self._state is not State.CLOSED and not self._probes(self._clock.monotonic()):
            raise self._open()

    def admit(self) -> int:
        """Return the epoch in which a call is sent, to `settle` it with; raise `BreakerOpen` if it is not."""
        epoch, began = self._admitted()
        try:
            if began:
                self._heard(self.reading())
        except BaseException:
            self.settle(epoch, failed=None)
            raise
        return epoch

    def settle(self, epoch: int, *, failed: bool | None, why: str = "") -> None:
        """Say how a call ended; None if nobody will know. The last failure's *why* is told later."""
        with self._lock:
            if epoch != self._epoch:
                return
            self._why = why if failed else self._why
            if self._state is State.HALF_OPEN:
                self._probed(failed=failed)
            elif failed is not None:
                self._count(self._clock.monotonic(), failed=failed)
            changed = epoch != self._epoch
        if changed:
            self._heard(self.reading())

    def _admitted(self) -> tuple[int, bool]:
        """Return the epoch, and whether it begins with this call."""
        with self._lock:
            if self._state is State.CLOSED:
                return self._epoch, False
            now = self._clock.monotonic()
            if not self._probes(now):
                raise self._open()
            begins = self._state is State.OPEN
            if begins or self._lost(now):
                self._begin(State.HALF_OPEN)
            self._probing += 1
            self._probed_last = now
            return self._epoch, begins

    def _probed(self, *, failed: bool | None) -> None:
        self._probing -= 1
        if failed:
            self._begin(State.OPEN)
        elif failed is False:
            self._well += 1
            if self._well >= self._rules.breaker_probes:
                self._begin(State.CLOSED)

    def _count(self, now: float, *, failed: bool) -> None:
        self._row = self._row + 1 if failed else 0
        self._failures += failed
        self._window.append((now, failed))
        while self._window[0][0] <= now - self._rules.breaker_window_s or len(self._window) > _MOST_CALLS:
            self._failures -= self._window.popleft()[1]
        if failed and self._too_often():
            self._begin(State.OPEN)

    def _too_often(self) -> bool:
        calls = len(self._window)
        share = calls >= self._rules.breaker_calls and self._failures >= calls * self._rules.breaker_share
        return share or self._row >= self._rules.breaker_row

    def _probes(self, now: float) -> bool:
        """Whether a probe may pass: the pause is over, and not all of them are on their way."""
        if self._state is State.OPEN:
            return now >= self._probed_at
        return self._probing + self._well < self._rules.breaker_probes or self._lost(now)

    def _lost(self, now: float) -> bool:
        """Whether nobody will settle the last probe any more: whoever made it was interrupted."""
        return now >= self._probed_last + self._rules.deadline_s + self._rules.breaker_pause_s

    def _begin(self, state: State) -> None:
        self._epoch += 1
        self._state = state
        self._window: deque[tuple[float, bool]] = deque()
        self._failures = self._row = self._probing = self._well = 0
        opened = state is State.OPEN
        self._probed_at = self._clock.monotonic() + self._rules.breaker_pause_s if opened else -inf

    def _open(self) -> BreakerOpen:
        left = self.reading().probed_in_s
        when = f"in {left:.0f} s" if left else "just now"
        why = f", at last: {self._why}" if self._why else ""
        return BreakerOpen(
            f"the platform failed too often ({self._operation} on {self._host}{why}), it is probed {when}",
            remedy="try again then",
            retry_after=timedelta(seconds=left),
        )


class Breakers:
    """The breakers of a client, made when they are first needed: one a host and class of calls."""

    def __init__(self, clock: Clock, rules: CallRules, heard: Heard) -> None:
        self._clock = clock
        self._rules = rules
        self._heard = heard
        self._held: dict[tuple[str, str], Breaker] = {}

    def of(self, host: str, operation: str) -> Breaker:
        """Return the breaker of calls of that class to that host."""
        found = self._held.get((host, operation))
        if found is not None:
            return found
        made = Breaker(self._clock, self._rules, self._heard, host=host, operation=operation)
        return self._held.setdefault((host, operation), made)

    def readings(self) -> tuple[Reading, ...]:
        """Return the state of each."""
        return tuple(breaker.reading() for breaker in list(self._held.values()))
