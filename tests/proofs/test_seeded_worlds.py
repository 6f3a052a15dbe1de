"""X1: whole worlds by their seeds: all five services, several processes, every fault; and all laws hold.

A seed makes the platforms, the customers, the luck of every call, the deaths of processes and the power
cuts. One that fails is printed with the last steps of its trace, and runs alone by `JACKFIELD_SEED=NUMBER`.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

import pytest

from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.sqlite import opened
from jackfield.adapters.sqlite.connections import open_writer
from jackfield.domain.model.advice.keys import key_of
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Retry
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.events import Entry
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.advice.keeping import kept as keeping
from jackfield.domain.services.advice.keeping.answers import decode, encode
from jackfield.domain.services.advice.querying import answering as querying
from jackfield.domain.services.deliveries import passing
from jackfield.domain.services.deliveries.cutting import delivered
from jackfield.domain.services.prompts.operations import readback
from jackfield.domain.services.sessions.holding.admission import Admission, Permit
from jackfield.ports.destinations import Destination
from tests.proofs.sizes import sized
from tests.proofs.worlds.actors import agents, customers, editors
from tests.proofs.worlds.walks import Walked, walk

SEEDS: Final = sized(100, full=2_000)
AGAIN: Final = sized(4, full=50)
MOST: Final = 200
"""Seeds of a control, which ends at the first that finds its bug."""
pytestmark = pytest.mark.timeout(400)  # with all the others on two processors
_ROOT: Final = Path(__file__).parents[2]
ALONE: Final = os.environ.get("JACKFIELD_SEED")


def walked(seeds: Iterator[int] | range) -> Iterator[Walked]:
    """Walk through worlds, on all processors; give what came of each, in order."""
    found_here = patch.object(sys, "path", [str(_ROOT), *sys.path])
    with found_here, ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(walk, seeds, chunksize=5)


@pytest.mark.skipif(ALONE is None, reason="JACKFIELD_SEED=NUMBER runs one seed alone")
def test_one_seed_alone() -> None:
    came = walk(int(ALONE or 0))
    print("\n".join(("", *came.trace)))
    assert came.failure is None


@pytest.mark.skipif(ALONE is not None, reason="JACKFIELD_SEED is set")
def test_all_laws_hold_in_every_world(capsys: pytest.CaptureFixture[str]) -> None:
    counts, failed, steps = Counter[str](), list[Walked](), 0
    for came in walked(range(SEEDS)):
        counts.update(came.counts)
        steps += len(came.trace)
        failed += [came] if came.failure is not None else []
    killed = sum(times for what, times in counts.items() if what.endswith("killed"))
    with capsys.disabled():
        print(
            f"\nX1: {SEEDS} seeds, {steps} steps, {killed} killed in them, {counts['power_cut']} power cuts"
        )
        print("\n\n".join(map(str, failed)), end="")
    assert [came.seed for came in failed] == []
    assert min(killed, counts["power_cut"], counts["query"], counts["ask"], counts["turn"]) > SEEDS // 10


@pytest.mark.skipif(ALONE is not None, reason="JACKFIELD_SEED is set")
def test_a_seed_makes_the_same_world_again() -> None:
    seeds = range(1_000, 1_000 + AGAIN)
    assert [came.hash for came in walked(seeds)] == [walk(seed).hash for seed in seeds]


def found_by(complaint: str, actors: ModuleType) -> tuple[int, str]:
    """Return how many seeds it takes until one fails, and how; in worlds of these *actors* alone."""
    for seed in range(MOST):
        failure = walk(seed, actors).failure
        if failure is not None and complaint in failure:
            return seed + 1, failure.splitlines()[-1]
    pytest.fail(f"no seed of {MOST} finds it")


def _blind_resend(monkeypatch: pytest.MonkeyPatch) -> None:
    start = GenesysSessions.start

    def twice(self: GenesysSessions, *args: Any, **more: Any) -> Any:
        try:
            return start(self, *args, **more)
        except OutcomeUnknown:
            return start(self, *args, **more)

    monkeypatch.setattr(GenesysSessions, "start", twice)


def _settled_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readback, "happened", _yes)


def _no_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "key_of", partial(_without, key_of))
    monkeypatch.setattr(keeping.Answers, "_key", _key)
    monkeypatch.setattr(keeping, "encode", partial(_without, encode))
    monkeypatch.setattr(keeping, "decode", partial(_without, decode))


def _yes(*_: object) -> tuple[bool, None]:
    return True, None


def _key(_: object, key: str) -> str:
    return f"advice {key}"


def _permit(*_: object, **__: object) -> Permit:
    return Permit()


def _without(work: Callable[..., Any], _: object, *args: Any) -> Any:
    return work(organization("nobody"), *args)


def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admission, "admit", _permit)


def _lost_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(destination: Destination, entry: Entry) -> Delivery:
        verdict = delivered(destination, entry)
        return Delivered() if isinstance(verdict, Retry) else verdict

    monkeypatch.setattr(passing, "delivered", careless)


def _rarely_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*args: Any) -> Any:
        connection = open_writer(*args)
        connection.pragma("synchronous", "NORMAL")
        return connection

    monkeypatch.setattr(opened, "open_writer", careless)


BUGS: Final = {
    "a conversation is made again when nobody knows whether it was": (
        _blind_resend,
        "two conversations",
        customers,
    ),
    "a change is settled without reading the platform back": (
        _settled_unread,
        "is live on the platform",
        editors,
    ),
    "advice is kept without its organization": (_no_organization, "was given to", agents),
    "every session is admitted": (_no_limit, "conversations", customers),
    "a webhook without an answer is taken for delivered": (_lost_is_delivered, "never delivered", editors),
    "the disk is not synced at each commit": (_rarely_synced, "acknowledged", editors),
}


@pytest.mark.skipif(ALONE is not None, reason="JACKFIELD_SEED is set")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(
    bug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant: Callable[[pytest.MonkeyPatch], None]
    plant, complaint, actors = BUGS[bug]
    plant(monkeypatch)
    seeds, said = found_by(complaint, actors)
    with capsys.disabled():
        print(f"\nX1, control: {bug}: found by seed {seeds - 1} ({said[:80]})")
