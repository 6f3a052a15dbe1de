"""Cache folders as somebody who may write into them could leave them."""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import FrozenClock

KEY: Final = "acme live escalation"
GOOD: Final = b"what was put"
SECRET: Final = b"a secret outside of the folder"


@frozen
class Place:
    """A cache folder with one good entry, files outside of it, and the folder that no poison may make."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "state" / "cache"

    @property
    def secret(self) -> Path:
        return self.root / "outside" / "secret"

    @property
    def canary(self) -> Path:
        return self.root / "canary"

    @property
    def pickled(self) -> bytes:
        return pickle.dumps(_Canary(str(self.canary)))

    def lay_out(self) -> None:
        self.secret.parent.mkdir(parents=True)
        self.secret.write_bytes(SECRET)
        self.folder.parent.mkdir()
        cache = DiskCache(self.folder, FrozenClock())
        cache.put(KEY, GOOD, timedelta(days=1))
        cache.close()

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "cache.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(statement, values)


class _Canary:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


Poison: TypeAlias = Callable[[Place], object]

_VALUE: Final = "UPDATE Cache SET mode = ?, filename = ?, value = ?"
_ROW: Final = (
    "INSERT INTO Cache (key, raw, mode, filename, value, expire_time, store_time)"
    " VALUES (?, ?, ?, ?, ?, ?, 0)"
)
_SETTING: Final = "INSERT OR REPLACE INTO Settings VALUES (?, ?)"


def pickled_value(place: Place, mode: int) -> None:
    place.sql(_VALUE, mode, None, place.pickled)


def pickled_json(place: Place) -> None:
    place.sql(_SETTING, "disk_compress_level", 1)
    key = zlib.compress(b'"acme live escalation"')
    place.sql(_ROW, key, 1, 4, None, place.pickled, None)


def pickled_file(place: Place, mode: int) -> None:
    (place.folder / "x.val").write_bytes(place.pickled)
    place.sql(_VALUE, mode, "x.val", None)


def pickled_key(place: Place) -> None:
    place.sql(_ROW, place.pickled, 0, 1, None, b"x", None)


def pickled_old_key(place: Place) -> None:
    place.sql("UPDATE Cache SET key = ?, raw = 0 WHERE rowid = (SELECT min(rowid) FROM Cache)", place.pickled)


def leads_outside(place: Place, mode: int, name: str) -> None:
    place.sql(_VALUE, mode, name.format(secret=place.secret), None)


def expired_outside(place: Place, name: str) -> None:
    for number in range(3):
        place.sql(_ROW, f"old {number}", 1, 2, name.format(secret=place.secret), None, 1.0)


def other_type(place: Place, value: object) -> None:
    place.sql(_VALUE, 1, None, value)


def other_mode(place: Place, mode: object) -> None:
    place.sql(_VALUE, mode, None, b"x")


def setting(place: Place, name: str, value: object) -> None:
    text = value.format(outside=place.secret.parent) if isinstance(value, str) else value
    place.sql(_SETTING, name, text)


def endless_settings(place: Place) -> None:
    place.sql("DROP TABLE Settings")
    place.sql(
        "CREATE VIEW Settings AS WITH RECURSIVE n(key, value) AS"
        " (SELECT 'a', 1 UNION ALL SELECT key, value + 1 FROM n) SELECT key, value FROM n"
    )


def endless_cache(place: Place) -> None:
    place.sql("DROP TABLE Cache")
    place.sql(
        "CREATE VIEW Cache AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS rowid, 'k' AS key, 1 AS raw, NULL AS expire_time, NULL AS tag, 1 AS mode,"
        " NULL AS filename, 'x' AS value FROM n"
    )


def trigger(place: Place) -> None:
    place.sql(
        "CREATE TRIGGER t AFTER INSERT ON Cache BEGIN"
        " UPDATE Cache SET mode = 4, filename = '../../outside/secret'; END"
    )


def no_table(place: Place, name: str) -> None:
    place.sql(f"DROP TABLE {name}")


def other_table(place: Place) -> None:
    place.sql("CREATE TABLE mine (a)")


def other_journal(place: Place) -> None:
    """A hot journal may name a file that SQLite then deletes."""
    name = str(place.secret).encode()
    head = bytes.fromhex("d9d505f920a163d7") + bytes(20)
    tail = len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + bytes.fromhex("d9d505f920a163d7")
    (place.folder / "cache.db-journal").write_bytes(head.ljust(512, b"\0") + name + tail)


def link_for_file(place: Place, name: str) -> None:
    (place.folder / name).unlink(missing_ok=True)
    (place.folder / name).symlink_to(place.secret)


def hard_link_for_file(place: Place, name: str) -> None:
    (place.folder / name).unlink(missing_ok=True)
    (place.folder / name).hardlink_to(place.secret)


def linked_database(place: Place) -> None:
    shutil.copy(place.folder / "cache.db", place.secret.parent / "cache.db")
    link = place.folder / "cache.db"
    link.unlink()
    link.symlink_to(place.secret.parent / "cache.db")


def link_for_folder(place: Place) -> None:
    shutil.rmtree(place.folder)
    place.folder.symlink_to(place.secret.parent)


def file_for_folder(place: Place) -> None:
    shutil.rmtree(place.folder)
    place.folder.write_bytes(b"mine")


def folder_for_database(place: Place) -> None:
    (place.folder / "cache.db").unlink()
    (place.folder / "cache.db").mkdir()


def pipe_for_database(place: Place) -> None:
    (place.folder / "cache.db").unlink()
    os.mkfifo(place.folder / "cache.db")


def mode_of(place: Place, name: str, mode: int) -> None:
    (place.folder / name).chmod(mode)


def somebody_elses(place: Place, name: str) -> None:
    os.chown(place.folder / name, 12345, 12345)


def bytes_for(place: Place, content: bytes) -> None:
    (place.folder / "cache.db").write_bytes(content)


def cut(place: Place, length: int) -> None:
    os.truncate(place.folder / "cache.db", length)


def spoilt(place: Place, start: int) -> None:
    with (place.folder / "cache.db").open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * 3000)


def huge_value(place: Place) -> None:
    place.sql("UPDATE Cache SET value = zeroblob(40000000)")


def huge_file(place: Place) -> None:
    os.truncate(place.folder / "cache.db", 2**33)


def other_file(place: Place) -> None:
    (place.folder / "__init__.py").write_text("raise SystemExit", encoding="utf-8")


def _poisons() -> Iterator[Poison]:
    yield from (partial(pickled_value, mode=mode) for mode in (1, 2, 3, 4))
    yield from (partial(pickled_file, mode=mode) for mode in (2, 3, 4))
    yield from (pickled_json, pickled_key, pickled_old_key)
    for name in ("../../outside/secret", "{secret}", "a/../../../outside/secret"):
        yield from (partial(leads_outside, mode=mode, name=name) for mode in (1, 2, 3, 4))
        yield partial(expired_outside, name=name)
    yield from (partial(other_type, value=value) for value in ("text", 1, 1.5, None))
    yield from (partial(other_mode, mode=mode) for mode in (0, 5, "1; x", None))
    for name, value in (
        ("_directory", "{outside}"), ("disk__directory", "{outside}"), ("_disk", None),
        ("disk_min_file_size", 0), ("eviction_policy", "nonsense"), ("sqlite_writable_schema", 1),
        ("sqlite_mmap_size", 2**30), ("sqlite_journal_mode", "delete; ATTACH"), ("cull_limit", "x"),
        ("count", "x"), ("size", 2**62), ("size_limit", -1),
    ):  # fmt: skip
        yield partial(setting, name=name, value=value)
    yield from (endless_settings, endless_cache, trigger, other_table, other_journal, other_file)
    yield from (partial(no_table, name=name) for name in ("Cache", "Settings"))
    for name in ("cache.db", "cache.db-wal", "cache.db-shm"):
        yield partial(link_for_file, name=name)
        yield partial(hard_link_for_file, name=name)
    yield from (linked_database, link_for_folder, file_for_folder, folder_for_database, pipe_for_database)
    yield from (partial(mode_of, name=".", mode=mode) for mode in (0o755, 0o777))
    yield from (partial(mode_of, name="cache.db", mode=mode) for mode in (0o644, 0o666))
    if os.geteuid() == 0:
        yield from (partial(somebody_elses, name=name) for name in (".", "cache.db"))
    yield from (partial(bytes_for, content=content) for content in (b"", b"x" * 50, b"\x80\x04" * 5000))
    yield from (partial(cut, length=length) for length in (1, 100, 1024, 4096, 5000, 20000))
    yield from (partial(spoilt, start=start) for start in (0, 100, 4096, 9000))
    yield from (huge_value, huge_file)


POISONS: Final = tuple(_poisons())
