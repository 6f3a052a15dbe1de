"""Commits under a storm of signals, in a process of its own: they would strike pytest and coverage too."""

from __future__ import annotations

import gc
import json
import random
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from jackfield.adapters.group import GroupCommit
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import chain, change, prompt
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import verify

THREADS = 4


class Interrupt(BaseException):
    """What the signal's handler raises."""


class Log:
    """A store of which each list of names is durable at once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._open: list[str] | None = None

    def write(self, requests: Sequence[str]) -> Sequence[str]:
        assert self._open is None
        self._open = list(requests)
        return requests

    def commit(self) -> None:
        done, self._open = self._open, None
        self.names += done or ()

    def settle(self) -> bool:
        durable, self._open = self._open is None, None
        return durable


def storm(commit: Callable[[int], None], tries: int, longest_seconds: float) -> int:
    """Call *commit* again and again, with a signal at a random moment of each; count the interrupts."""
    interrupted = 0
    armed = False

    def strike(*_: object) -> None:
        if armed:
            raise Interrupt

    signal.signal(signal.SIGALRM, strike)
    source = random.Random(7)
    for number in range(tries):
        try:
            armed = True
            signal.setitimer(signal.ITIMER_REAL, source.uniform(1e-6, longest_seconds))
            commit(number)
            armed = False
        except Interrupt:
            armed = False
            interrupted += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return interrupted


def storm_on_group() -> dict[str, object]:
    log = Log()
    commits = GroupCommit(log)
    acknowledged: list[str] = []

    def many(thread: int) -> None:
        for i in range(2_000):
            commits.submit(f"{thread}/{i}")

    def own(number: int) -> None:
        commits.submit(f"own/{number}")
        acknowledged.append(f"own/{number}")

    others = [threading.Thread(target=many, args=(n,)) for n in range(THREADS)]
    for thread in others:
        thread.start()
    interrupted = storm(own, 1_000, 5e-5)
    for thread in others:
        thread.join()
    return {
        "interrupted": interrupted,
        "lost": len(
            {*acknowledged, *(f"{n}/{i}" for n in range(THREADS) for i in range(2_000))} - {*log.names}
        ),
        "twice": len(log.names) - len(set(log.names)),
        "goes on": commits.submit("after") == "after",
    }


def storm_on_ledger(path: Path) -> dict[str, object]:
    stop = threading.Event()
    done = [0] * THREADS
    acknowledged: list[int] = []

    def many(thread: int) -> None:
        while not stop.is_set():
            ledger.commit(change(prompt(str(thread)), done[thread]))
            done[thread] += 1

    def own(_: int) -> None:
        # A commit that was interrupted in another thread's group may come after the next one's read.
        with suppress(Conflict):
            ledger.commit(change(prompt("own"), ledger.read(prompt("own")).revision))
            acknowledged.append(1)

    with SqliteLedger(path) as ledger:
        others = [threading.Thread(target=many, args=(n,)) for n in range(THREADS)]
        for thread in others:
            thread.start()
        interrupted = storm(own, 300, 1e-3)
        stop.set()
        for thread in others:
            thread.join()
        kept = [ledger.read(prompt(str(n))).revision for n in range(THREADS)]
        own_kept = ledger.read(prompt("own")).revision
        entries = verify(chain(ledger)).entries
    return {
        "interrupted": interrupted,
        "commits of others": sum(done),
        "lost": sum(done) - sum(kept),
        "own fit": len(acknowledged) <= own_kept <= len(acknowledged) + interrupted,
        "chain fits": entries == sum(done) + own_kept,
    }


if __name__ == "__main__":
    gc.disable()  # what strikes inside of a finalizer is printed, not raised
    print(json.dumps(storm_on_ledger(Path(sys.argv[1])) if sys.argv[1:] else storm_on_group()))
