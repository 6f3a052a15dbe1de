"""The way to the transport with one token: a gate, a pace, and a bounded queue before them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from math import ceil, inf
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.resilience.pace import Pace
from jackfield.domain.model.errors import NotSent, QueueFull, RateLimited
from jackfield.ports.clock import Clock

_NOISE_S: Final = 0.001
_A_LITTLE: Final = timedelta(microseconds=1)
"""A `timedelta` rounds; who woke a hair too early would not sleep at all the next time."""

_STEP_S: Final = 1.0

_LONGEST_SHUT_S: Final = 172_800.0
"""Limits a day are the longest there are; a `Retry-After` of years is a mistake to be survived."""


@define(eq=False)
class _Waiter:
    call: object
    bulk: bool
    ends: float
    turn: threading.Event = field(factory=threading.Event)


class Queue:
    """Lets calls through first in, first out, people's before bulk; safe for threads.

    While the gate is shut nobody passes. When nothing holds a call up, passing is one lock and a few
    comparisons. Of those that wait, the first alone sleeps on the clock; the others wait for their turn.
    """

    def __init__(self, clock: Clock, *, limit: int, reserve: float, longest_wait_s: float) -> None:
        self._clock = clock
        self._limit = limit
        self._longest_wait_s = longest_wait_s
        self._lock = threading.Lock()
        self._people: deque[_Waiter] = deque()
        self._bulk: deque[_Waiter] = deque()
        self._pace = Pace(reserve)
        self._asked_until = self._opens = -inf
        self._under_way = set[object]()  # one step adds or removes a call: no interrupt leaves half of it

    @property
    def depth(self) -> int:
        """How many calls wait."""
        return len(self._people) + len(self._bulk)

    def shut_for(self, now: float) -> float:
        """Return the seconds until the gate opens; 0 if it is open, `inf` if that is not waited for."""
        too_long = self._asked_until - now > self._longest_wait_s + _NOISE_S
        return inf if too_long else max(0.0, self._opens - now)

    def load(self, now: float, *, bulk: bool) -> tuple[float, float, int]:
        """Return how soon and how busy this way is, to compare ways by."""
        waits = max(self.shut_for(now), self._pace.delay(now, len(self._under_way), bulk=bulk))
        return waits, self._pace.used(now), self.depth + len(self._under_way)

    def enter(self, call: object, *, bulk: bool, ends: float) -> bool:
        """Return when *call* may be sent, and whether it waited; `ends` is its deadline.

        Raises `RateLimited` if the gate opens too late, `QueueFull` if too many wait or its turn would
        come too late. It leaves, whatever happens.
        """
        with self._lock:
            now = self._clock.monotonic()
            if not self._people and not (bulk and self._bulk) and not self._hindrance(now, bulk=bulk):
                self._under_way.add(call)
                return False
            waiter = self._joined(call, now, bulk=bulk, ends=ends)
        self._wait(waiter)
        return True

    def leave(self, call: object, headers: Mapping[str, str]) -> None:
        """Say that *call* is over, if it ever passed, and what the answer's headers were."""
        with self._lock:
            self._under_way.discard(call)
            self._pace.hear(headers, self._clock.monotonic())
            self._wake()

    def shut(self, asked_s: float, later_s: float = 0.0) -> None:
        """Let nobody pass for the seconds that were asked for, two days at most, and some more.

        A gate that is shut for longer stays so.
        """
        with self._lock:
            until = self._clock.monotonic() + min(asked_s, _LONGEST_SHUT_S)
            self._asked_until = max(self._asked_until, until)
            self._opens = max(self._opens, until + later_s)
            for waiter in (*self._people, *self._bulk):
                waiter.turn.set()  # to see whether it is still worth waiting

    def _hindrance(self, now: float, *, bulk: bool) -> float:
        """Return the seconds for which nobody can pass; `inf` stands for until another call is over."""
        if now < self._opens:
            return self._opens - now
        return self._pace.delay(now, len(self._under_way), bulk=bulk)

    def _joined(self, call: object, now: float, *, bulk: bool, ends: float) -> _Waiter:
        self._refuse(now, bulk=bulk, ends=ends)
        waiter = _Waiter(call, bulk, ends)
        self._line(waiter).append(waiter)
        return waiter

    def _refuse(self, now: float, *, bulk: bool, ends: float) -> None:
        self._refuse_shut(now, ends)
        waiting = self.depth if bulk else len(self._people)
        if waiting >= self._limit:
            raise QueueFull(
                f"{waiting} calls wait for the platform already",
                remedy="try again later, or do less at once",
            )
        if now + (least := self._estimate(now, bulk=bulk)) > ends:
            raise _late(f"in {ceil(least)} s")

    def _refuse_shut(self, now: float, ends: float) -> None:
        if 0 < self.shut_for(now) > ends - now:
            wait = timedelta(seconds=ceil(self._opens - now))
            raise RateLimited(
                "the platform's rate limit was reached, and this token may not be used yet",
                remedy=f"try again in {wait.total_seconds():.0f} s",
                retry_after=wait,
            )

    def _estimate(self, now: float, *, bulk: bool) -> float:
        """Return the least seconds until the turn of one who joins now: whole windows are before it."""
        hindrance = self._hindrance(now, bulk=bulk)
        if hindrance == inf or not self._pace.allowed:
            return 0.0
        ahead = self.depth if bulk else len(self._people)
        return hindrance + ahead // self._pace.most(bulk=bulk) * self._pace.length

    def _wait(self, waiter: _Waiter) -> None:
        try:
            while (left := self._passed(waiter)) is not None:
                if left == inf:
                    waiter.turn.wait(self._turn_s(waiter))
                else:  # in steps, for the gate may be shut for longer meanwhile
                    self._clock.sleep(timedelta(seconds=min(left, _STEP_S)) + _A_LITTLE)
        except BaseException:
            with self._lock:
                line = self._line(waiter)
                if waiter in line:
                    line.remove(waiter)
                self._wake()
            raise

    def _turn_s(self, waiter: _Waiter) -> float:
        """Return the seconds to wait for a turn: a window that ends may give one without anybody's leave."""
        now = self._clock.monotonic()
        until = min(waiter.ends, self._pace.ends if now < self._pace.ends else inf)
        return min(max(0.0, until - now), threading.TIMEOUT_MAX)

    def _passed(self, waiter: _Waiter) -> float | None:
        """Let the waiter pass, or return the seconds to sleep, `inf` for until it is woken."""
        with self._lock:
            waiter.turn.clear()
            now = self._clock.monotonic()
            if now >= waiter.ends:
                raise _late("later")
            self._refuse_shut(now, waiter.ends)
            if self._line(waiter)[0] is not waiter or (waiter.bulk and self._people):
                return inf
            left = self._hindrance(now, bulk=waiter.bulk)
            if left:
                return left if left == inf else min(left, waiter.ends - now)
            self._under_way.add(waiter.call)
            self._line(waiter).popleft()
            self._wake()
            return None

    def _line(self, waiter: _Waiter) -> deque[_Waiter]:
        return self._bulk if waiter.bulk else self._people

    def _wake(self) -> None:
        first = self._people or self._bulk
        if first:
            first[0].turn.set()


def _late(when: str) -> NotSent:
    return QueueFull(
        "its turn would come after its deadline: the rate that the platform allows is used up",
        remedy=f"try again {when}, or do less at once",
    )
