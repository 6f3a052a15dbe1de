"""The threads of one core that answer queries behind their callers' backs, a bounded number of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from attrs import define, field

from jackfield.domain.model.errors import QueueFull, Unavailable

T = TypeVar("T")


@define(eq=False)
class Crew:
    """Up to `threads` calls at once, and `waiting` more; begun when the first is needed."""

    threads: int = 16
    waiting: int = 240
    _executor: ThreadPoolExecutor | None = field(default=None, init=False)
    _taken: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have *call* made; raise `QueueFull` if too many wait, `Unavailable` once it was closed."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._lock:
            if self._closed:
                raise Unavailable("the core is closed", place="advice", remedy="open it again")
            if self._taken >= self.threads + self.waiting:
                raise QueueFull(
                    f"{self._taken} queries are under way", place="advice", remedy="try again in a moment"
                )
            try:
                future = self._opened().submit(call)
            except RuntimeError as error:  # no more threads can be started
                raise _unstarted(error) from error
            self._taken += 1
        future.add_done_callback(self._done)
        return future

    def close(self) -> None:
        """Let what was begun end within its deadlines, and cancel the rest; closing twice is fine."""
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None and os.getpid() == self._process:
            executor.shutdown(wait=True, cancel_futures=True)

    def _done(self, _: Future[T]) -> None:
        with self._lock:
            self._taken -= 1

    def _opened(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="jackfield-advice")
        return self._executor

    def _after_fork(self) -> None:
        """Threads do not survive it."""
        self._process, self._lock = os.getpid(), Lock()
        self._executor, self._taken = None, 0


def _unstarted(error: RuntimeError) -> Unavailable:
    return Unavailable(f"no thread can be started ({error})", place="advice", remedy="free some")
