"""The threads of one core that answer queries behind their callers' backs, a bounded number of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Lock, get_ident
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
    _here: list[int] = field(factory=list[int], init=False)
    _closed: bool = field(default=False, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _left: Condition = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._left = Condition(self._lock)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have *call* made; raise `QueueFull` if too many wait, `Unavailable` once it was closed."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._lock:
            if self._closed:
                raise _closed()
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

    def here(self, call: Callable[[], T]) -> T:
        """Make *call* on the caller's thread, so that `close` waits for it; once closed, `Unavailable`."""
        if os.getpid() != self._process:
            self._after_fork()
        mine = get_ident()
        with self._lock:
            if self._closed:
                raise _closed()
            self._here.append(mine)
        try:
            return call()
        finally:
            with self._lock:
                if mine in self._here:  # it is not, where the process forked meanwhile
                    self._here.remove(mine)
                self._left.notify_all()

    def close(self) -> None:
        """Let what was begun end within its deadlines, and cancel the rest; closing twice is fine.

        (Who closes it in a signal that came in the middle of a call does not wait for himself.)
        """
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None and os.getpid() == self._process:
            executor.shutdown(wait=True, cancel_futures=True)
        mine = get_ident()
        with self._left:
            self._left.wait_for(lambda: all(each == mine for each in self._here))

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
        self._left = Condition(self._lock)
        self._executor, self._taken = None, 0
        self._here.clear()


def _closed() -> Unavailable:
    return Unavailable("the core is closed", place="advice", remedy="open it again")


def _unstarted(error: RuntimeError) -> Unavailable:
    return Unavailable(f"no thread can be started ({error})", place="advice", remedy="free some")
