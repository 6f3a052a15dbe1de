"""C3: a poisoned cache folder runs no code, reads and deletes nothing outside, and is a miss."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import diskcache  # type: ignore[import-untyped]  # it has no types
import pytest

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import FrozenClock
from tests.proofs.poisons import GOOD, KEY, POISONS, SECRET, Place, Poison, leads_outside, pickled_value

DAY = timedelta(days=1)


def name_of(poison: Poison) -> str:
    if isinstance(poison, partial):
        return "-".join((poison.func.__name__, *(str(value)[:24] for value in poison.keywords.values())))
    return poison.__name__


def outside(place: Place) -> dict[str, str]:
    """Every file outside of the cache's own folder, and what is in it."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in place.secret.parent.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.lay_out()
    return place


def work(place: Place) -> list[bytes | None]:
    """Read what was poisoned, write over it, read that, drop another, fill it, and open it once more."""
    seen = list[bytes | None]()
    for _ in range(2):
        cache = DiskCache(place.folder, FrozenClock())
        seen.append(cache.get(KEY))
        cache.drop("old 0")
        for number in range(12):
            cache.put(f"acme other {number}", b"x", DAY)
        cache.put(KEY, b"new", DAY)
        seen.append(cache.get(KEY))
        cache.close()
    return seen


@pytest.mark.parametrize("poison", POISONS, ids=name_of)
def test_a_poisoned_folder_runs_nothing_and_is_at_worst_a_miss(place: Place, poison: Poison) -> None:
    poison(place)
    before = outside(place)

    first, *later = work(place)

    assert (place.canary.exists(), outside(place)) == (False, before)
    assert (first in (None, GOOD), later) == (True, [b"new", b"new", b"new"])


def test_the_number_of_poisons_is_told() -> None:
    print(f"C3: {len(POISONS)} poisoned folders, no code ran, nothing outside was read or deleted")
    assert len(POISONS) >= 50


@pytest.mark.parametrize("disk", [diskcache.Disk, diskcache.JSONDisk])
def test_the_control_runs_what_the_row_brings(place: Place, disk: type) -> None:
    pickled_value(place, mode=4)
    if disk is diskcache.JSONDisk:
        row = diskcache.JSONDisk(str(place.folder)).put(KEY)[0]
        place.sql("UPDATE Cache SET key = ?", bytes(row))
    with diskcache.Cache(str(place.folder), disk=disk) as stock, suppress(TypeError):
        stock.get(KEY)
    assert place.canary.exists()


def test_the_control_reads_outside_of_its_folder(place: Place) -> None:
    leads_outside(place, mode=2, name="../../outside/secret")
    with diskcache.Cache(str(place.folder)) as stock:
        assert stock.get(KEY) == SECRET


def test_the_control_deletes_outside_of_its_folder(place: Place) -> None:
    leads_outside(place, mode=2, name="../../outside/secret")
    with diskcache.Cache(str(place.folder)) as stock:
        stock.delete(KEY)
    assert not place.secret.exists()
