"""C1 for advice: one upstream call a cold key, over threads, and over processes by a lease."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.domain.model.errors import PermissionDenied
from jackfield.domain.services.advice import Advice
from tests.proofs.advisers import ROOT, Echo, advice, at_once, query
from tests.proofs.sizes import sized

THREADS = 32
ROUNDS = sized(20, full=100)
PROCESSES = sized(3, full=4)
KEYS = sized(5, full=25)


@pytest.fixture
def gateway() -> Echo:
    return Echo()


@pytest.fixture
def own(gateway: Echo, tmp_path: Path) -> Iterator[Advice]:
    own, ledger = advice(tmp_path, gateway)
    yield own
    own.close()
    ledger.close()


def test_threads_make_one_call_a_cold_key(own: Advice, gateway: Echo) -> None:
    names, found = [f"c-{n}" for n in range(ROUNDS)], Counter[str]()
    for name in names:
        at_once(THREADS, _counting(own, name, found))
    print(f"C1: {THREADS} threads, {ROUNDS} cold keys, {sum(gateway.calls.values())} calls")
    assert gateway.calls == Counter(names)
    assert found == {f"for {name}": THREADS for name in names}


def _counting(own: Advice, name: str, found: Counter[str]) -> Callable[[], None]:
    return lambda: found.update([own.query(query(name)).accepted[0].item.id])


def test_the_error_of_the_one_call_reaches_all(own: Advice, gateway: Echo) -> None:
    def refuse(_: str) -> None:
        take_long(gateway)
        raise PermissionDenied("it lacks agentassist:view")

    errors = list[PermissionDenied]()

    def ask() -> None:
        try:
            own.query(query("refused"))
        except PermissionDenied as error:
            errors.append(error)

    gateway.note = refuse
    at_once(THREADS, ask)
    print(f"C1: {THREADS} threads, 1 failing call, {len(errors)} errors")
    assert (len(errors), len({id(error) for error in errors})) == (THREADS, THREADS)
    assert gateway.calls["refused"] == 1


def take_long(gateway: Echo) -> None:
    """Take long enough for all threads to come."""
    SystemClock().sleep(100 * gateway.takes)


def test_the_control_without_single_flight_calls_more_often(own: Advice, gateway: Echo) -> None:
    asking, sieve = own.querying.asking, own.sieve
    at_once(THREADS, lambda: asking.ask(query("alone"), sieve, own.querying.clock.monotonic() + 30))
    assert gateway.calls["alone"] == THREADS


@pytest.mark.parametrize("leases", ["leases", "none"])
def test_processes_make_one_call_a_cold_key_by_a_lease(tmp_path: Path, leases: str) -> None:
    names = [f"c-{n}" for n in range(KEYS)]
    found = _ask_at_once(tmp_path, names, leases)
    calls = Counter((tmp_path / "calls").read_text(encoding="utf-8").split())
    origins = Counter(origin for each in found for origin, _ in each)
    print(f"C1: {PROCESSES} processes, {leases}, {KEYS} cold keys, {calls.total()} calls: {origins}")
    assert {tuple(name for _, name in each) for each in found} == {tuple(f"for {name}" for name in names)}
    if leases == "leases":
        assert calls == Counter(names)
    else:  # the control: without it each process asks for itself
        assert calls.total() > KEYS


def _ask_at_once(folder: Path, names: list[str], leases: str) -> list[list[tuple[str, str]]]:
    """Ask in several processes on one folder, from one moment."""
    command = [sys.executable, "-m", "tests.proofs.advisers", str(folder), leases]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(names)}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
    outputs = [process.communicate("go\n", timeout=120)[0] for process in _begun(processes)]
    return [[(origin, name) for origin, name in json.loads(output)] for output in outputs]


def _begun(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes
