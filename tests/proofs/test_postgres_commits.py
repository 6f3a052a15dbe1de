"""Promise PG: a connection that ends during COMMIT leaves nothing unknown, lost or doubled."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from attrs import define, field, frozen

from jackfield.adapters.postgres import PostgresLedger, writer
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import Conflict, Unavailable
from jackfield.domain.model.events import verify
from jackfield.domain.model.secrets import Secret
from tests.cables import Cable, Cut
from tests.proofs.sizes import sized

THREADS = 4
COMMITS = sized(15, full=1_000)
SHARE = 0.2


@define
class Plan:
    """Cuts a share of the commits, each side as often; deterministic but for the order of threads."""

    random: random.Random = field(factory=lambda: random.Random(4))
    cut: Counter[str] = field(factory=Counter[str])
    lock: threading.Lock = field(factory=threading.Lock)

    def __call__(self) -> Cut | None:
        with self.lock:
            if self.random.random() >= SHARE:
                return None
            chosen = self.random.choice((Cut.BEFORE, Cut.AFTER))
            self.cut[chosen.value] += 1
            return chosen


@frozen
class Told:
    """What the ledger said of one thread's commits."""

    done: int
    failed: int
    surprised: int


def commits(ledger: PostgresLedger, number: int) -> Told:
    """Commit one after the other; what did not happen is done again, from the same revision."""
    done = failed = surprised = 0
    while done < COMMITS:
        try:
            ledger.commit(change(prompt(str(number)), done, text=str(done)))
        except Unavailable:
            failed += 1
        except Conflict:  # it had happened, though we were told otherwise
            surprised += 1
            done += 1
        else:
            done += 1
    return Told(done, failed, surprised)


def stormed(url: str, plan: Plan) -> list[Told]:
    PostgresLedger(Secret(url)).close()  # makes the tables
    with (
        Cable(url, plan) as cable,
        PostgresLedger(Secret(cable.through)) as ledger,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        return list(threads.map(partial(commits, ledger), range(THREADS)))


def test_a_plan_is_asked_at_commits_and_at_nothing_else(postgres: str) -> None:
    asked = list[None]()
    PostgresLedger(Secret(postgres)).close()
    with (
        Cable(postgres, lambda: asked.append(None)) as cable,
        PostgresLedger(Secret(cable.through)) as ledger,
    ):
        for revision in range(3):
            ledger.commit(change(prompt(), revision))
            ledger.read(prompt())
    assert len(asked) == 3


def test_each_commit_happens_once_wherever_the_connection_ends(postgres: str) -> None:
    plan = Plan()
    told = stormed(postgres, plan)
    with PostgresLedger(Secret(postgres)) as ledger:
        assert verify(chain(ledger)).entries == THREADS * COMMITS
        revisions = [ledger.read(prompt(str(number))).revision for number in range(THREADS)]
        entries = Counter(
            (e.event.subject.name, (e.event.payload or {})["text"]) for e in chain(ledger, ORGANIZATION)
        )
    assert revisions == [COMMITS] * THREADS
    assert set(entries.values()) == {1}
    assert [each.surprised for each in told] == [0] * THREADS
    assert min(plan.cut[side.value] for side in Cut) > 0
    cut = ", ".join(f"{count} {side}" for side, count in plan.cut.items())
    print(f"\nPG: {THREADS * COMMITS} commits of {THREADS} threads, cut {cut}: 0 lost, 0 twice")


def test_a_commit_that_is_simply_sent_again_is_found(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> bool:
        return False

    monkeypatch.setattr(writer, "happened", no)
    assert sum(each.surprised for each in stormed(postgres, Plan())) > 0


def test_sessions_that_are_ended_by_the_server_lose_and_double_nothing(postgres: str) -> None:
    ended, stop = Counter[bool](), threading.Event()

    def end() -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            while not stop.wait(0.02):
                found = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                ended.update(done for (done,) in found)

    ender = threading.Thread(target=end)
    with PostgresLedger(Secret(postgres)) as ledger:
        ender.start()
        with ThreadPoolExecutor(THREADS) as threads:
            told = list(threads.map(partial(commits, ledger), range(THREADS)))
        stop.set()
        ender.join()
        assert verify(chain(ledger)).entries == THREADS * COMMITS
    assert [each.surprised for each in told] == [0] * THREADS
    print(f"\nPG: {THREADS * COMMITS} commits, {ended[True]} sessions ended by the server: 0 lost, 0 twice")
