"""The SQLite ledger's commits against bare commits of the same bytes, and 16 threads against one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Final

import apsw

from benchmarks.disks import SLOWER_MS, slow_disk
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
_CROWDS: Final = 3
_SLOW_ROUNDS: Final = 4
_CROWD_COMMITS: Final = 60


def run(rounds: int = _ROUNDS) -> list[Row]:
    """Measure all in turns, and return medians and ratios of the same run."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        rates = _rates(Path(folder), rounds)
        crowd = median(_crowd(Path(folder)) for _ in range(_CROWDS))
    with slow_disk(), tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        slow = median(many / one for _, one, many, _ in _rates(Path(folder), _SLOW_ROUNDS))
    bare, one, many, reads = (median(values) for values in zip(*rates, strict=True))
    return [
        Row("bare apsw commit of the same rows", 1e6 / bare, "µs", "-"),
        Row("ledger commit, 1 thread", 1e6 / one, "µs", "-"),
        Row("ledger commit / bare commit", median(b / o for b, o, *_ in rates), "ratio", "-"),
        Row("ledger commits, 16 threads", many, "1/s", "-"),
        Row("16 threads / one at a time", median(m / o for _, o, m, _ in rates), "ratio", ">= 8"),
        Row(f"the same, {SLOWER_MS} ms more a sync", slow, "ratio", ">= 8"),
        Row("bare commits, 16 threads with a connection each", crowd, "1/s", "-"),
        Row("16 threads / 16 threads with a connection each", many / crowd, "ratio", "-"),
        Row("ledger read", 1e6 / reads, "µs", "-"),
    ]


def _rates(folder: Path, rounds: int) -> Sequence[tuple[float, float, float, float]]:
    bare = _Bare(folder / "bare.db")
    with SqliteLedger(folder / "state" / "ledger.db") as ledger:
        return [
            (bare.rate(), _one(ledger, n), _many(ledger, n), _reading(ledger, n)) for n in range(rounds + 1)
        ][1:]


def _crowd(folder: Path) -> float:
    """Commits per second of threads that do not share a group: each has a connection of its own."""
    writers = [_Bare(folder / "crowd.db", thread * _CROWD_COMMITS) for thread in range(_THREADS)]
    with ThreadPoolExecutor(_THREADS) as threads:
        started = time.perf_counter()
        for done in [threads.submit(writer.rate, _CROWD_COMMITS) for writer in writers]:
            done.result()
        seconds = time.perf_counter() - started
    for writer in writers:
        writer.close()
    (folder / "crowd.db").unlink()
    return _THREADS * _CROWD_COMMITS / seconds


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

    def __init__(self, path: Path, position: int = 0) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(60_000)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        if not self._connection.pragma("user_version"):
            self._connection.execute(STEPS[0])
            self._connection.execute("PRAGMA user_version = 1")
        self._position = position
        wanted = change(prompt("bare"), text="escalation")
        self._draft = encode_event(wanted.events[0])
        self._state = encode_state(wanted.subject, wanted.state)

    def close(self) -> None:
        self._connection.close()

    def rate(self, commits: int = _COMMITS) -> float:
        head = self._draft.placed(1, GENESIS)
        entry = (digest(head), "prompt", "bare", head, self._draft.payload)
        started = time.perf_counter()
        for _ in range(commits):
            self._commit(entry)
        return commits / (time.perf_counter() - started)

    def _commit(self, entry: tuple[str, ...]) -> None:
        self._position += 1
        subject = ("acme", "prompt", "bare", self._position, self._state)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", ("acme", self._position, *entry)
        )
        self._connection.execute("REPLACE INTO subjects VALUES (?, ?, ?, ?, ?)", subject)
        self._connection.execute("COMMIT")
