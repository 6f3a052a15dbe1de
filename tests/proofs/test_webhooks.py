"""W1: webhooks are not lost, not out of order, and not applied twice by their id, whoever is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import change, event, prompt
from jackfield.domain.services.deliveries import Stand
from tests.proofs.couriers import courier
from tests.proofs.receivers import FAULTS, Receiver, receiving
from tests.proofs.sizes import sized

EVENTS: Final = sized(60, full=2_000)
KILLS: Final = sized(2, full=100)
SUBJECTS: Final = 25
WORKERS: Final = 2
_ROOT: Final = Path(__file__).parents[2]


def _happen(ledger: SqliteLedger) -> dict[str, list[int]]:
    """Fill the log, its subjects mixed; return the positions of each."""
    order = random.Random(3)
    told: dict[str, list[int]] = {f"p{n}": [] for n in range(SUBJECTS)}
    for number in range(EVENTS):
        name = f"p{order.randrange(SUBJECTS)}"
        happened = evolve(event(prompt(name)), id=f"{number:032x}")
        made = evolve(change(prompt(name), len(told[name])), events=(happened,))
        ledger.commit(made)
        told[name].append(number + 1)
    return {name: positions for name, positions in told.items() if positions}


def _start(path: Path, url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.proofs.couriers", str(path), url], cwd=_ROOT)


@contextmanager
def _working(path: Path, url: str) -> Generator[list[subprocess.Popen[bytes]]]:
    workers = [_start(path, url) for _ in range(WORKERS)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _kill_and_replace(workers: list[subprocess.Popen[bytes]], choice: int, path: Path, url: str) -> None:
    workers[choice].kill()
    workers[choice].wait()
    workers[choice] = _start(path, url)


def _kill_them(path: Path, url: str, receiver: Receiver) -> int:
    """Kill workers while they work, until enough are dead; return how many it was in the middle of it."""
    choose, killed = random.Random(7), 0
    with _working(path, url) as workers:
        while killed < KILLS:
            receiver.wait_for(receiver.requests + choose.randrange(3, 12), applied=EVENTS)
            if len(receiver.applied) >= EVENTS:
                break
            _kill_and_replace(workers, killed % WORKERS, path, url)
            killed += 1
    return killed


def _finish(ledger: SqliteLedger, url: str) -> None:
    """Deliver what is left, in this process."""
    deliveries = courier(ledger, url)
    while deliveries.status()[0].stand is not Stand.CURRENT:
        deliveries.run(deliveries.passing.pause.lease)
        time.sleep(0.01)


def test_all_come_in_order_and_once_by_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ledger.db"
    with receiving() as (receiver, url):
        with SqliteLedger(path) as ledger:
            told = _happen(ledger)
        killed = _kill_them(path, url, receiver)
        with SqliteLedger(path) as ledger:
            _finish(ledger, url)
            state = courier(ledger, url).records.load("hooks").state
    applied = {name: [position for each, position in receiver.applied if each == name] for name in told}
    with capsys.disabled():
        print(
            f" W1: {EVENTS} events, {receiver.requests} requests, {sum(receiver.played.values())} faults,"
            f" {killed} kills, {receiver.repeats} repeats"
        )
    assert applied == told
    assert (state.dead, state.waiting, receiver.forged) == ((), (), 0)
    assert all(receiver.played[kind] for kind in FAULTS)


def test_control_whoever_keeps_no_ids_applies_some_twice(tmp_path: Path) -> None:
    with receiving() as (receiver, url), SqliteLedger(tmp_path / "ledger.db") as ledger:
        _happen(ledger)
        _finish(ledger, url)
        assert receiver.repeats > 0
