"""Files and folders that cannot be trusted or used are refused, and left as they were."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.sqlite.files import prepare
from jackfield.adapters.sqlite.schema import STEPS
from jackfield.adapters.testing.changes import change, prompt
from jackfield.domain.model.errors import InvalidInput


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder / "ledger.db"


def written(path: Path) -> Path:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
    return path


def private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def text_file(path: Path) -> None:
    private(path, b"not a database\n" * 50)


def short_file(path: Path) -> None:
    private(path, b"SQLite format 3\0")


def database_of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    path.chmod(0o600)


def database_of_a_newer_version(path: Path) -> None:
    connection = sqlite3.connect(written(path))
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()


def folder_in_its_place(path: Path) -> None:
    path.mkdir()


def link(path: Path) -> None:
    path.symlink_to(written(path.with_name("real.db")))


def dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere.db"))


def readable_by_others(path: Path) -> None:
    written(path).chmod(0o640)


def read_only(path: Path) -> None:
    written(path).chmod(0o400)


def unreadable(path: Path) -> None:
    written(path).chmod(0o200)


def folder_open_to_the_group(path: Path) -> None:
    path.parent.chmod(0o770)


def folder_open_to_the_world(path: Path) -> None:
    path.parent.chmod(0o707)


def read_only_folder(path: Path) -> None:
    path.parent.chmod(0o500)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def seen(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(p): (p.lstat().st_mode, p.read_bytes() if stat.S_ISREG(p.lstat().st_mode) else b"")
        for p in (folder, *sorted(folder.rglob("*")))
    }


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (text_file, "not a SQLite file; move it away"),
        (short_file, "not a SQLite file; move it away"),
        (database_of_another_program, "another program; choose another path"),
        (database_of_a_newer_version, "a newer Jackfield wrote it: .*; upgrade Jackfield"),
        (folder_in_its_place, "not a file; move it away"),
        (link, "symbolic link; put the file"),
        (dangling_link, "symbolic link; put the file"),
        (pipe, "not a file; move it away"),
        (readable_by_others, "other users can open the file; chmod 600"),
        (read_only, "cannot be read and written; chmod 600"),
        (unreadable, "cannot be read and written; chmod 600"),
        (folder_open_to_the_group, "other users can write to the folder; chmod 700"),
        (folder_open_to_the_world, "other users can write to the folder; chmod 700"),
        (read_only_folder, "the folder is read-only; chmod 700"),
    ],
)
def test_is_refused_with_the_remedy_and_left_as_it_was(
    path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(path)
    before = seen(path.parent)
    with pytest.raises(InvalidInput, match=message) as caught:
        SqliteLedger(path)
    assert str(path.parent) in str(caught.value)
    assert seen(path.parent) == before
    path.parent.chmod(0o700)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(InvalidInput, match="it is not a folder"):
        SqliteLedger(tmp_path / "state" / "ledger.db")


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be made or read"):
        SqliteLedger(tmp_path / "file" / "state" / "ledger.db")


def test_a_folder_of_another_user_is_refused(path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"state: it belongs to user {os.geteuid()}; run as that user"):
        prepare(path, owner=os.geteuid() + 1)


def test_only_the_owner_can_open_what_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "ledger.db"
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (path.parent, *path.parent.iterdir())}
    files = ("ledger.db", "ledger.db-lock", "ledger.db-shm", "ledger.db-wal")
    assert modes == {"state": 0o700, **dict.fromkeys(files, 0o600)}


def test_a_folder_below_one_that_cannot_be_listed_will_do(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ = os.open

    def closed(name: Path, flags: int, mode: int = 0o777) -> int:
        if name == path.parent.parent:
            raise PermissionError(13, "Permission denied")
        return open_(name, flags, mode)

    monkeypatch.setattr(os, "open", closed)
    prepare(path)
    assert path.exists()


def test_an_empty_file_is_a_new_ledger(path: Path) -> None:
    private(path, b"")
    assert written(path).read_bytes().startswith(b"SQLite format 3\0")


def test_looking_at_a_file_drops_no_lock_of_a_ledger_in_this_process(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        before = locks(path)
        prepare(path)
        assert locks(path) == before != 0


def locks(path: Path) -> int:
    """Count the locks that processes hold on *path*."""
    inode = f":{path.stat().st_ino} "
    return Path("/proc/locks").read_text().count(inode)
