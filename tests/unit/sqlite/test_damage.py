"""A ledger that was damaged, cut, emptied or altered is refused with the remedy, and left as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.sqlite.presence import lock_of
from jackfield.adapters.testing.changes import chain, change, prompt
from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable
from jackfield.domain.model.events import verify
from tests.unit.sqlite.test_files import seen

COMMITS = 40
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger that was closed."""
    path = tmp_path / "state" / "ledger.db"
    with SqliteLedger(path) as ledger:
        fill(ledger)
    return path


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A ledger as a crash leaves it: half of it is in the write-ahead log."""
    path = tmp_path / "crashed" / "ledger.db"
    with SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        fill(ledger)
        ledger.file.connection.wal_checkpoint()
        ledger.commit(change(prompt(), COMMITS))
        shutil.copytree(tmp_path / "state", path.parent)
    return path


def fill(ledger: SqliteLedger) -> None:
    for revision in range(COMMITS):
        ledger.commit(change(prompt(), revision, text="x" * 2_000))


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def cut_in_half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 // PAGE * PAGE])


def cut_within_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: PAGE + 100])


def cut_within_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def removed(path: Path) -> None:
    path.unlink()


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def first_page_spoilt(path: Path) -> None:
    overwrite(path, 100, b"\xff" * 200)


def other_bytes(path: Path) -> None:
    overwrite(path, 0, b"no SQLite at all" * 10)


def table_dropped(path: Path) -> None:
    altered(path, "DROP TABLE onces")


def column_dropped(path: Path) -> None:
    altered(path, "ALTER TABLE leases DROP COLUMN holder")


def tables_dropped_and_version_forgotten(path: Path) -> None:
    altered(path, "DROP TABLE entries; PRAGMA user_version = 0")


def negative_version(path: Path) -> None:
    altered(path, "PRAGMA user_version = -1")


def altered(path: Path, sql: str) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    "spoil",
    [
        cut_in_half,
        cut_within_a_page,
        cut_within_the_header,
        emptied,
        removed,
        zeroed,
        first_page_spoilt,
        other_bytes,
        table_dropped,
        column_dropped,
        tables_dropped_and_version_forgotten,
        negative_version,
    ],
)
def test_a_spoilt_ledger_is_refused_with_the_remedy_and_left_as_it_was(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    before = seen(path.parent)
    with pytest.raises((InvalidInput, Unavailable), match=f"^{path}: .*restore a backup"):
        SqliteLedger(path)
    assert seen(path.parent) == before


def test_without_its_lock_file_an_empty_one_is_begun_anew(path: Path) -> None:
    path.unlink()
    lock_of(path).unlink()
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))


def a_leaf_spoilt(path: Path) -> None:
    """Destroy the header of a page that holds entries; such a page begins with 10 (SQLite's format, 1.6)."""
    data = path.read_bytes()
    leaves = [at for at in range(12 * PAGE, len(data), PAGE) if data[at] == 10]
    overwrite(path, leaves[0], b"\xff" * 8)


def test_what_a_crash_left_is_opened_whole(left: Path) -> None:
    with SqliteLedger(left) as ledger:
        assert verify(chain(ledger)).entries == COMMITS + 1


def test_what_a_crash_left_is_opened_without_its_shared_memory(left: Path) -> None:
    left.with_name("ledger.db-shm").unlink()
    with SqliteLedger(left) as ledger:
        assert verify(chain(ledger)).entries == COMMITS + 1


def test_what_a_crash_damaged_is_refused_and_left_as_it_was(left: Path) -> None:
    a_leaf_spoilt(left)
    before = {p.name: p.read_bytes() for p in left.parent.iterdir() if not p.name.endswith("-shm")}
    with pytest.raises(Unavailable, match="the file is damaged; nothing was changed; restore a backup"):
        SqliteLedger(left)
    assert before == {p.name: p.read_bytes() for p in left.parent.iterdir() if not p.name.endswith("-shm")}


def test_the_same_damage_without_a_crash_is_told_when_it_is_met(path: Path) -> None:
    """The control: it is the look after a crash that finds it at once."""
    a_leaf_spoilt(path)
    with SqliteLedger(path) as ledger, pytest.raises(JackfieldError):
        verify(chain(ledger))


def test_while_another_uses_the_ledger_nobody_looks(left: Path) -> None:
    with SqliteLedger(left):
        a_leaf_spoilt(left)
        SqliteLedger(left).close()


def test_a_ledger_that_was_closed_has_left_nothing_open(path: Path) -> None:
    assert sorted(p.name for p in path.parent.iterdir()) == ["ledger.db", "ledger.db-lock"]


def test_a_lock_that_is_a_link_is_refused(path: Path) -> None:
    lock_of(path).unlink()
    lock_of(path).symlink_to(path)
    with pytest.raises(InvalidInput, match=r"ledger\.db-lock: it cannot be opened"):
        SqliteLedger(path)


def test_a_ledger_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    altered(path, "DROP TABLE leases; DROP TABLE fences; PRAGMA user_version = 1")
    with SqliteLedger(path) as ledger:
        assert verify(chain(ledger)).entries == COMMITS
        assert ledger.file.connection.pragma("user_version") == 2
