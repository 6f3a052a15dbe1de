"""A copy of the ledger is whole, private and proved, whatever others do meanwhile."""

from __future__ import annotations

import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from jackfield.adapters.sqlite import SqliteLedger, copy
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import ChainBroken, InvalidInput, JackfieldError
from jackfield.domain.model.events import Verified, verify
from jackfield.ports.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        for revision in range(30):
            ledger.commit(change(prompt(), revision, text="x" * 2_000))
        yield ledger


def proved(copied: Ledger) -> Verified:
    return verify(chain(copied))


def restored(backup: Path, folder: Path) -> Path:
    """Put a backup where a ledger is kept, as the how-to says."""
    folder.mkdir(mode=0o700)
    shutil.copy2(backup, folder / "ledger.db")
    return folder / "ledger.db"


def test_a_copy_is_a_ledger_that_goes_on(ledger: SqliteLedger, tmp_path: Path) -> None:
    copied = copy(ledger, tmp_path / "copy.db", proved)
    with SqliteLedger(restored(tmp_path / "copy.db", tmp_path / "restored")) as again:
        assert again.head(ORGANIZATION) == ledger.head(ORGANIZATION)
        again.commit(change(prompt(), 30))
        assert verify(chain(again), anchor=copied.head).entries == 31


def test_a_copy_is_one_file_for_its_owner_alone(ledger: SqliteLedger, tmp_path: Path) -> None:
    copy(ledger, tmp_path / "copy.db", proved)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.db", "state"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_copy_is_of_one_moment_while_others_write(ledger: SqliteLedger, tmp_path: Path) -> None:
    stop = threading.Event()

    def work(name: str) -> None:
        revision = 0
        while not stop.is_set():
            ledger.commit(change(prompt(name), revision), change(prompt(f"{name} too"), revision))
            revision += 1

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for number in range(5):
        copied = copy(ledger, tmp_path / f"{number}.db", proved)
        with SqliteLedger(restored(tmp_path / f"{number}.db", tmp_path / str(number))) as again:
            assert again.head(ORGANIZATION).head == copied.head
            for name in "ab":
                assert again.read(prompt(name)).revision == again.read(prompt(f"{name} too")).revision
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", ["copy.db", "link", "folder"])
def test_nothing_is_overwritten(ledger: SqliteLedger, tmp_path: Path, name: str) -> None:
    (tmp_path / "copy.db").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput, match="it exists already; name a new file"):
        copy(ledger, tmp_path / name, proved)
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(ledger: SqliteLedger, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="it cannot be written: No such file or directory"):
        copy(ledger, tmp_path / "nowhere" / "copy.db", proved)


def test_a_log_that_does_not_verify_is_not_handed_over(ledger: SqliteLedger, tmp_path: Path) -> None:
    other = apsw.Connection(ledger.file.place)
    other.execute("UPDATE entries SET head = replace(head, 'ci:build', 'ci:other') WHERE position = 7")
    other.close()
    with pytest.raises(ChainBroken, match="audit entry 7"):
        copy(ledger, tmp_path / "copy.db", proved)
    assert [p.name for p in tmp_path.iterdir()] == ["state"]


def test_a_damaged_page_is_not_handed_over(ledger: SqliteLedger, tmp_path: Path) -> None:
    ledger.close()
    data = ledger.file.path.read_bytes()
    leaf = next(at for at in range(12 * 4096, len(data), 4096) if data[at] == 10)
    with ledger.file.path.open("r+b") as file:
        file.seek(leaf)
        file.write(b"\xff" * 8)
    with SqliteLedger(ledger.file.path) as damaged, pytest.raises(JackfieldError, match="damaged"):
        copy(damaged, tmp_path / "copy.db", proved)
    assert [p.name for p in tmp_path.iterdir()] == ["state"]
