"""C3 for advice: whatever is in its cache, no code runs, nothing outside is read, no other's advice given."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import diskcache  # type: ignore[import-untyped]  # it has no types
import pytest
from attrs import define

from jackfield.adapters.clock import SystemClock
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Origin
from tests.proofs.advisers import ROOT
from tests.proofs.pantries import (
    ACME,
    BEGUN,
    ENDED,
    GLOBEX,
    Pantry,
    damaged,
    foreign,
    forged,
    judge_elsewhere,
    query,
    right,
    seen,
)
from tests.proofs.poisons import POISONS, SECRET, Place, Poison, leads_outside, pickled_value
from tests.proofs.sizes import sized
from tests.proofs.test_poisoned_caches import name_of, outside

MUTATIONS: Final = sized(600, full=20_000)
KILLS: Final = sized(6, full=100)
OURS: Final = ("c-1", "c-2", "c-3")
ROUNDS: Final = 3
"""A row that cannot be trusted may be met, and all put aside, when the first round writes."""
LONG: Final = timedelta(minutes=10)
LARGE: Final = pytest.mark.timeout(900)  # at its full size


class AdvicePlace(Place):
    """A place whose cache folder holds answers, and what was shown."""

    def lay_out(self) -> None:
        """Let a process ask."""
        self.secret.parent.mkdir(parents=True)
        self.secret.write_bytes(SECRET)
        self.folder.parent.mkdir()
        with closing(Pantry(self.folder)) as pantry, pantry.process() as advice:
            for each in OURS:
                advice.displayed(advice.query(query(each)))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = AdvicePlace(tmp_path)
    place.lay_out()
    return place


@pytest.fixture
def pantry(tmp_path: Path) -> Iterator[Pantry]:
    with closing(Pantry(tmp_path / "cache")) as pantry:
        yield pantry


def work(place: Place) -> tuple[list[Origin], list[bool]]:
    """Ask all in rounds, each by another process; return where answers came from, and which were right."""
    origins, rights = list[Origin](), list[bool]()
    with closing(Pantry(place.folder)) as pantry:
        for each in OURS * ROUNDS:
            with pantry.process() as advice:
                advised = advice.query(query(each))
                advice.displayed(advised)
            origins.append(advised.origin)
            rights.append(seen(advised) == right(ACME, each))
    return origins, rights


@pytest.mark.parametrize("poison", POISONS, ids=name_of)
def test_advice_of_a_poisoned_folder_runs_nothing_and_is_right(place: Place, poison: Poison) -> None:
    poison(place)
    before = outside(place)

    origins, rights = work(place)

    assert (place.canary.exists(), outside(place)) == (False, before)
    assert rights == [True] * len(OURS) * ROUNDS
    assert origins[-len(OURS) :] == [Origin.CACHED] * len(OURS)  # it is of use again


def test_the_number_of_poisons_is_told() -> None:
    print(f"C3: advice on {len(POISONS)} poisoned folders: no code ran, nothing outside, every answer right")
    assert len(POISONS) >= 50


def kept(pantry: Pantry, conversation: str, organization: Organization = ACME) -> tuple[str, bytes]:
    """Ask and display; return the entry of the answer, and its key."""
    with pantry.process(organization) as advice:
        advised = advice.query(query(conversation))
        advice.displayed(advised)
    key = f"{organization} advice {advised.key}"
    entry = pantry.disk().get(key)
    assert entry is not None
    return key, entry


@define
class Tried:
    """What came of entries that were put under a key: asked anew, or refused while the platform is away."""

    wrong: int = 0
    fresh: int = 0
    kept: int = 0
    refused: int = 0


def tried(pantry: Pantry, key: str, entries: Iterator[bytes]) -> Tried:
    """Put each under the *key* of the first conversation, and ask by a process that knows nothing yet."""
    found, disk, librarian = Tried(), pantry.disk(), pantry.librarians[ACME]
    for number, entry in enumerate(entries):
        disk.put(key, entry, LONG)
        librarian.away = number % 2 == 1
        try:
            with pantry.process() as advice:
                advised = advice.query(query(OURS[0]))
        except Unavailable:
            found.refused += 1
            continue
        found.wrong += seen(advised) != right(ACME, OURS[0])
        found.fresh += advised.origin is Origin.FRESH
        found.kept += advised.origin is not Origin.FRESH
    librarian.away = False
    return found


@LARGE
def test_rot_is_found_and_is_a_miss(pantry: Pantry) -> None:
    key, entry = kept(pantry, OURS[0])
    source = Random(2026)
    found = tried(pantry, key, (damaged(source, entry) for _ in range(MUTATIONS)))
    print(f"C3: {MUTATIONS} rotten entries of advice: {found}")
    assert found == Tried(fresh=MUTATIONS // 2, refused=MUTATIONS // 2)
    assert pantry.troubles == []


def test_the_control_without_a_checksum_believes_some_of_the_rot(pantry: Pantry) -> None:
    _, entry = kept(pantry, OURS[0])
    source = Random(2026)
    said = [believed(damaged(source, entry)) for _ in range(MUTATIONS)]
    wrong = [each for each in said if each is not None and each != right(ACME, OURS[0])]
    print(f"C3: {len(wrong)} of {MUTATIONS} rotten entries would be believed without a checksum")
    assert wrong


def believed(entry: bytes) -> list[tuple[object, object]] | None:
    """What an agent would see who trusts the JSON of an entry."""
    with suppress(ValueError, IndexError, TypeError, KeyError):
        return [(each[0], each[2]) for each in json.loads(entry.partition(b"\n")[2])[4]]
    return None


def test_what_stands_under_another_key_or_of_another_organization_is_a_miss(pantry: Pantry) -> None:
    key, _ = kept(pantry, OURS[0])
    others = [
        kept(pantry, f"c-{n}", organization)[1] for n in range(2, 12) for organization in (ACME, GLOBEX)
    ]
    theirs = kept(pantry, OURS[0], GLOBEX)[1]
    entries = [theirs, theirs, *others, *(each for each in others for _ in range(2))]
    found = tried(pantry, key, iter(entries))
    trusted = [believed(each) for each in entries]
    print(f"C3: {len(entries)} entries of other keys and organizations under ours: {found}")
    assert found == Tried(fresh=len(entries) // 2, refused=len(entries) // 2)
    assert all(each and each != right(ACME, OURS[0]) for each in trusted)  # the control: they are well-formed


def test_all_that_another_organization_keeps_gives_us_nothing(pantry: Pantry) -> None:
    """Their answers, and what they were shown, each copied under the name that it would have as ours."""
    disk, names = pantry.disk(), list[tuple[str, str]]()
    for each in OURS:
        names.append((kept(pantry, each)[0], kept(pantry, each, GLOBEX)[0]))
        names.append((f"acme advice-shown {digest(each)}", f"globex advice-shown {digest(each)}"))
    for ours, theirs in names:
        disk.put(ours, disk.get(theirs) or b"", LONG)
    with pantry.process() as advice:
        found = [advice.query(query(each)) for each in OURS]
    print(f"C3: {len(names)} entries of another organization under our names")
    assert [(each.origin, seen(each)) for each in found] == [
        (Origin.FRESH, right(ACME, each)) for each in OURS
    ]
    assert not any(one.shown for each in found for one in each.accepted)


def test_what_no_advice_wrote_is_a_miss(pantry: Pantry, tmp_path: Path) -> None:
    key, _ = kept(pantry, OURS[0])
    canary = tmp_path / "canary"
    entries = [each for each in foreign(canary) for _ in range(2)]
    found = tried(pantry, key, iter(entries))
    print(f"C3: {len(entries)} foreign entries: {found}")
    assert found == Tried(fresh=len(entries) // 2, refused=len(entries) // 2)
    assert not canary.exists()


@LARGE
def test_a_forged_entry_with_a_checksum_that_fits_raises_nothing_of_others(pantry: Pantry) -> None:
    """Nothing is signed: who may write here can advise. But no error of another kind comes of it."""
    key, entry = kept(pantry, OURS[0])
    source = Random(2027)
    found = tried(pantry, key, (forged(source, entry) for _ in range(MUTATIONS)))
    print(f"C3: {MUTATIONS} forged entries: {found}")
    assert found.fresh + found.kept + found.refused == MUTATIONS


@LARGE
@pytest.mark.parametrize("name", ["advice-dropped", f"advice-shown {digest(OURS[0])}"])
def test_other_entries_that_are_foreign_or_rotten_keep_nobody_from_advice(
    pantry: Pantry, name: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    with pantry.process() as advice:
        advised = advice.query(query(OURS[0]))
        advice.displayed(advised)
        judge_elsewhere(advice, advised)
    (key,) = keys(pantry, f"acme {name}")
    entry, source, disk = pantry.disk().get(key), Random(2028), pantry.disk()
    assert entry is not None
    entries = [*foreign(canary), *(damaged(source, entry) for _ in range(MUTATIONS // 4))]
    wrong, expected = 0, right(ACME, OURS[0])
    judged = [each for each in expected if each != seen(advised)[0]]  # where the entry is believed
    for each in entries:
        disk.put(key, each, LONG)
        with pantry.process() as advice:
            wrong += seen(advice.query(query(OURS[0]))) not in (expected, judged)
    print(f"C3: {len(entries)} spoilt entries of {name}: {wrong} wrong answers")
    assert (wrong, canary.exists(), pantry.troubles) == (0, False, [])


def keys(pantry: Pantry, beginning: str) -> list[str]:
    """The keys that begin so."""
    found = [key for (key,) in pantry.sql("SELECT key FROM Cache ORDER BY key")]
    return [key for key in found if key.startswith(beginning)]


@LARGE
def test_writers_that_are_killed_leave_whole_answers_or_none(tmp_path: Path) -> None:
    folder, source, halfway, origins = tmp_path / "cache", Random(2029), 0, Counter[Origin]()
    for number in range(KILLS):
        halfway += killed(folder, str(number), after=source.randrange(1, 40))
        with closing(Pantry(folder, SystemClock())) as pantry, pantry.process() as advice:
            found = {f"c-{n}": advice.query(query(f"c-{n}")) for n in range(0, 200, 10)}
            origins.update(each.origin for each in found.values())
        assert {name: seen(each) for name, each in found.items()} == {
            name: right(ACME, name) for name in found
        }
        assert pantry.troubles == []
    print(f"C3: {KILLS} writers killed, {halfway} of them within a write: {dict(origins)}, all right")
    assert (halfway > 0, origins[Origin.CACHED] > 0) == (True, True)


def killed(folder: Path, seed: str, *, after: int) -> bool:
    """Let a process write, and kill it when it begins to once more; return whether that never ended."""
    command = [sys.executable, "-m", "tests.proofs.pantries", str(folder), seed]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = b""
        while told.count(BEGUN) < after:
            one = os.read(process.stdout.fileno(), 1)
            assert one, "it ended by itself"
            told += one
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read()
    return told.count(BEGUN) > told.count(ENDED)


@define(eq=False)
class Stock:
    """The cache on disk as it comes, without the guard."""

    store: Any

    def get(self, key: str) -> Any:
        """Read."""
        return self.store.get(key)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Write."""
        self.store.set(key, value, expire=lifetime.total_seconds())

    def drop(self, key: str) -> None:
        """Drop."""
        self.store.delete(key)

    def close(self) -> None:
        """Close."""
        self.store.close()


def ask_on_stock(place: Place) -> None:
    """Ask for advice on the stock cache, in the folder that ours made."""
    with closing(Pantry(place.folder)) as pantry:
        stock = Stock(diskcache.Cache(str(pantry.folder)))
        with pantry.process(cache=stock) as advice, suppress(AttributeError, TypeError):
            advice.query(query(OURS[0]))


def test_the_control_runs_what_an_entry_brings(place: Place) -> None:
    pickled_value(place, mode=4)
    ask_on_stock(place)
    assert place.canary.exists()


def test_the_control_deletes_outside_of_its_folder(place: Place) -> None:
    leads_outside(place, mode=2, name="../../outside/secret")
    ask_on_stock(place)
    assert not place.secret.exists()
