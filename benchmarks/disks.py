"""A disk whose syncs take longer than this machine's, to see what of a ratio is the disk's."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import apsw

SLOWER_MS: Final = 0.5
_NAME: Final = "slow"


class _File(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802  # SQLite's name
        super().xSync(flags)
        time.sleep(SLOWER_MS / 1000)


class _Disk(apsw.VFS):
    def __init__(self) -> None:
        self._base = apsw.vfs_names()[0]
        super().__init__(_NAME, self._base)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802  # SQLite's name
        return _File(self._base, name, flags)


@contextmanager
def slow_disk() -> Generator[None]:
    """Open databases on a disk that takes half a millisecond more for every sync."""
    usual = apsw.vfs_names()[0]
    disk = _Disk()
    apsw.set_default_vfs(_NAME)
    try:
        yield
    finally:
        apsw.set_default_vfs(usual)
        disk.unregister()
