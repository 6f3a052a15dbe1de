"""A disk that forgets what was not synced when its power is cut, and that is full or fails after a while."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import apsw
from attrs import define, field

SECTOR = 512


@define
class Platter:
    """One file as the disk has it: what was synced, and what was written since."""

    synced: bytearray = field(factory=bytearray)
    pending: list[tuple[int, bytes] | int] = field(factory=list["tuple[int, bytes] | int"])

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.synced, change)
        self.pending.clear()

    def after_a_cut(self, source: random.Random) -> bytes:
        """What is read when the power is back: of what was not synced, each sector came through or not."""
        image = bytearray(self.synced)
        odds = source.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for change in self.pending:
            for part in _sectors(change):
                if source.random() < odds:
                    _apply(image, part)
        return bytes(image)


def _sectors(change: tuple[int, bytes] | int) -> Iterator[tuple[int, bytes] | int]:
    if isinstance(change, int):
        yield change
        return
    offset, data = change
    start = 0
    while start < len(data):
        end = start + SECTOR - (offset + start) % SECTOR
        yield offset + start, data[start:end]
        start = end


def _apply(image: bytearray, change: tuple[int, bytes] | int) -> None:
    if isinstance(change, int):
        del image[change:]
        return
    offset, data = change
    image.extend(bytes(max(0, offset + len(data) - len(image))))
    image[offset : offset + len(data)] = data


class Disk(apsw.VFS):
    """SQLite's way to all files while it is mounted; tells of every write and sync."""

    def __init__(self) -> None:
        super().__init__("power", "unix", makedefault=True)
        self.platters: dict[str, Platter] = {}
        self.heard: Callable[[], None] = lambda: None
        self.writes_left: float = float("inf")
        self.syncs_left: float = float("inf")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's signature
        super().xDelete(filename, syncdir)
        self.platters.pop(filename, None)

    def cut(self, source: random.Random) -> dict[str, bytes]:
        """Return the files by name, as they are found after a power cut at this moment."""
        return {Path(path).name: platter.after_a_cut(source) for path, platter in self.platters.items()}


class File(apsw.VFSFile):
    """A file of the disk."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.disk = disk
        path = name if isinstance(name, str) else name.filename() if name is not None else ""
        known = Path(path).read_bytes() if path and path not in disk.platters and Path(path).exists() else b""
        self.platter = disk.platters.setdefault(path, Platter(bytearray(known))) if path else Platter()

    def excepthook(
        self,
        etype: type[BaseException] | None,
        evalue: BaseException | None,
        etraceback: TracebackType | None,
    ) -> bool:
        """SQLite gets the error; nobody else needs to hear of it."""
        return True

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self.disk.writes_left <= 0:
            raise apsw.FullError
        self.disk.writes_left -= 1
        super().xWrite(data, offset)
        self.platter.pending.append((offset, bytes(data)))
        self.disk.heard()

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self.platter.pending.append(newsize)
        self.disk.heard()

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self.disk.heard()
        if self.disk.syncs_left <= 0:
            raise apsw.IOError
        self.disk.syncs_left -= 1
        super().xSync(flags)
        self.platter.sync()


@contextmanager
def mounted() -> Generator[Disk]:
    """Put the disk below every file that SQLite opens in this process."""
    disk = Disk()
    try:
        yield disk
    finally:
        disk.unregister()
