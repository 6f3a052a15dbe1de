"""Observations on their way to the ledger: in order, at most 50 ms in memory, never without a count.

One thread takes what waits and hands it on in batches. While that fails, it is tried again; what does not
fit into the buffer meanwhile is lost, and counted by what it was of. A program that ends without closing
has what waits written at its exit. What is in memory when a process is killed (or a forked one leaves by
`os._exit`, as those of `multiprocessing` do) is lost as well, and nobody can count that: it is what came in
within the last 50 ms, or since the ledger went away.
"""

from __future__ import annotations

import atexit
import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Condition, Thread
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable
from jackfield.domain.services.rollouts.bells import Bell
from jackfield.domain.services.rollouts.loads import Load

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

DELAY_SECONDS: Final = 0.05
"""How long an observation waits for others at the most, while the ledger keeps up."""
BATCH: Final = 2_000
MOST: Final = 100_000
MOST_BYTES: Final = 64 * 2**20
GATHER_SECONDS: Final = 0.001
"""How long who waits for the log waits for those who waited with him the last time: they share a commit."""
_PAUSE_SECONDS: Final = 0.5
_IDLE_SECONDS: Final = 60.0


@define(eq=False)
class Buffer(Generic[T, K]):
    """A bounded queue with one writer; safe for threads.

    `write` is given what waits, in order, and how many of each `key` were lost since it last succeeded; it
    raises `JackfieldError` if nothing of it was taken. `idle` is called now and then, `count` with each loss.
    It is full with `most` things, or with a whole batch and more when its `load` comes to `most_bytes`.
    """

    write: Callable[[Sequence[T], Mapping[K, int]], None]
    idle: Callable[[], None]
    key: Callable[[T], K]
    count: Callable[[int], None]
    most: int = MOST
    most_bytes: int = MOST_BYTES
    load: Load[T, Any] | None = None
    """Weighs what waits; None where things are small."""
    _waiting: list[T] = field(factory=list[T], init=False)
    _weighed: int = field(default=0, init=False)
    _change: Condition = field(factory=Condition, init=False)
    _bells: list[Bell] = field(factory=list[Bell], init=False)
    _crowd: int = field(default=0, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _taken: int = field(default=0, init=False)
    _written: int = field(default=0, init=False)
    _lost: Counter[K] = field(factory=Counter[K], init=False)
    _hurry: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _failures: int = field(default=0, init=False)
    _failure: JackfieldError | None = field(default=None, init=False)
    _failing: bool = field(default=False, init=False)

    def put(self, item: T) -> bool:
        """Take *item*; False if it is lost, because the buffer is full or closed."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            fits = not self._closed and self._has_room
            if fits:
                self._take(item)
            else:
                self._lost[self.key(item)] += 1
        if not fits:
            self.count(1)
        return fits

    @property
    def _has_room(self) -> bool:
        waiting = len(self._waiting)
        if self.load is None or waiting < BATCH:  # who keeps up weighs nothing
            return waiting < self.most
        self.load.add(self._waiting[self._weighed :])
        self._weighed = waiting
        return waiting < self.most and self.load.bytes < self.most_bytes

    def _take(self, item: T) -> None:
        self._waiting.append(item)
        self._taken += 1
        if self._thread is None:
            self._start()
        if len(self._waiting) in (1, BATCH, self._crowd):
            self._change.notify_all()

    def flush(self, timeout: float | None = None) -> None:
        """Return when everything taken before is durable, and all losses; raise what keeps them from it.

        After *timeout* seconds that is `Unavailable`, and what was taken goes on its way all the same.
        """
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            bell = self._hung()
        if bell is not None:
            self._await(bell, None if timeout is None else monotonic() + timeout)

    def _hung(self) -> Bell | None:
        """Return what rings when all that was taken so far is written; None if it is."""
        until = self._taken
        if (self._written >= until and not self._lost) or (self._closed and self._thread is None):
            return None
        if self._thread is None:
            self._start()
        if self._thread is None and self._failure is not None:
            raise self._failure
        bell = Bell(until)
        self._bells.append(bell)
        if not self._hurry:
            self._hurry = True
            self._change.notify_all()
        return bell

    def _await(self, bell: Bell, ends: float | None) -> None:
        """Wait without the lock: of many who do, none wakes another."""
        while not bell.wait(_left(ends)):
            with self._change:
                is_late = ends is not None and monotonic() >= ends and self._written < bell.until
                if is_late and bell in self._bells:
                    self._bells.remove(bell)
                    raise _late()
        if bell.error is not None:
            raise bell.error

    def _ring(self, error: JackfieldError | None = None) -> None:
        """Let those go on whose observations are written; all of them where that failed, or ends."""
        all_of_them = error is not None or self._thread is None
        written = self._taken if all_of_them else -1 if self._lost else self._written
        done = [bell for bell in self._bells if bell.until <= written]
        del self._bells[: len(done)]  # they hang in the order of what they wait for
        for bell in done:
            bell.ring(error)

    def close(self) -> None:
        """Write what waits, once, and stop; closing twice is fine. What cannot be written is lost."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            first, self._closed = not self._closed, True
            thread, self._hurry = self._thread, True
            self._change.notify_all()
        if thread is not None:
            thread.join()
        elif first:
            self._run()
        atexit.unregister(self.close)

    @property
    def lost(self) -> int:
        """How many were lost and not told to `write` yet."""
        return self._lost.total()

    @property
    def failing(self) -> JackfieldError | None:
        """What kept the last batch from being written; None if it was."""
        return self._failure if self._failing else None

    def _start(self) -> None:
        atexit.register(self.close)  # the thread does not outlive the program, and must not keep it alive
        thread = Thread(target=self._run, name="jackfield-observations", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads can be started: the next one tries again
            self._failure, self._failures = _unstarted(error), self._failures + 1
            return
        self._thread = thread

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if batch or self._lost:
                self._hand_on(batch)
            else:
                self.idle()
        if self._lost:
            self._hand_on(())
        with self._change:
            self._thread = None
            self._ring()

    def _next(self) -> Sequence[T] | None:
        """Wait for a batch; an empty one if nothing came for long, None at the end."""
        with self._change:
            if not self._waiting and not self._closed:
                self._change.wait(_PAUSE_SECONDS if self._lost else _IDLE_SECONDS)
            if self._waiting and not self._hurried:
                self._change.wait_for(lambda: self._hurried, DELAY_SECONDS)
            if self._bells and len(self._waiting) < self._crowd:
                self._change.wait_for(lambda: len(self._waiting) >= self._crowd, GATHER_SECONDS)
            if not self._waiting:
                self._hurry = False
                return None if self._closed else ()
            return self._waiting[:BATCH]

    @property
    def _hurried(self) -> bool:
        return self._hurry or self._closed or len(self._waiting) >= BATCH

    def _hand_on(self, batch: Sequence[T]) -> None:
        with self._change:
            lost = Counter(self._lost)
        try:
            self.write(batch, lost)
        except JackfieldError as error:
            self._failed(error, batch)
            return
        except Exception as error:  # noqa: BLE001  # the thread goes on, whatever it is
            self._failed(_broken(error), batch)
            return
        with self._change:
            self._remove(len(batch))
            self._written += len(batch)
            self._lost -= lost
            self._failing = False
            self._hurry = self._hurry and bool(self._waiting)
            self._crowd = len(self._bells)
            self._ring()

    def _failed(self, error: JackfieldError, batch: Sequence[T]) -> None:
        gone = 0
        with self._change:
            self._failure, self._failures, self._hurry = error, self._failures + 1, False
            self._failing = True
            if self._closed or not isinstance(error, Unavailable):  # it would fail again
                gone = len(self._waiting) if self._closed else len(batch)
                self._lose(gone)
            self._ring(error)
        if gone:
            self.count(gone)
        with self._change:
            if not self._closed:
                self._change.wait_for(lambda: self._hurry or self._closed, _PAUSE_SECONDS)

    def _lose(self, gone: int) -> None:
        self._lost.update(map(self.key, self._waiting[:gone]))
        self._remove(gone)
        self._written += gone

    def _remove(self, number: int) -> None:
        if self.load is not None and self._weighed:
            self.load.remove(self._waiting[: min(number, self._weighed)])
            self._weighed = max(0, self._weighed - number)
        del self._waiting[:number]

    def _after_fork(self) -> None:
        """What waited is the parent's, which has it still; its thread is not here."""
        self._change, self._bells = Condition(), []
        self._process, self._thread = os.getpid(), None
        self._waiting, self._written, self._hurry = [], self._taken, False
        self._lost = Counter[K]()
        self._weighed = 0
        if self.load is not None:
            self.load.clear()


def _left(ends: float | None) -> float:
    """How long to wait before looking whether it is late; who waits for others' losses looks now and then."""
    left = _PAUSE_SECONDS if ends is None else ends - monotonic()
    return left if left > 0 else DELAY_SECONDS


def _late() -> JackfieldError:
    return Unavailable(
        "it does not get into the log in time",
        place="observations",
        remedy="it is tried on; look at the ledger",
    )


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
