"""A cache in a folder of its own, for any number of threads and processes; a failing one is a miss."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, field

from jackfield.adapters.caching.folder import is_trusted, make, put_aside
from jackfield.ports.cache import Look
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.caching.store import Store

_T = TypeVar("_T")

_MAGIC: Final = b"JFC1"
_HEAD: Final = len(_MAGIC) + 8
_MICROSECOND: Final = timedelta(microseconds=1)
_PAUSE_SECONDS: Final = 10.0
_LOCKED_SECONDS: Final = 1.0
"""How long a store that another has locked is left alone; where only writing is, it is still read."""
_WAIT_SECONDS: Final = 0.25
_OPEN_SECONDS: Final = 1.0
"""How long other threads of this process are waited for: while the store is open, and while it is made."""
_MOST_ANEW: Final = 3
"""How often one cache is made anew: whatever spoils it more often would do so again."""


def _unheard(_: str) -> None:
    """Let it go."""


@define
class DiskCache:
    """Bytes by key in *folder*, made when it is first needed; only what can be made again belongs here.

    Each value carries its expiry by *clock*. A store that fails, is locked or cannot be trusted is a miss:
    no verb raises. A folder that is damaged or not ours is put aside (renamed) and made anew. One that
    another has locked is waited for once, 0.1 s, and then left alone for a second. Each kind of trouble is
    logged once, and told to *failed* every time: `locked`, `damaged`, `untrusted` or `unusable`.
    """

    folder: Path
    clock: Clock
    size_limit: int = field(default=16 * 2**20, kw_only=True)
    owner: int | None = field(default=None, kw_only=True)
    failed: Callable[[str], None] = field(default=_unheard, kw_only=True)
    _lock: Lock = field(factory=Lock, init=False, repr=False)
    _process: int = field(factory=os.getpid, init=False, repr=False)
    _store: Store | None = field(default=None, init=False, repr=False)
    _left: list[Store | None] = field(factory=list["Store | None"], init=False, repr=False)
    _anew: int = field(default=0, init=False, repr=False)
    _closed: bool = field(default=False, init=False, repr=False)
    _not_before: float = field(default=float("-inf"), init=False, repr=False)
    _no_write_before: float = field(default=float("-inf"), init=False, repr=False)
    _said: set[str] = field(factory=set[str], init=False, repr=False)

    def get(self, key: str) -> bytes | None:
        """Return the live value under *key*, or None."""
        return self._live(self._found(key)[1])

    def look(self, key: str) -> Look:
        """Return the live value under *key*, or None; and whether the store failed, so that nobody knows."""
        done, value = self._found(key)
        if value is not None and not value.startswith(_MAGIC):
            return Look(value)
        return Look(self._live(value), not done)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep *value* for at most *lifetime*; one larger than an eighth of the cache is let go."""
        if not _is_text(key):
            return
        if len(value) > self.size_limit // 8:
            self.drop(key)
            return
        head = _MAGIC + max(0, self._micros(lifetime)).to_bytes(8, "big")
        self._safely(lambda store: store.set(key, head + value), writes=True, makes=True)

    def drop(self, key: str) -> None:
        """Forget *key*, if it is there."""
        if _is_text(key):
            self._safely(lambda store: store.delete(key), writes=True)

    def close(self) -> None:
        """Let go of the folder; from then on everything is a miss."""
        self._after_fork()
        with self._lock:
            self._closed = True
            self._let_go()

    def _micros(self, ahead: timedelta) -> int:
        return int(self.clock.now().timestamp() * 1_000_000) + ahead // _MICROSECOND

    def _found(self, key: str) -> tuple[bool, bytes | None]:
        return self._safely(lambda store: _value(store.get(key))) if _is_text(key) else (True, None)

    def _live(self, value: bytes | None) -> bytes | None:
        if value is None or not value.startswith(_MAGIC):
            return None
        return value[_HEAD:] if self._micros(timedelta()) < int.from_bytes(value[4:_HEAD], "big") else None

    def _safely(
        self, verb: Callable[[Store], _T], *, writes: bool = False, makes: bool = False
    ) -> tuple[bool, _T | None]:
        """Do it, if the store can be used; return whether that was so, and what came of it."""
        self._after_fork()
        if self._is_left_alone(writes=writes):
            return False, None
        lock = self._lock
        if not lock.acquire(timeout=_OPEN_SECONDS if self._store is None else _WAIT_SECONDS):
            self.failed("locked")
            return False, None
        try:
            return self._tried(verb, writes=writes, makes=makes)
        finally:
            lock.release()

    def _tried(self, verb: Callable[[Store], _T], *, writes: bool, makes: bool) -> tuple[bool, _T | None]:
        """Trouble of any kind is a miss. Only *makes* makes the folder."""
        if self._is_left_alone(writes=writes):
            return False, None
        try:
            return True, verb(self._opened()) if makes or self._is_there() else None
        except Exception as error:  # noqa: BLE001  # losing an entry is never an error, whatever went wrong
            self._fail(error, writes=writes)
        return False, None

    def _is_left_alone(self, *, writes: bool) -> bool:
        now = self.clock.monotonic()
        return self._closed or now < self._not_before or (writes and now < self._no_write_before)

    def _after_fork(self) -> None:
        """Leave the parent's connection alone: closing it here would change what the parent relies on."""
        if os.getpid() != self._process:
            self._process, self._lock = os.getpid(), Lock()
            self._left.append(self._store)
            self._store = None

    def _is_there(self) -> bool:
        return self._store is not None or os.path.lexists(self.folder)

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open()
        return self._store

    def _open(self) -> Store:
        from jackfield.adapters.caching.store import Store, Untrusted, create

        if not os.path.lexists(self.folder):
            make(self.folder, lambda folder: create(folder, size_limit=self.size_limit))
        if not is_trusted(self.folder, size_limit=self.size_limit, owner=self.owner):
            raise Untrusted
        return Store(self.folder, size_limit=self.size_limit)

    def _fail(self, error: Exception, *, writes: bool) -> None:
        kind = _kind(error)
        aside = None
        if kind in {"damaged", "untrusted"}:
            self._let_go()
            aside = self._renew()
        if aside is None:
            self._leave_alone(kind, writes=writes)
        self.failed(kind)
        if kind not in self._said:
            self._said.add(kind)
            from loguru import logger

            logger.bind(
                folder=str(self.folder), error=type(error).__name__, aside=aside and str(aside)
            ).warning("the cache on disk is {}; going on without what it had", kind)

    def _leave_alone(self, kind: str, *, writes: bool) -> None:
        now = self.clock.monotonic()
        if kind != "locked":
            self._not_before = now + _PAUSE_SECONDS
        elif writes:
            self._no_write_before = now + _LOCKED_SECONDS
        else:
            self._not_before = now + _LOCKED_SECONDS

    def _renew(self) -> Path | None:
        if self._anew >= _MOST_ANEW:
            return None
        self._anew += 1
        try:
            return put_aside(self.folder)
        except OSError:
            return None

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def _value(found: object) -> bytes | None:
    return found if isinstance(found, bytes) else None


def _is_text(key: str) -> bool:
    """A key that UTF-8 cannot carry is never there."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(error: Exception) -> str:
    """What is wrong with the store: in a word that is also a label."""
    import sqlite3

    from diskcache.core import Timeout  # type: ignore[import-untyped]  # it has no types

    if isinstance(error, Timeout):
        return "locked"
    if isinstance(error, sqlite3.OperationalError):
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return "locked"
        return "untrusted" if name in {"SQLITE_ERROR", ""} else "unusable"
    if isinstance(error, OSError):
        return "unusable"
    return "damaged" if isinstance(error, sqlite3.Error) else "untrusted"
