"""Observations on their way to the ledger: in order, at most 50 ms in memory, never without a count.

One thread takes what waits and hands it on in batches. While that fails, it is tried again; what does not
fit into the buffer meanwhile is lost, and counted by what it was of. So is what cannot be written at all, and
nothing that was to be written with it. A program that ends without closing
has what waits written at its exit. What is in memory when a process is killed (or a forked one leaves by
`os._exit`, as those of `multiprocessing` do) is lost as well, and nobody can count that: it is what came in
within the last 50 ms, or since the ledger went away.
"""

from __future__ import annotations

import atexit
import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from threading import Condition, Thread
from typing import Any, Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.rollouts.bells import Bell, Bells, await_one
from jackfield.domain.services.rollouts.failures import broken, is_away, refuses, unstarted
from jackfield.domain.services.rollouts.loads import Load, Room
from jackfield.domain.services.rollouts.losses import Losses
from jackfield.domain.services.rollouts.portions import Portion

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
    raises `Unavailable` if nothing of it was taken, and another `NotSent` if something of it never will be:
    then it is given less and less, and what it refuses alone is lost. `idle` is called now and then, `count`
    with each loss.
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
    _room: Room[T] | None = field(init=False)
    _change: Condition = field(factory=Condition, init=False)
    _bells: Bells = field(factory=Bells, init=False)
    _portion: Portion = field(factory=partial(Portion, BATCH), init=False)
    _crowd: int = field(default=0, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _taken: int = field(default=0, init=False)
    _written: int = field(default=0, init=False)
    _lost: Losses[K] = field(factory=Losses[K], init=False)
    _hurry: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _failure: JackfieldError | None = field(default=None, init=False)
    _failing: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._room = None if self.load is None else Room(self.load)

    def put(self, item: T) -> bool:
        """Take *item*; False if it is lost, because the buffer is full or closed."""
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            fits = self._take(item)
        if not fits:
            self.count(1)
        return fits

    def commit(self, items: Sequence[T], timeout: float | None = None) -> bool:
        """Take *items*, and return when they are durable; False if one is lost, because they do not fit.

        Raises what keeps any of them from it; after *timeout* seconds that is `Unavailable`, and they go on
        their way all the same.
        """
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            since = self._taken
            gone = len(items) - sum([self._take(item) for item in items])
            bell = None if gone else self._hung(since)
        if gone:
            self.count(gone)
        elif bell is not None:
            await_one(bell, self._bells, self._change, timeout)
        return not gone

    def _take(self, item: T) -> bool:
        if self._closed or len(self._waiting) >= self.most or self._is_heavy:
            self._lost.add((self.key(item),))
            return False
        self._waiting.append(item)
        self._taken += 1
        if self._thread is None:
            self._start()
        if len(self._waiting) in (1, BATCH, self._crowd):
            self._change.notify_all()
        return True

    @property
    def _is_heavy(self) -> bool:
        if self._room is None or len(self._waiting) < BATCH:  # who keeps up weighs nothing
            return False
        return self._room.taken(self._waiting) >= self.most_bytes

    def flush(self, timeout: float | None = None) -> None:
        """Return when everything taken before is durable, and all losses; raise what keeps them from it.

        That may be what lost some of it meanwhile; what was lost before is told of, and raises nothing. After
        *timeout* seconds it is `Unavailable`, and what was taken goes on its way all the same.
        """
        if os.getpid() != self._process:
            self._after_fork()
        with self._change:
            bell = self._hung(self._written)
        if bell is not None:
            await_one(bell, self._bells, self._change, timeout)

    def _hung(self, since: int) -> Bell | None:
        """Return what rings when all that was taken so far is written; None if it is."""
        until = self._taken
        if (self._written >= until and not self._lost) or (self._closed and self._thread is None):
            return None
        if self._thread is None:
            self._start()
        if self._thread is None and self._failure is not None:
            raise self._failure
        bell = self._bells.hang(since, until, self._lost.ever)
        if not self._hurry:
            self._hurry = True
            self._change.notify_all()
        return bell

    def _ring(self, error: JackfieldError | None = None) -> None:
        """Let those go on whose observations are written; all of them where that failed, or ends."""
        if error is not None or self._thread is None:
            self._bells.ring_all(error)
        elif self._bells:
            self._bells.ring(self._written, self._lost.told)

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
        return self._lost.untold.total()

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
            self._failure = unstarted(error)
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
            return self._waiting[: self._portion.size]

    @property
    def _hurried(self) -> bool:
        return self._hurry or self._closed or len(self._waiting) >= BATCH or self._portion.is_small

    def _hand_on(self, batch: Sequence[T]) -> None:
        with self._change:
            lost = self._lost.untold.copy()
        try:
            self.write(batch, lost)
        except JackfieldError as error:
            self._failed(error, len(batch))
        except Exception as error:  # noqa: BLE001  # the thread goes on, whatever it is
            self._failed(broken(error), len(batch))
        else:
            self._succeeded(len(batch), lost)

    def _succeeded(self, number: int, lost: Counter[K]) -> None:
        with self._change:
            self._remove(number)
            self._written += number
            self._lost.tell(lost)
            self._failing = False
            self._hurry = self._hurry and bool(self._waiting)
            self._crowd = len(self._bells)
            if number:
                self._portion.took(number)
            self._ring()

    def _failed(self, error: JackfieldError, number: int) -> None:
        """Lose what would fail again, and nothing beside it; try the rest again, at once or after a pause."""
        is_refused = number > 0 and refuses(error)
        with self._change:
            self._failure, self._failing = error, True
            if is_refused:
                self._portion.refused(number)
                gone = int(number == 1)
            else:  # nobody waits for what fails at the end, nor writes again what may be there
                gone = len(self._waiting) if self._closed else 0 if is_away(error) else number
            self._lose(gone, error)
            self._ring(None if is_refused or (gone and not self._closed) else error)
            self._hurry = self._hurry and is_refused
        if gone:
            self.count(gone)
        if not is_refused:
            self._pause()

    def _lose(self, gone: int, error: JackfieldError) -> None:
        if gone:
            self._lost.add(map(self.key, self._waiting[:gone]))
            self._bells.spoil(self._written, self._written + gone, error)
            self._remove(gone)
            self._written += gone

    def _pause(self) -> None:
        with self._change:
            if not self._closed:
                self._change.wait_for(lambda: self._hurry or self._closed, _PAUSE_SECONDS)

    def _remove(self, number: int) -> None:
        if self._room is not None:
            self._room.leave(self._waiting[:number])
        del self._waiting[:number]

    def _after_fork(self) -> None:
        """What waited is the parent's, which has it still; its thread is not here."""
        self._change, self._bells, self._portion = Condition(), Bells(), Portion(BATCH)
        self._process, self._thread = os.getpid(), None
        self._waiting, self._written, self._hurry = [], self._taken, False
        self._lost = Losses[K]()
        if self._room is not None:
            self._room.clear()
