"""Who uses the ledger: told by a lock that the kernel takes back however its process ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from weakref import WeakSet

from jackfield.domain.model.errors import InvalidInput, Unavailable

_PAUSE_SECONDS: Final = 0.01
_MADE: Final = b"a ledger was made here\n"

if sys.platform == "win32":

    def _shared(_: int) -> bool:
        return True

    def _alone(_: int) -> bool:
        """Nobody can tell here; so whoever opens the ledger looks."""
        return True

else:
    import fcntl

    def _shared(descriptor: int) -> bool:
        return _locked(descriptor, fcntl.LOCK_SH)

    def _alone(descriptor: int) -> bool:
        return _locked(descriptor, fcntl.LOCK_EX)

    def _locked(descriptor: int, kind: int) -> bool:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def lock_of(ledger: Path) -> Path:
    """Return the file beside the ledger that is locked by all who use it."""
    return ledger.with_name(f"{ledger.name}-lock")


def was_made(ledger: Path) -> bool:
    """Say whether a ledger was made here once, be it gone or emptied now."""
    try:
        return lock_of(ledger).stat().st_size > 0
    except OSError:
        return False


_TAKEN: Final = WeakSet["Presence"]()
"""The places of this process: a forked child gives its copies back, or they would outlive the process."""


def _leave_all() -> None:
    for presence in tuple(_TAKEN):
        presence.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)


class Presence:
    """One opening's place among all who use the ledger, of this process and of others."""

    def __init__(self, ledger: Path, patience: timedelta, look: Callable[[], None]) -> None:
        """Take the place. Whoever finds nobody there calls *look* first, while all others wait for it.

        Raises what *look* raises, and `Unavailable` if somebody else looks for longer than *patience*.
        """
        self._path = lock_of(ledger)
        self._descriptor: int | None = self._open()
        _TAKEN.add(self)
        try:
            if _alone(self._descriptor):
                look()
            self._share(patience)
        except BaseException:
            self.leave()
            raise

    def testify(self) -> None:
        """Keep for later that there is a ledger now."""
        if self._descriptor is not None and not os.fstat(self._descriptor).st_size:
            os.write(self._descriptor, _MADE)

    def leave(self) -> None:
        """Give the place back; leaving twice is fine."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.open(self._path, flags, 0o600)
        except OSError as error:
            raise InvalidInput(
                f"it cannot be opened ({error.strerror})",
                place=str(self._path),
                remedy="remove it while no process uses the ledger",
            ) from error

    def _share(self, patience: timedelta) -> None:
        deadline = time.monotonic() + patience.total_seconds()
        while self._descriptor is not None and not _shared(self._descriptor):
            if time.monotonic() > deadline:
                raise Unavailable(
                    "another process checks the ledger after a crash",
                    place=str(self._path),
                    remedy="try again when it is done",
                )
            time.sleep(_PAUSE_SECONDS)
