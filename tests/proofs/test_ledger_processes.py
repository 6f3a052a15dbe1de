"""Promises A1 and A4, and K1 so far as processes go: several share one file, their end loses nothing."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import OpenedBeforeFork, Unavailable
from jackfield.domain.model.events import START, verify
from jackfield.domain.model.subjects import Kind
from tests.forks import Forked
from tests.proofs.sizes import sized

WRITER = """
import sys, threading
from pathlib import Path
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import change, change_again, prompt

path, name, threads, commits = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def work(number):
    subject = prompt(f"{name}-{number}")
    for i in range(commits):
        ledger.commit(change(subject, i))
        if i % 10 == 0:
            change_again(ledger, change(prompt("shared")))
        if threads == 1:
            print(i + 1, flush=True)

with SqliteLedger(path) as ledger:
    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


def start(path: Path, name: str, *, threads: int, commits: int) -> subprocess.Popen[str]:
    arguments = [str(path), name, str(threads), str(commits)]
    return Forked(["-c", WRITER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_and_threads_make_one_chain(path: Path) -> None:
    names, commits = "abcd"[: sized(2, full=4)], sized(200, full=1_250)
    processes = [start(path, name, threads=4, commits=commits) for name in names]
    assert [p.communicate()[1] for p in processes] == [""] * len(names)
    with SqliteLedger(path) as ledger:
        shared = len(names) * 4 * commits // 10
        entries = len(names) * 4 * commits + shared
        assert verify(chain(ledger)).entries == entries
        revisions = {s.name: ledger.read(s).revision for s in ledger.subjects(ORGANIZATION, Kind.PROMPT)}
    assert revisions.pop("shared") == shared
    assert set(revisions.values()) == {commits}
    print(f"\nA4: {entries} entries by {len(names)} processes with 4 threads each: one chain")


def test_processes_can_make_the_file_at_the_same_time(path: Path) -> None:
    for _ in range(sized(2, full=20)):
        processes = [start(path, str(n), threads=1, commits=3) for n in range(4)]
        assert [p.communicate()[1] for p in processes] == [""] * 4
        for file in path.parent.iterdir():
            file.unlink()


def test_a_kill_loses_nothing_that_was_acknowledged(path: Path) -> None:
    kills = sized(8, full=200)
    acknowledged = [killed_after(path, f"run-{kill}", 1 + kill % 7) for kill in range(kills)]
    with SqliteLedger(path) as ledger:
        kept = [ledger.read(prompt(f"run-{kill}-0")).revision for kill in range(kills)]
        assert verify(chain(ledger)).head == ledger.head(ORGANIZATION).head
    assert [k >= a for k, a in zip(kept, acknowledged, strict=True)] == [True] * kills
    print(f"\nA1: {kills} kills, {sum(acknowledged)} acknowledged commits, 0 lost, one chain")


def killed_after(path: Path, name: str, commits: int) -> int:
    """Kill a writer in the middle of its work, and return what it had acknowledged."""
    process = start(path, name, threads=1, commits=100_000)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(commits)]
    process.kill()
    lines += process.stdout.read().splitlines(keepends=True)
    process.communicate()
    return max(int(line) for line in lines if line.endswith("\n"))


def test_a_ledger_is_not_used_across_a_fork(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        verbs = (
            lambda: ledger.read(prompt()),
            lambda: ledger.subjects(ORGANIZATION, Kind.PROMPT),
            lambda: ledger.commit(change(prompt(), 1)),
            lambda: ledger.follow(ORGANIZATION, START, 1),
            lambda: ledger.head(ORGANIZATION),
            ledger.close,
        )
        child = os.fork()
        if child == 0:
            refused = 0
            for verb in verbs:
                try:
                    verb()
                except OpenedBeforeFork:
                    refused += 1
            os._exit(refused)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(verbs)
        assert ledger.commit(change(prompt(), 1)) == ledger.head(ORGANIZATION)


def test_who_waits_too_long_for_another_process_is_told(path: Path) -> None:
    with SqliteLedger(path, patience=timedelta(milliseconds=50)) as ledger:
        ledger.commit(change(prompt()))
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="another process holds it for too long; nothing was changed"):
            ledger.commit(change(prompt(), 1))
        assert ledger.read(prompt()).revision == 1
        other.execute("ROLLBACK")
        other.close()
        ledger.commit(change(prompt(), 1))


def test_a_full_disk_stops_a_commit_and_nothing_else(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        receipt = ledger.commit(change(prompt()))
        pages = ledger.file.connection.pragma("page_count")
        ledger.file.connection.pragma("max_page_count", pages)
        with pytest.raises(Unavailable, match="the disk is full; nothing was changed; free some space"):
            ledger.commit(change(prompt("large"), text="x" * 1_000_000))
        assert ledger.head(ORGANIZATION) == receipt
        ledger.file.connection.pragma("max_page_count", 1_000_000)
        ledger.commit(change(prompt(), 1))
        assert verify(chain(ledger)).entries == 2
