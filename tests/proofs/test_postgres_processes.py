"""Promise PG: A4 on PostgreSQL, and processes that are killed while others go on."""

from __future__ import annotations

import os
import random
import subprocess
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import Conflict, OpenedBeforeFork
from jackfield.domain.model.events import START, verify
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Kind, organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.forks import Forked
from tests.proofs.sizes import sized
from tests.unit.services.conftest import FIRST, NAME, version

WRITER = """
import sys, threading
from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.testing.changes import change, change_again, prompt
from jackfield.domain.model.secrets import Secret

name, threads, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def work(number):
    subject = prompt(f"{name}-{number}")
    for i in range(commits):
        ledger.commit(change(subject, i, text=str(i)))
        if i % 10 == 0:
            change_again(ledger, change(prompt("shared")))
        if threads == 1:
            print(i + 1, flush=True)

with PostgresLedger(Secret(sys.stdin.readline().strip())) as ledger:
    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
"""


def start(url: str, name: str, *, threads: int, commits: int) -> subprocess.Popen[str]:
    """Start a writer; it hears the URL on its standard input, where no list of processes shows it."""
    process = Forked[str](
        ["-c", WRITER, name, str(threads), str(commits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(url + "\n")
    process.stdin.flush()
    return process


def test_processes_and_threads_make_one_chain(postgres: str) -> None:
    names, commits = "abcd"[: sized(2, full=4)], sized(50, full=1_250)
    processes = [start(postgres, name, threads=4, commits=commits) for name in names]
    assert [p.communicate()[1] for p in processes] == [""] * len(names)
    with PostgresLedger(Secret(postgres)) as ledger:
        shared = len(names) * 4 * commits // 10
        entries = len(names) * 4 * commits + shared
        assert verify(chain(ledger)).entries == entries
        revisions = {s.name: ledger.read(s).revision for s in ledger.subjects(ORGANIZATION, Kind.PROMPT)}
    assert revisions.pop("shared") == shared
    assert set(revisions.values()) == {commits}
    print(f"\nPG A4: {entries} entries by {len(names)} processes with 4 threads each: one chain")


def killed_after(url: str, name: str, commits: int) -> int:
    """Kill a writer in the middle of its work, and return what it had acknowledged."""
    process = start(url, name, threads=1, commits=100_000)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(commits)]
    process.kill()
    lines += process.stdout.read().splitlines(keepends=True)
    assert process.communicate()[1] == ""
    return max(int(line) for line in lines if line.endswith("\n"))


@contextmanager
def sessions_ended(url: str) -> Generator[list[int]]:
    """End sessions at random while the block lasts; how many is in the list afterwards."""
    stop, ended = threading.Event(), [0]
    chance = random.Random(4)

    def end() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.wait(chance.random() * 0.1):
                found = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state <> 'idle'"
                    " AND datname = current_database() AND pid <> pg_backend_pid() LIMIT 1"
                )
                ended[0] += len(found.fetchall())

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join()


def test_kills_of_processes_and_sessions_lose_and_double_nothing(postgres: str) -> None:
    kills, commits = sized(3, full=100), sized(40, full=1_000)
    steady = start(postgres, "steady", threads=2, commits=commits)
    with sessions_ended(postgres) as ended:
        acknowledged = [killed_after(postgres, f"run-{kill}", 1 + kill % 7) for kill in range(kills)]
        assert steady.communicate()[1] == ""
    with PostgresLedger(Secret(postgres)) as ledger:
        kept = [ledger.read(prompt(f"run-{kill}-0")).revision for kill in range(kills)]
        assert [ledger.read(prompt(f"steady-{number}")).revision for number in range(2)] == [commits] * 2
        assert verify(chain(ledger)).head == ledger.head(ORGANIZATION).head
        told = [(e.event.subject.name, (e.event.payload or {})["text"]) for e in chain(ledger)]
    alone = [each for each in told if each[0] != "shared"]
    assert [0 <= k - a <= 1 for k, a in zip(kept, acknowledged, strict=True)] == [True] * kills
    assert (len(alone), len({*alone})) == (sum(kept) + 2 * commits,) * 2
    print(f"\nPG: {kills} processes killed, {ended[0]} sessions ended, {len(told)} entries: 0 lost, 0 twice")


def test_a_ledger_is_not_used_across_a_fork(postgres: str) -> None:
    with PostgresLedger(Secret(postgres)) as ledger:
        ledger.commit(change(prompt()))
        verbs: tuple[Callable[[], object], ...] = (
            lambda: ledger.read(prompt()),
            lambda: ledger.read_all([prompt()]),
            lambda: ledger.subjects(ORGANIZATION, Kind.PROMPT),
            lambda: ledger.commit(change(prompt(), 1)),
            lambda: ledger.follow(ORGANIZATION, START, 1),
            lambda: ledger.head(ORGANIZATION),
            lambda: ledger.erase(ORGANIZATION, []),
            ledger.close,
        )
        child = os.fork()
        if child == 0:
            os._exit(sum(map(is_refused, verbs)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(verbs)
        ledger.commit(change(prompt(), 1))


def is_refused(verb: Callable[[], object]) -> bool:
    try:
        verb()
    except OpenedBeforeFork:
        return True
    return False


ROUNDS = sized(6, full=200)
MACHINES = 3


@pytest.fixture
def machines(postgres: str, tmp_path: Path) -> Iterator[list[Core]]:
    """Cores with state folders of their own, one platform and one ledger."""
    clock = FrozenClock()
    platform = Platform(clock=clock)
    cores = [
        build(
            Settings(
                target="test",
                platform="simulator",
                organization=organization("acme"),
                folder=tmp_path / f"machine-{number}",
                ledger=Secret(postgres),
            ),
            Parts(clock=clock, send=platform.send),
        )
        for number in range(MACHINES)
    ]
    yield cores
    for core in cores:
        core.close()


def test_of_machines_that_promote_one_prompt_at_once_one_wins(machines: list[Core]) -> None:
    all_ = [core.acting_as(f"machine-{n}", reason="PG").prompts for n, core in enumerate(machines)]
    all_[0].publish(FIRST)
    for number in range(1, MACHINES + 1):
        all_[0].publish(version(f"1.0.{number}"))

    def promote(number: int) -> bool:
        me, wanted = all_[number], all_[number].version(NAME, f"1.0.{number + 1}")
        start.wait()
        try:
            me.promote(wanted, expecting=before)
        except Conflict:
            return False
        return True

    for _ in range(ROUNDS):
        all_[0].promote(all_[0].version(NAME, "1.0.0"))
        before, start = all_[0].version(NAME, "1.0.0"), threading.Barrier(MACHINES)
        won = in_threads(promote)
        live = {each.live(NAME).number for each in all_}
        assert (won.count(True), live) == (1, {f"1.0.{won.index(True) + 1}"})
        assert all_[0].status(NAME).platform.drift is False
    assert len(all_[0].log(NAME)) == 2 * ROUNDS
    machines[0].audit.verify()
    print(f"\nPG: {ROUNDS} times {MACHINES} machines promoted one prompt at once: exactly one won each time")


def in_threads(work: Callable[[int], bool]) -> list[bool]:
    with ThreadPoolExecutor(MACHINES) as threads:
        return list(threads.map(work, range(MACHINES)))
