"""Advice in process: what is kept, and what asking the platform costs beside the call itself."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns, sleep
from typing import Final

from attrs import define, evolve, field

from benchmarks.calls import micros
from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Making, Rules
from jackfield.domain.services.advice.told import Happening
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.ports.advice import Recommended

BATCHES: Final = sized(11, small=2)
READS: Final = sized(1_000, small=50)
COLD: Final = sized(300, small=20)
DURABLE: Final = sized(300, small=20)
PAUSE_S: Final = 0.005
"""Between cold queries: what is given back behind the answer is no part of the next one."""
QUERY: Final = AdviceQuery("c-1", "I want my money back. " * 46, "agent-1", ("billing", "german"), ("kb-1",))
CLOCK: Final = SystemClock()


@define(eq=False)
class Instant:
    """Recommends five articles, and takes no time for it."""

    items: tuple[Recommended, ...] = field(factory=lambda: tuple(map(_item, range(5))))

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Give them."""
        del query, wanted, ends
        yield self.items


def _item(number: int) -> Item:
    content = f"Article {number} tells what to say about {number} refunds and {number} shoes. " * 4
    return Item(
        id=f"rec-{number}",
        title=f"Article {number}",
        content=content,
        relevance=0.95 - number / 100,
        published=CLOCK.now() - timedelta(hours=number),
        source="kb-1",
    )


class _Nowhere(Buffer[Happening, str]):
    """Lets everything go at once."""

    def put(self, item: Happening) -> bool:
        """Take it, and let it go."""
        del item
        return True


def run() -> list[Row]:
    """Return the rows: hits in memory and on disk, cold queries, and durable ones."""
    assert len(QUERY.transcript) in range(1_000, 1_100)
    with TemporaryDirectory() as folder, _opened(Path(folder)) as (own, durable):
        own.query(QUERY)
        with_event = micros(lambda: own.query(QUERY))
        future = micros(lambda: own.query_async(QUERY))
        own.flush()
        own.hearing.buffer = _nowhere(own)
        memory, disk, cold = micros(lambda: own.query(QUERY)), _disk(own), _cold(own)
        durable.query(QUERY)
        return [
            Row("a hit in memory, 1 kB transcript, event apart", memory, "µs", "<= 20"),
            Row("… with its event on the way into the log", with_event, "µs", "-"),
            Row("… as a future", future, "µs", "-"),
            Row("a hit on disk, event apart", disk, "µs", "<= 60"),
            Row("a cold query beside the call, with the lease", cold / 1_000, "ms", "<= 3"),
            Row("a hit in memory, durable", _median(durable, DURABLE) / 1_000, "ms", "-"),
        ]


@contextmanager
def _opened(folder: Path) -> Generator[tuple[Advice, Advice]]:
    with SqliteLedger(folder / "ledger" / "ledger.db") as ledger:
        making = Making(
            organization=Organization("acme"),
            gateway=Instant(),
            ledger=ledger,
            clock=CLOCK,
            new_id=lambda: secrets.token_hex(16),
            holder="bench",
            cache=DiskCache(folder / "cache", CLOCK),
            leases=SqliteLeases(ledger.file, CLOCK),
        )
        own, durable = making.advice(), evolve(making, rules=Rules(durable=True)).advice()
        try:
            yield own, durable
        finally:
            own.close()
            durable.close()


def _nowhere(own: Advice) -> Buffer[Happening, str]:
    real = own.hearing.buffer
    real.close()
    return _Nowhere(write=real.write, idle=real.idle, key=real.key, count=real.count)


def _disk(own: Advice) -> float:
    return min(median(_read(own) for _ in range(READS)) for _ in range(BATCHES)) / 1_000


def _read(own: Advice) -> int:
    own.hearing.answers.clear()
    return _taken(own, QUERY)


def _cold(own: Advice) -> float:
    taken = list[int]()
    for number in range(COLD):
        taken.append(_taken(own, evolve(QUERY, conversation=f"cold-{number}")))
        sleep(PAUSE_S)
    return median(taken) / 1_000


def _median(own: Advice, times: int) -> float:
    return median(_taken(own, QUERY) for _ in range(times)) / 1_000


def _taken(own: Advice, query: AdviceQuery) -> int:
    begun = perf_counter_ns()
    own.query(query)
    return perf_counter_ns() - begun
