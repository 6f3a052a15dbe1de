"""The PostgreSQL ledger's commits, by one thread and by sixteen, where there is a server."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from secrets import token_hex
from statistics import median
from typing import Final

import pytest

from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.testing.changes import change, prompt
from jackfield.domain.model.secrets import Secret
from tests import servers

_ROUNDS: Final = sized(5, small=1)
_COMMITS: Final = sized(100, small=10)
_THREADS: Final = 16
_READS: Final = sized(500, small=50)


def run(rounds: int = _ROUNDS) -> list[Row]:
    """Measure, and return medians; no row without a server."""
    try:
        with _ledger() as ledger:
            one = [_rate(ledger, f"one-{n}", 1) for n in range(rounds)]
            many = [_rate(ledger, f"many-{n}", _THREADS) for n in range(rounds)]
            reads = _reads(ledger)
    except pytest.skip.Exception as skipped:
        print(f"postgres   {skipped}")
        return []
    return [
        Row("PostgreSQL ledger commit, 1 thread", 1e6 / median(one), "µs", "-"),
        Row("PostgreSQL ledger commits, 16 threads", median(many), "1/s", "-"),
        Row("16 threads / one at a time", median(many) / median(one), "ratio", "-"),
        Row("PostgreSQL ledger read", 1e6 / reads, "µs", "-"),
    ]


@contextmanager
def _ledger() -> Generator[PostgresLedger]:
    name = f"jackfield_bench_{token_hex(4)}"
    with (
        servers.server(durable=True) as server,
        servers.database(server, name) as url,
        PostgresLedger(Secret(url)) as ledger,
    ):
        yield ledger


def _rate(ledger: PostgresLedger, name: str, threads: int) -> float:
    """Commits per second of so many threads, each with a subject of its own."""
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(partial(_commit, ledger, name), range(threads)))
        return threads * _COMMITS / (time.perf_counter() - started)


def _commit(ledger: PostgresLedger, name: str, number: int) -> None:
    for revision in range(_COMMITS):
        ledger.commit(change(prompt(f"{name}-{number}"), revision, text="escalation"))


def _reads(ledger: PostgresLedger) -> float:
    started = time.perf_counter()
    for _ in range(_READS):
        ledger.read(prompt("one-0-0"))
    return _READS / (time.perf_counter() - started)
