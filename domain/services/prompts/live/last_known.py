"""The last known good versions in a cache: written behind the reader's back, and only when they changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Final, cast

from attrs import define, field

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.freshness import Source
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.prompts.live.knowing import Known, decode, encode
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

LIFETIME: Final = timedelta(days=90)
AGAIN_SECONDS: Final = 60.0
"""An unchanged version is written again after this time, so that its age is right to a minute."""

_PATIENCE_SECONDS: Final = 2.0


@define(eq=False)
class LastKnown:
    """What was live when ledger or platform last answered, by name; safe for threads. No cache, nothing kept.

    A key is the organization, a blank, what it is, a blank, the name: an organization has no blanks.
    """

    organization: Organization
    cache: Cache | None
    clock: Clock
    _waiting: dict[str, Known] = field(factory=dict[str, Known], init=False)
    _written: dict[str, tuple[LiveVersion, float]] = field(
        factory=dict[str, "tuple[LiveVersion, float]"], init=False
    )
    _writer: Thread | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def get(self, name: str) -> Known | None:
        """Return what is kept of the prompt, if it is exactly what was written."""
        waiting = self._waiting.get(name)
        return self._read(name) if waiting is None else waiting

    def recent(self, name: str, lifetime: timedelta) -> Known | None:
        """Return what the platform told anybody here within *lifetime*; not what a clock dates ahead."""
        known = self.get(name)
        if known is None or known.origin is not Source.PLATFORM:
            return None
        return known if timedelta() <= self.clock.now() - known.confirmed < lifetime else None

    def names(self) -> tuple[str, ...]:
        """Every prompt of which something was kept."""
        return tuple(sorted({*self._listed(), *self._waiting}))

    def _listed(self) -> set[str]:
        """What the list on disk says; two processes that write it at once may lose a name for a minute."""
        entry = None if self.cache is None else self.cache.get(f"{self.organization} live-names")
        try:
            said: object = json.loads(entry or b"[]")
        except (ValueError, RecursionError):
            return set()
        listed = cast("list[object]", said) if isinstance(said, list) else []
        return {name for name in listed if isinstance(name, str) and name.isprintable()}

    def put(self, known: Known) -> None:
        """Keep *known* soon, unless just that was written within the minute, or something newer is kept."""
        if self.cache is None or not self._is_news(known.version):
            return
        with self._lock:
            waiting = self._waiting.get(known.version.name)
            if waiting is not None and waiting.overtakes(known):
                return
            self._waiting[known.version.name] = known
            if self._writer is None:
                self._writer = _started(self._write_all)
        if self._writer is None:
            self._write_all()

    def put_now(self, known: Known) -> None:
        """Keep *known* before this returns: others wait for it."""
        if self.cache is not None:
            self._write(self.cache, known)

    def drop(self, name: str, asked: datetime) -> None:
        """Forget the prompt, which is gone by what somebody *asked* then; what was told later stays."""
        known = self.get(name)
        if known is None or known.confirmed > asked:
            return
        with self._lock:
            self._waiting.pop(name, None)
            self._written.pop(name, None)
        if self.cache is not None:
            self.cache.drop(self._key(name))

    def close(self) -> None:
        """Finish writing, within a little time, and let go of the cache; closing twice is fine."""
        writer = self._writer
        if writer is not None:
            writer.join(_PATIENCE_SECONDS)
        if self.cache is not None:
            self.cache.close()

    def after_fork(self) -> None:
        """The thread that wrote is not in this process, and whoever held the lock neither."""
        self._lock, self._writer = Lock(), None
        self._waiting.clear()

    def _is_news(self, version: LiveVersion) -> bool:
        written = self._written.get(version.name)
        return (
            written is None
            or not _is_same(written[0], version)
            or self.clock.monotonic() - written[1] >= AGAIN_SECONDS
            or version.name in self._waiting
        )

    def _write_all(self) -> None:
        """Write what waits, the newest of each name, until nothing does."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return
                name, known = next(iter(self._waiting.items()))
            if self.cache is not None:
                self._write(self.cache, known)
            with self._lock:
                if self._waiting.get(name) is known:
                    del self._waiting[name]
                dropped = name not in self._written and name not in self._waiting
            if dropped and self.cache is not None:  # while it was being written
                self.cache.drop(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self.organization} live {name}"

    def _read(self, name: str) -> Known | None:
        entry = None if self.cache is None else self.cache.get(self._key(name))
        return None if entry is None else decode(self.organization, name, entry)

    def _write(self, cache: Cache, known: Known) -> None:
        """Write it, unless what another process wrote is newer."""
        name = known.version.name
        self._written[name] = known.version, self.clock.monotonic()
        there = self._read(name)
        if there is not None and there.overtakes(known):
            return
        try:
            entry = encode(self.organization, known)
        except Exception:  # noqa: BLE001  # no ledger of ours takes what cannot be written; a plugin's may
            return
        cache.put(self._key(name), entry, LIFETIME)
        listed = self._listed()
        if name not in listed:
            text = canonical(sorted({*listed, name}))
            cache.put(f"{self.organization} live-names", text.encode(), LIFETIME)


def _is_same(one: LiveVersion, other: LiveVersion) -> bool:
    """Whether the same is live, tried and revoked."""
    return one == other and (one.trial, one.revoked) == (other.trial, other.revoked)


def _started(work: Callable[[], None]) -> Thread | None:
    """Return a thread that is at work, or None where no more can be started."""
    thread = Thread(target=work, name="jackfield-last-known", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread
