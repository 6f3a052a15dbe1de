"""The cache on disk: made late, shared, and never an error."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from attrs import define, field
from loguru import logger

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import FrozenClock
from jackfield.ports.cache import Look
from jackfield.ports.clock import Clock

DAY = timedelta(days=1)
KEY = "acme live one"
Open = Callable[..., DiskCache]


@define
class Opened:
    """Caches on one folder, and what each told of its trouble."""

    folder: Path
    clock: FrozenClock = field(factory=FrozenClock)
    told: list[str] = field(factory=list[str])
    caches: list[DiskCache] = field(factory=list[DiskCache])

    def __call__(self, clock: Clock | None = None) -> DiskCache:
        cache = DiskCache(self.folder, clock or self.clock, failed=self.told.append)
        self.caches.append(cache)
        return cache

    def asides(self) -> int:
        """How many folders were put aside."""
        return len(list(self.folder.parent.glob("cache.aside-*")))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(tmp_path / "cache")
    yield opened
    for cache in opened.caches:
        cache.close()


def spoil(folder: Path) -> None:
    (folder / "cache.db").write_bytes(b"garbage" * 1000)


def test_reading_makes_no_folder(opened: Opened) -> None:
    opened().get(KEY)
    assert not opened.folder.exists()


def test_the_folder_and_its_file_are_the_owners_alone(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    modes = {oct(path.stat().st_mode & 0o777) for path in (opened.folder, opened.folder / "cache.db")}
    assert modes == {"0o700", "0o600"}


def test_opening_imports_no_library(tmp_path: Path) -> None:
    script = (
        "import sys; from jackfield.entrypoints.parts.reading import Reading;"
        "print({'diskcache', 'sqlite3'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "set()\n"


def test_it_survives_its_process(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    opened.caches[0].close()
    assert opened().get(KEY) == b"x"


def test_a_clock_that_steps_back_loses_nothing(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    earlier = FrozenClock(start=datetime(2025, 1, 1, tzinfo=UTC))
    assert opened(earlier).get(KEY) == b"x"


def test_a_damaged_store_is_put_aside_and_made_anew(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    opened.caches[0].close()
    spoil(opened.folder)
    cache = opened()
    missed = cache.get(KEY)
    cache.put(KEY, b"y", DAY)
    assert (missed, cache.get(KEY), opened.told, opened.asides()) == (None, b"y", ["damaged"], 1)


def test_only_the_newest_is_kept_aside(opened: Opened) -> None:
    for _ in range(3):
        opened().put(KEY, b"x", DAY)
        opened.caches[-1].close()
        spoil(opened.folder)
        opened().get(KEY)
    assert opened.asides() == 1


def test_what_is_spoilt_again_and_again_is_given_up_for_a_while(opened: Opened) -> None:
    cache = opened()
    for _ in range(6):
        cache.put(KEY, b"x", DAY)
        cache._let_go()
        if opened.folder.exists():
            spoil(opened.folder)
        cache.get(KEY)
    assert (cache.get(KEY), len(opened.told)) == (None, 4)


def test_a_store_that_another_locks_is_a_miss(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    with closing(sqlite3.connect(opened.folder / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        cache.put(KEY, b"y", DAY)
    assert (opened.told, cache.get(KEY)) == (["locked"], b"x")


def test_a_folder_that_cannot_be_made_is_a_miss(opened: Opened) -> None:
    opened.folder.parent.joinpath("file").write_text("x", encoding="utf-8")
    cache = DiskCache(opened.folder.parent / "file" / "cache", opened.clock, failed=opened.told.append)
    cache.put(KEY, b"x", DAY)
    assert (cache.get(KEY), opened.told) == (None, ["unusable"])


def test_a_folder_that_vanishes_is_made_anew(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    opened.caches[0].close()
    (opened.folder / "cache.db").unlink()
    opened.folder.rmdir()
    opened().put(KEY, b"y", DAY)
    assert opened().get(KEY) == b"y"


def test_after_trouble_it_is_tried_again_later(opened: Opened) -> None:
    blocker = opened.folder.parent / "file"
    blocker.write_text("x", encoding="utf-8")
    cache = DiskCache(blocker / "cache", opened.clock)
    cache.put(KEY, b"x", DAY)
    blocker.unlink()
    blocker.mkdir()
    opened.clock.advance(timedelta(seconds=11))
    cache.put(KEY, b"x", DAY)
    found = cache.get(KEY)
    cache.close()
    assert found == b"x"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_reads_and_writes_by_its_own_connection(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    child = os.fork()
    if not child:
        fine = cache.get(KEY) == b"x"
        cache.put("acme live two", b"y", DAY)
        os._exit(0 if fine else 1)
    _, status = os.waitpid(child, 0)
    assert (os.waitstatus_to_exitcode(status), cache.get(KEY), cache.get("acme live two")) == (0, b"x", b"y")


def test_another_owners_folder_is_not_used(opened: Opened) -> None:
    opened().put(KEY, b"x", DAY)
    opened.caches[0].close()
    theirs = DiskCache(opened.folder, opened.clock, owner=os.geteuid() + 1, failed=opened.told.append)
    assert (theirs.get(KEY), opened.told) == (None, ["untrusted"])


def test_two_processes_make_one_store(opened: Opened) -> None:
    caches = [opened() for _ in range(8)]
    for number, cache in enumerate(caches):
        cache.put(f"acme live {number}", b"%d" % number, DAY)
    assert [caches[0].get(f"acme live {n}") for n in range(8)] == [b"%d" % n for n in range(8)]


def test_each_kind_of_trouble_is_logged_once(opened: Opened) -> None:
    lines = list[str]()
    logger.enable("jackfield")
    sink = logger.add(lambda line: lines.append(line.record["message"]), level="WARNING")
    cache = opened()
    for _ in range(3):
        cache.put(KEY, b"x", DAY)
        cache._let_go()
        spoil(opened.folder)
        cache.get(KEY)
    logger.remove(sink)
    logger.disable("jackfield")
    assert (lines, len(opened.told)) == (["the cache on disk is damaged; going on without what it had"], 3)


def test_a_store_whose_writing_another_locks_is_still_read(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    with closing(sqlite3.connect(opened.folder / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.put(KEY, b"y", DAY)
        found = cache.get(KEY)
    assert (found, opened.told) == (b"x", ["locked"])


def test_writing_that_another_locked_is_tried_again_after_a_second(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    with closing(sqlite3.connect(opened.folder / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(5):
            cache.put(KEY, b"y", DAY)
            cache.drop(KEY)
    cache.put(KEY, b"z", DAY)
    before = cache.get(KEY)
    opened.clock.advance(timedelta(seconds=1))
    cache.put(KEY, b"z", DAY)
    assert (opened.told, before, cache.get(KEY)) == (["locked"], b"x", b"z")


def test_reading_that_another_locked_is_tried_again_after_a_second(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    locked = sqlite3.OperationalError()
    locked.sqlite_errorname = "SQLITE_BUSY"
    cache._fail(locked, writes=False)
    before = cache.get(KEY)
    opened.clock.advance(timedelta(seconds=1))
    assert (before, cache.get(KEY), opened.told) == (None, b"x", ["locked"])


def test_nobody_waits_for_a_thread_that_waits_for_the_store(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    found = list[object]()

    def ask() -> None:
        cache.put(KEY, b"y", DAY)
        found.extend([cache.get(KEY), cache.look(KEY)])

    asking = Thread(target=ask, daemon=True)
    with cache._lock:
        asking.start()
        asking.join(20)
    assert (found, opened.told) == ([None, Look(failed=True)], ["locked"] * 3)


def test_a_look_tells_what_is_absent_from_what_could_not_be_read(opened: Opened) -> None:
    cache = opened()
    absent = cache.look(KEY)
    cache.put(KEY, b"x", DAY)
    there = cache.look(KEY)
    cache._let_go()
    spoil(opened.folder)
    looks = [absent, there, cache.look(KEY), cache.look(KEY)]
    cache.close()
    assert looks == [Look(), Look(b"x"), Look(failed=True), Look()]
    assert (cache.look(KEY), cache.look("\ud800")) == (Look(failed=True), Look())


def test_a_look_gives_what_no_cache_of_ours_wrote_to_who_can_tell(opened: Opened) -> None:
    cache = opened()
    cache.put(KEY, b"x", DAY)
    with closing(sqlite3.connect(opened.folder / "cache.db", isolation_level=None)) as other:
        other.execute("UPDATE Cache SET value = ?", (b"odd",))
    assert (cache.look(KEY), cache.get(KEY)) == (Look(b"odd"), None)
