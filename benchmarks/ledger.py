"""The SQLite ledger's commits against bare commits of the same bytes, and 16 threads against one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Final

import apsw

from benchmarks.rows import Row
from jackfield.adapters.codec import encode_event, encode_state
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.sqlite.schema import STEPS
from jackfield.adapters.testing.changes import change, prompt
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.events import GENESIS
from jackfield.ports.ledger import Change

_ROUNDS: Final = 15
_COMMITS: Final = 300
_THREADS: Final = 16
_READS: Final = 2_000


def rows(rounds: int = _ROUNDS) -> Iterator[Row]:
    """Measure all in turns, and yield medians and ratios of the same run."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        rates = _rates(Path(folder), rounds)
    bare, one, many, reads = (median(values) for values in zip(*rates, strict=True))
    yield Row(what="bare apsw commit", measured=1e6 / bare, unit="µs", reach="-")
    yield Row(what="ledger commit, 1 thread", measured=1e6 / one, unit="µs", reach="near bare")
    yield Row(
        what="ledger / bare, 1 thread",
        measured=median(b / o for b, o, *_ in rates),
        unit="ratio",
        reach="1.0",
    )
    yield Row(what="ledger commits, 16 threads", measured=many, unit="1/s", reach="-")
    yield Row(
        what="16 threads / 1 thread", measured=median(m / o for _, o, m, _ in rates), unit="ratio", reach="8"
    )
    yield Row(what="ledger read", measured=1e6 / reads, unit="µs", reach="tens of µs")


def _rates(folder: Path, rounds: int) -> Sequence[tuple[float, float, float, float]]:
    bare = _Bare(folder / "bare.db")
    with SqliteLedger(folder / "state" / "ledger.db") as ledger:
        return [
            (bare.rate(), _one(ledger, n), _many(ledger, n), _reading(ledger, n)) for n in range(rounds + 1)
        ][1:]


def _one(ledger: SqliteLedger, number: int) -> float:
    return _rate(ledger, [_changes(f"one-{number}", _COMMITS)])


def _many(ledger: SqliteLedger, number: int) -> float:
    return _rate(ledger, [_changes(f"many-{number}-{thread}", _COMMITS) for thread in range(_THREADS)])


def _rate(ledger: SqliteLedger, work: Sequence[Sequence[Change]]) -> float:
    """Commits per second, with one thread for each list of changes."""
    with ThreadPoolExecutor(len(work)) as threads:
        started = time.perf_counter()
        for done in [threads.submit(_commit, ledger, changes) for changes in work]:
            done.result()
        return len(work) * _COMMITS / (time.perf_counter() - started)


def _commit(ledger: SqliteLedger, changes: Sequence[Change]) -> None:
    for wanted in changes:
        ledger.commit(wanted)


def _changes(name: str, number: int) -> Sequence[Change]:
    subject = prompt(name)
    return [change(subject, revision, text="escalation") for revision in range(number)]


def _reading(ledger: SqliteLedger, number: int) -> float:
    subject = prompt(f"one-{number}")
    started = time.perf_counter()
    for _ in range(_READS):
        ledger.read(subject)
    return _READS / (time.perf_counter() - started)


class _Bare:
    """Commits of the same rows, made before, without any rule or check."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.execute(STEPS[0])
        self._connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._position = 0
        wanted = change(prompt("bare"), text="escalation")
        self._draft = encode_event(wanted.events[0])
        self._state = encode_state(wanted.subject, wanted.state)

    def rate(self) -> float:
        head = self._draft.placed(1, GENESIS)
        entry = (digest(head), "prompt", "bare", head, self._draft.payload)
        started = time.perf_counter()
        for _ in range(_COMMITS):
            self._commit(entry)
        return _COMMITS / (time.perf_counter() - started)

    def _commit(self, entry: tuple[str, ...]) -> None:
        self._position += 1
        subject = ("acme", "prompt", "bare", self._position, self._state)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", ("acme", self._position, *entry)
        )
        self._connection.execute("REPLACE INTO subjects VALUES (?, ?, ?, ?, ?)", subject)
        self._connection.execute("COMMIT")


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what:30}{row.measured:12.2f} {row.unit:6} (reach: {row.reach})")
