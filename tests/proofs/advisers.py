"""Platforms that recommend, and the processes that ask them."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Lock, Thread
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Making
from jackfield.ports.advice import Recommended

ACME: Final = Organization("acme")
ROOT: Final = Path(__file__).parents[2]


def query(conversation: str, said: str = "I want my money back") -> AdviceQuery:
    """What an agent needs."""
    return AdviceQuery(conversation, said, "agent-1", ("billing",), ("kb",))


@define(eq=False)
class Echo:
    """Recommends one article a query, which says whose it is; counts the calls, and takes its time."""

    takes: timedelta = timedelta(milliseconds=5)
    calls: Counter[str] = field(factory=Counter[str])
    note: Callable[[str], object] = str
    _lock: Lock = field(factory=Lock)

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Give it."""
        del wanted, ends
        with self._lock:
            self.calls[query.conversation] += 1
        self.note(query.conversation)
        SystemClock().sleep(self.takes)
        yield (article(query),)


def article(query: AdviceQuery) -> Item:
    """The article whose text is all that was asked."""
    return Item(
        id=f"for {query.conversation}",
        title="An article",
        content=repr((query.conversation, query.transcript, query.agent, query.skills, query.bases)),
        relevance=0.95,
        published=datetime.now(UTC) - timedelta(hours=1),
        source="kb",
    )


def advice(
    folder: Path, gateway: Any, *, organization: Organization = ACME, leases: bool = True
) -> tuple[Advice, SqliteLedger]:
    """One process's advice, on the ledger and the cache of a folder."""
    clock = SystemClock()
    ledger = SqliteLedger(folder / "ledger" / "ledger.db")
    made = Making(
        organization=organization,
        gateway=gateway,
        ledger=ledger,
        clock=clock,
        new_id=lambda: os.urandom(16).hex(),
        holder=f"{os.getpid()}",
        cache=DiskCache(folder / "cache", clock),
        leases=SqliteLeases(ledger.file, clock) if leases else None,
    )
    return made.advice(), ledger


def at_once(threads: int, work: Callable[[], object]) -> None:
    """Do it on all threads, from one moment."""
    barrier = Barrier(threads)

    def begin() -> None:
        barrier.wait(60)
        work()

    running = [Thread(target=begin) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)


def _noting(path: Path) -> Callable[[str], None]:
    """Return what appends a line that no other process's can be mixed with."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(text: str) -> None:
        os.write(descriptor, f"{text}\n".encode())

    return note


def _ask(folder: str, leases: str) -> None:
    names: list[str] = json.loads(sys.stdin.readline())
    gateway = Echo(takes=timedelta(milliseconds=30), note=_noting(Path(folder) / "calls"))
    own, ledger = advice(Path(folder), gateway, leases=leases == "leases")
    print("ready", flush=True)
    sys.stdin.readline()
    found = [own.query(query(name), deadline=timedelta(seconds=30)) for name in names]
    print(json.dumps([(each.origin, each.accepted[0].item.id) for each in found]), flush=True)
    own.close()
    ledger.close()


if __name__ == "__main__":
    _ask(*sys.argv[1:])
