"""Whether a file that was left open by a crash is still whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import apsw

from jackfield.adapters.sqlite.connections import open_reader
from jackfield.adapters.sqlite.failures import unavailable
from jackfield.adapters.sqlite.files import header
from jackfield.domain.model.errors import Unavailable


def look_after_a_crash(path: Path, patience: timedelta) -> None:
    """Check the whole file if the last process did not close it; raise `Unavailable` if it is damaged.

    Call it while nobody uses the file: a write-ahead log that is left then tells of the crash, since the
    last who closes takes it away. What was damaged is left as it was. Takes time with the file's size.
    """
    if _left_open(path):
        check(path, patience)
    elif _is_cut(path):
        raise damaged(path)


def check(path: Path, patience: timedelta) -> None:
    """Read every page; raise `Unavailable` if one is damaged. Nothing is written."""
    connection = open_reader(path, patience)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        verdict = connection.execute("PRAGMA integrity_check(1)").get
    except apsw.Error as error:
        raise unavailable(error, str(path)) from error
    finally:
        connection.close()
    if verdict != "ok":
        raise damaged(path)


def damaged(path: Path) -> Unavailable:
    """Return the error that says so, with its remedy."""
    return unavailable(apsw.CorruptError(), str(path))


def _left_open(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _is_cut(path: Path) -> bool:
    """The header says how many pages there are, where the same writer wrote both (SQLite's format, 1.3)."""
    said = header(path)
    if not said or said[24:28] != said[92:96]:
        return False
    page = int.from_bytes(said[16:18], "big")
    page_bytes = 65_536 if page == 1 else page
    return path.stat().st_size < page_bytes * int.from_bytes(said[28:32], "big")
