"""W1: webhooks are not lost, not out of order, and not applied twice by their id, whoever is killed.

Cursors, retries and leases stand in the ledger: in a file, and in a PostgreSQL database.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

from jackfield.adapters.testing.changes import change, event, prompt
from jackfield.domain.model.deliveries.states import DestinationState
from jackfield.domain.services.deliveries import Stand
from jackfield.ports.ledger import Ledger
from tests.forks import Forked
from tests.proofs.couriers import courier, opened
from tests.proofs.receivers import FAULTS, Receiver, receiving
from tests.proofs.sizes import sized

EVENTS: Final = sized(60, full=2_000)
KILLS: Final = sized(2, full=100)
SUBJECTS: Final = 25
WORKERS: Final = 2
_ROOT: Final = Path(__file__).parents[2]


def _happen(ledger: Ledger) -> dict[str, list[int]]:
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


def _start(place: str, url: str) -> subprocess.Popen[bytes]:
    worker = Forked[bytes](["-m", "tests.proofs.couriers", url], cwd=_ROOT, stdin=subprocess.PIPE)
    assert worker.stdin is not None
    with worker.stdin as told:
        told.write(place.encode() + b"\n")
    return worker


@contextmanager
def _working(place: str, url: str) -> Generator[list[subprocess.Popen[bytes]]]:
    workers = [_start(place, url) for _ in range(WORKERS)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _kill_and_replace(workers: list[subprocess.Popen[bytes]], choice: int, place: str, url: str) -> None:
    workers[choice].kill()
    workers[choice].wait()
    workers[choice] = _start(place, url)


def _kill_them(place: str, url: str, receiver: Receiver) -> int:
    """Kill workers while they work, until enough are dead; return how many it was in the middle of it."""
    choose, killed = random.Random(7), 0
    with _working(place, url) as workers:
        while killed < KILLS:
            receiver.wait_for(receiver.requests + choose.randrange(3, 12), applied=EVENTS)
            if len(receiver.applied) >= EVENTS:
                break
            _kill_and_replace(workers, killed % WORKERS, place, url)
            killed += 1
    return killed


def _finish(place: str, url: str) -> DestinationState:
    """Deliver what is left, in this process."""
    with opened(place) as (ledger, leases):
        deliveries = courier(ledger, leases, url)
        while deliveries.status()[0].stand is not Stand.CURRENT:
            deliveries.run(deliveries.passing.pause.lease)
            time.sleep(0.01)
        return deliveries.records.load("hooks").state


def _delivered(place: str) -> tuple[Receiver, DestinationState, dict[str, list[int]], int]:
    """Fill a ledger and deliver all; return who received, how it ended, what happened, and the kills."""
    with receiving() as (receiver, url):
        with opened(place) as (ledger, _):
            told = _happen(ledger)
        killed = _kill_them(place, url, receiver)
        return receiver, _finish(place, url), told, killed


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the ledger is: a file, or a database."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return str(tmp_path / "ledger.db")


def test_all_come_in_order_and_once_by_id(
    place: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    receiver, state, told, killed = _delivered(place)
    applied = {name: [position for each, position in receiver.applied if each == name] for name in told}
    with capsys.disabled():
        print(
            f" W1, {request.node.callspec.id}: {EVENTS} events, {receiver.requests} requests,"
            f" {sum(receiver.played.values())} faults, {killed} kills, {receiver.repeats} repeats"
        )
    assert applied == told
    assert (state.dead, state.waiting, receiver.forged) == ((), (), 0)
    assert all(receiver.played[kind] for kind in FAULTS)


def test_control_whoever_keeps_no_ids_applies_some_twice(tmp_path: Path) -> None:
    place = str(tmp_path / "ledger.db")
    with receiving() as (receiver, url):
        with opened(place) as (ledger, _):
            _happen(ledger)
        _finish(place, url)
        assert receiver.repeats > 0
