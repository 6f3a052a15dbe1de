"""Telling a plugin of things as they happen, without ever waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from attrs import define, field

from jackfield.plugins.isolation import HANGS, Failure, failure_of
from jackfield.ports.clock import Clock

T = TypeVar("T")

CAPACITY: Final = 1_000
"""The most things that wait to be heard by one plugin."""


class _End:
    """What a listener's thread ends at."""


@define(kw_only=True)
class Listener(Generic[T]):
    """One hook of one plugin, on a thread of its own; what does not fit in its queue is dropped.

    Each thing is heard in the context of whoever posted it, so that a trace of the caller's is known.
    A call that takes longer than `limit`, while the queue is full, is taken for one that never ends: from
    then on nothing is queued. `failed` hears of each failure, `heard` of the seconds of each call, `lost` of
    each thing dropped.
    """

    name: str
    hear: Callable[[T], object]
    clock: Clock
    limit: timedelta
    failed: Callable[[Failure], None]
    heard: Callable[[float], None]
    lost: Callable[[], None]
    capacity: int = CAPACITY
    _queue: SimpleQueue[tuple[Context, T] | threading.Event | type[_End]] = field(
        factory=SimpleQueue[Any], init=False
    )
    _begun: float | None = field(default=None, init=False)
    _told: int = field(default=0, init=False)
    _awaited: int = field(default=-1, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _off: bool = field(default=False, init=False)

    def post(self, thing: T) -> None:
        """Queue *thing*; never waits, never raises."""
        if self._off:
            self.lost()
        elif self._queue.qsize() >= self.capacity:
            self.lost()
            self._look()
        else:
            self._queue.put((copy_context(), thing))
            if self._thread is None:
                self._start()

    def settle(self, limit: timedelta) -> bool:
        """Wait until all that was queued is heard, at most *limit*; say whether it was.

        A call that was waited for in vain is not waited for again.
        """
        if self._thread is None or self._off:
            return not self._off
        told = self._told
        if told != self._awaited and self._hears(limit):
            return True
        self._awaited = told
        self._look()
        return False

    def _hears(self, limit: timedelta) -> bool:
        heard = threading.Event()
        self._queue.put(heard)
        return heard.wait(limit.total_seconds())

    def end(self, limit: timedelta) -> None:
        """Let what is queued be heard, at most *limit* long, and end the thread."""
        told = self._told
        if not self.settle(limit):
            self._give_up(told)
        self._off = True
        self._queue.put(_End)

    def _give_up(self, told: int) -> None:
        """What still waits is lost; a call that was under way all the time is taken for one without end."""
        for _ in range(self._queue.qsize() - 1):
            self.lost()
        if self._told == told and self._begun is not None:
            self._hangs()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._listen, name=self.name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the process may start no more threads
                self._off = True
                self.failed(failure_of(error))
            else:
                self._thread = thread

    def _listen(self) -> None:
        while (thing := self._queue.get()) is not _End:
            if isinstance(thing, threading.Event):
                thing.set()
            elif not self._off:
                self._tell(*thing)  # type: ignore[misc]  # what is no event and no end is a pair

    def _tell(self, context: Context, thing: T) -> None:
        self._begun = begun = self.clock.monotonic()
        try:
            context.run(self.hear, thing)
        except BaseException as error:  # noqa: BLE001  # also SystemExit: it is a plugin's, not the user's
            self.failed(failure_of(error))
        finally:
            self._begun = None
            self._told += 1
            self.heard(self.clock.monotonic() - begun)

    def _look(self) -> None:
        begun = self._begun
        if begun is not None and self.clock.monotonic() - begun > self.limit.total_seconds():
            self._hangs()

    def _hangs(self) -> None:
        with self._lock:
            if self._off:
                return
            self._off = True
        self.failed(Failure(kind=HANGS, detail=f"longer than {self.limit.total_seconds():g} s"))
