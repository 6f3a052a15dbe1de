"""Group commit: whoever finds nobody writing writes for all who wait, on the own thread."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar

from jackfield.domain.model.errors import JackfieldError, Unavailable

_R = TypeVar("_R")
_O = TypeVar("_O")
_R_contra = TypeVar("_R_contra", contravariant=True)
_O_co = TypeVar("_O_co", covariant=True)

_PATIENCE: Final = 100


class Store(Protocol[_R_contra, _O_co]):
    """What a group is written to, by one thread at a time."""

    def write(self, requests: Sequence[_R_contra]) -> Sequence[_O_co | JackfieldError]:
        """Begin a transaction, write in this order and return what comes of each, be it an error to raise;
        raise `JackfieldError` if nothing can be written."""
        ...

    def commit(self) -> None:
        """Make what was written durable; raise `JackfieldError`.

        A store that had to write it anew changes, in place, the list that `write` returned.
        """
        ...

    def settle(self) -> bool | JackfieldError:
        """Undo what is open, and say whether the last write is durable, or by an error that nobody knows.

        Never raises, and can be repeated.
        """
        ...


class _Job(Generic[_R, _O]):
    """One request on its way; it waits at most once."""

    __slots__ = ("left", "outcome", "request", "wake", "waking")

    def __init__(self, request: _R) -> None:
        self.request = request
        self.outcome: _O | JackfieldError
        self.wake: threading.Lock | None = None
        self.waking: Sequence[_Job[_R, _O]] = ()
        self.left = False


class GroupCommit(Generic[_R, _O]):
    """A queue without a thread of its own: a leader commits everything that waits, then names the next.

    An interrupt may strike anywhere. So each change of what is shared is a single assignment, made under
    the mutex, and what tidies up can be begun again at any point.
    """

    def __init__(self, store: Store[_R, _O]) -> None:
        self._store = store
        self._mutex = threading.Lock()
        self._queue: list[_Job[_R, _O]] = []
        self._batch: list[_Job[_R, _O]] = []
        self._outcomes: Sequence[_O | JackfieldError] = ()
        self._leader: _Job[_R, _O] | None = None
        self._closed = False
        self._closing: list[threading.Lock] = []

    def submit(self, request: _R) -> _O:
        """Return what came of *request*, which is durable then; if this raises an error, nothing was done,
        unless it is one that says that nobody knows."""
        job: _Job[_R, _O] = _Job(request)
        try:
            wake = self._enter(job)
            if wake is not None:
                wake.acquire()
            if self._leader is job:
                self._lead(job)
        except BaseException:
            self._leave(job)
            raise
        if isinstance(job.outcome, JackfieldError):
            raise job.outcome
        return job.outcome

    def close(self) -> None:
        """Refuse what comes, and return when nothing is under way."""
        idle = _locked()
        with self._mutex:
            self._closed = True
            if self._leader is None:
                return
            self._closing.append(idle)
        idle.acquire()

    def _enter(self, job: _Job[_R, _O]) -> threading.Lock | None:
        """Lead if nobody does; else return what to wait for."""
        with self._mutex:
            if self._closed:
                raise Unavailable("the ledger is closed", remedy="open it again")
            if self._leader is None:
                self._queue, self._leader = [*self._queue, job], job
                return None
            wake = job.wake = _locked()
            self._queue.append(job)
            return wake

    def _lead(self, job: _Job[_R, _O]) -> None:
        failure: JackfieldError | None = None
        with self._mutex:
            self._batch, self._queue, self._outcomes = self._queue, [], ()
        try:
            self._outcomes = self._store.write([j.request for j in self._batch])
            self._store.commit()
        except JackfieldError as error:
            failure = error
        self._hand_on(job, failure)

    def _leave(self, job: _Job[_R, _O]) -> None:
        """Tidy up behind a job that was interrupted; another interrupt meanwhile changes nothing."""
        for _ in range(_PATIENCE):
            try:
                with self._mutex:
                    job.left = True
                    self._queue = [j for j in self._queue if j is not job]
                self._hand_on(job, None)
            except BaseException:  # noqa: BLE001, S112 - the first interrupt is on its way up already
                continue
            return

    def _hand_on(self, job: _Job[_R, _O], failure: JackfieldError | None) -> None:
        """Deliver the batch's outcomes and name the next leader, if *job* leads."""
        if self._leader is job:
            settled = self._store.settle()
            with self._mutex:
                self._deliver(job, settled, failure)
        for waiting in job.waking:
            _open(waiting.wake)
        if self._closed and self._leader is None:
            for idle in self._closing:
                _open(idle)

    def _deliver(
        self, job: _Job[_R, _O], settled: bool | JackfieldError, failure: JackfieldError | None
    ) -> None:
        done = self._batch
        failed = settled if isinstance(settled, JackfieldError) else failure
        outcomes = (
            self._outcomes if settled is True else [_replica(failed) for _ in done if failed is not None]
        )
        if len(outcomes) != len(done):  # interrupted before anything was durable: the others try again
            done, queue = [], [*(j for j in done if not j.left), *self._queue]
        else:
            queue = self._queue
        for other, outcome in zip(done, outcomes, strict=False):
            other.outcome = outcome
        following = queue[0] if queue else None
        waking = done if following is None else [following, *done]
        self._queue, self._batch, self._leader, job.waking = queue, [], following, waking


def _locked() -> threading.Lock:
    """A gate for one thread to wait at: an Event is not safe from interrupts."""
    lock = threading.Lock()
    lock.acquire()
    return lock


def _open(lock: threading.Lock | None) -> None:
    if lock is not None and lock.locked():
        lock.release()


def _replica(failure: JackfieldError) -> JackfieldError:
    """Each thread raises an error of its own: a traceback is not shared."""
    replica = copy.copy(failure)
    replica.__cause__ = failure.__cause__
    return replica
