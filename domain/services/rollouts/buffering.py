"""Observations on their way to the ledger: in order, at most 50 ms in memory, never without a count.

One thread takes what waits and hands it on in batches. While that fails, it is tried again; what does not
fit into the buffer meanwhile is lost, and counted. What is in memory when a process is killed is lost as
well, and nobody can count that: it is what came in within the last 50 ms, or since the ledger went away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable

T = TypeVar("T")

DELAY_SECONDS: Final = 0.05
"""How long an observation waits for others at the most, while the ledger keeps up."""
BATCH: Final = 2_000
MOST: Final = 100_000
_PAUSE_SECONDS: Final = 0.5
_IDLE_SECONDS: Final = 60.0


@define(eq=False)
class Buffer(Generic[T]):
    """A bounded queue with one writer; safe for threads.

    `write` is given what waits, in order, and the number of those that were lost since it last succeeded; it
    raises `JackfieldError` if nothing of it was taken. `idle` is called now and then.
    """

    write: Callable[[Sequence[T], int], None]
    idle: Callable[[], None]
    most: int = MOST
    _waiting: list[T] = field(factory=list[T], init=False)
    _change: Condition = field(factory=Condition, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _taken: int = field(default=0, init=False)
    _written: int = field(default=0, init=False)
    _lost: int = field(default=0, init=False)
    _hurry: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _failures: int = field(default=0, init=False)
    _failure: JackfieldError | None = field(default=None, init=False)

    def put(self, item: T) -> bool:
        """Take *item*; False if it is lost, because the buffer is full or closed."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            if self._closed or len(self._waiting) >= self.most:
                self._lost += 1
                return False
            self._waiting.append(item)
            self._taken += 1
            if self._thread is None:
                self._start()
            if len(self._waiting) in (1, BATCH):
                self._change.notify_all()
        return True

    def flush(self) -> None:
        """Return when everything taken before is durable; raise what keeps it from being so."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            until, failures = self._taken, self._failures
            while self._written < until and not (self._closed and self._thread is None):
                if self._thread is None:
                    self._start()
                self._hurry = True
                self._change.notify_all()
                self._change.wait(DELAY_SECONDS)
                if self._failures > failures and self._failure is not None:
                    raise self._failure

    def close(self) -> None:
        """Write what waits, once, and stop; closing twice is fine. What cannot be written is lost."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            self._closed = True
            thread, self._hurry = self._thread, True
            self._change.notify_all()
        if thread is not None:
            thread.join()

    @property
    def lost(self) -> int:
        """How many were lost and not told to `write` yet."""
        return self._lost

    def _start(self) -> None:
        thread = Thread(target=self._run, name="jackfield-observations", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads can be started: the next one tries again
            self._failure, self._failures = _unstarted(error), self._failures + 1
            return
        self._thread = thread

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if batch:
                self._hand_on(batch)
            else:
                self.idle()
        with self._change:
            self._thread = None
            self._change.notify_all()

    def _next(self) -> Sequence[T] | None:
        """Wait for a batch; an empty one if nothing came for long, None at the end."""
        with self._change:
            if not self._waiting and not self._closed:
                self._change.wait(_IDLE_SECONDS)
            if self._waiting and not self._hurried:
                self._change.wait_for(lambda: self._hurried, DELAY_SECONDS)
            if not self._waiting:
                self._hurry = False
                return None if self._closed else ()
            return self._waiting[:BATCH]

    @property
    def _hurried(self) -> bool:
        return self._hurry or self._closed or len(self._waiting) >= BATCH

    def _hand_on(self, batch: Sequence[T]) -> None:
        lost = self._lost
        try:
            self.write(batch, lost)
        except JackfieldError as error:
            self._failed(error, batch)
            return
        except Exception as error:  # noqa: BLE001  # the thread goes on, whatever it is
            self._failed(_broken(error), batch)
            return
        with self._change:
            del self._waiting[: len(batch)]
            self._written += len(batch)
            self._lost -= lost
            self._hurry = self._hurry and bool(self._waiting)
            self._change.notify_all()

    def _failed(self, error: JackfieldError, batch: Sequence[T]) -> None:
        with self._change:
            self._failure, self._failures, self._hurry = error, self._failures + 1, False
            if self._closed or not isinstance(error, Unavailable):  # it would fail again
                gone = len(self._waiting) if self._closed else len(batch)
                del self._waiting[:gone]
                self._written += gone
                self._lost += gone
            self._change.notify_all()
            if not self._closed:
                self._change.wait_for(lambda: self._hurry or self._closed, _PAUSE_SECONDS)

    def _after_fork(self) -> None:
        """What waited is the parent's, which has it still; its thread is not here."""
        self._change = Condition()
        self._process, self._thread = os.getpid(), None
        self._waiting, self._written, self._lost, self._hurry = [], self._taken, 0, False


def _broken(error: Exception) -> JackfieldError:
    return InvalidInput(
        f"observations could not be folded ({type(error).__name__})",
        place="observations",
        remedy="they are lost and counted; tell the maintainers what was observed",
    )


def _unstarted(error: RuntimeError) -> JackfieldError:
    return Unavailable(
        f"no thread can be started ({error})", place="observations", remedy="it is tried again; free some"
    )
