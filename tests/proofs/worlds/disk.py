"""The disk of a world: it forgets what was not synced when its power is cut, and is quick."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import apsw

from tests.proofs.disks import Disk, File


class QuickFile(File):
    """A file whose syncs are the platters' alone."""

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        del flags
        if self.disk.syncs_left <= 0:
            raise apsw.IOError
        self.disk.syncs_left -= 1
        self.platter.sync()


class QuickDisk(Disk):
    """A disk of such files."""

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return QuickFile(self, name, flags)


@contextmanager
def mounted() -> Generator[QuickDisk]:
    """Put the disk below every file that SQLite opens in this process."""
    disk = QuickDisk()
    try:
        yield disk
    finally:
        disk.unregister()
