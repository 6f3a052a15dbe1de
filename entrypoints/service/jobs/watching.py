"""Whether the ledger can be read and written: looked at beside the requests, also while nobody writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from attrs import define, field

from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.service.jobs.job import PREFIX
from jackfield.ports.leases import Lease

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Core

EVERY: Final = timedelta(seconds=3)
_OVERDUE_S: Final = 15.0
"""A look takes as long as the ledger's own patience at most; one that takes longer will not end."""
_FIRST_S: Final = 1.0
"""How long who asks waits for the very first look, which hardly takes that long."""
_SELDOM_S: Final = 60.0
_SHARE: Final = 100
"""Reading the whole file takes with its size: it is done for a hundredth of the time at most."""
_NAME: Final = f"{PREFIX}nobody"
_NO_TOKEN: Final = 0
_DAMAGED: Final = "damaged"
"""What a ledger's error says where it is the store that is not whole."""


@define(eq=False)
class Watch:
    """Looks at the ledger again and again on a thread of its own, and keeps what it found.

    Every replica looks for itself, so there is no lease; and whoever asks is told what was found last. It
    goes the way of a write, and changes nothing. Now and then the whole store is read, where we can: damage
    shows there.
    """

    core: Core
    every: timedelta = EVERY
    monotonic: Callable[[], float] = time.monotonic
    _trouble: str | None = field(default=None, init=False)
    _damage: str | None = field(default=None, init=False)
    _since: float | None = field(default=None, init=False)
    _whole_at: float = field(init=False)
    _looked_once: Event = field(factory=Event, init=False)
    _over: Event = field(factory=Event, init=False)
    _thread: Thread | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._whole_at = self.monotonic() + _SELDOM_S

    def start(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._run, name="jackfield-ledger-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def join(self, seconds: float) -> bool:
        """Wait for a look that is under way; return whether it ended in time."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def trouble(self) -> str | None:
        """Return what keeps the ledger from working, None if nothing does; look here where nobody watches."""
        if self._thread is None:
            self.once()
        if not self._looked_once.wait(_FIRST_S):
            return "it has not answered yet"
        since = self._since
        if since is not None and self.monotonic() - since > _OVERDUE_S:
            return "it does not answer"
        return self._trouble or self._damage

    def once(self) -> None:
        """Look, and keep what was found."""
        began = self._since = self.monotonic()
        self._trouble = self._looked()
        self._since = None  # to read all of a large one takes as long as it takes
        self._looked_once.set()
        if self._trouble is None and began >= self._whole_at:
            self._look_whole()

    def _run(self) -> None:
        while not self._over.is_set():
            self.once()
            self._over.wait(self.every.total_seconds())

    def _looked(self) -> str | None:
        read = _tried(lambda: self.core.audit.ledger.head(self.core.audit.organization))
        if read is not None:
            return f"it cannot be read: {read}"
        written = _tried(self._write_nothing)
        return None if written is None else f"it can be read, and not be written: {written}"

    def _write_nothing(self) -> None:
        """Give back a lease that nobody ever had, which is no error, and needs what a write needs."""
        operations = self.core.prompts.operations
        operations.leases.release(
            Lease(
                organization=operations.records.organization,
                name=_NAME,
                holder=operations.owner,
                token=_NO_TOKEN,
                expires=operations.records.clock.now(),
            )
        )

    def _look_whole(self) -> None:
        """Read all of it, and keep what is said of damage; what failed otherwise is tried again soon."""
        began = self.monotonic()
        error = _failure(self.core.audit.look)
        now = self.monotonic()
        seldom = _SHARE * (now - began) if error is None or _is_damage(error) else 0.0
        self._whole_at = now + max(_SELDOM_S, seldom)
        if error is None:
            self._damage = None
        elif _is_damage(error):
            self._damage = f"it is damaged: {type(error).__name__}"


def _is_damage(error: Exception) -> bool:
    return isinstance(error, Unavailable) and _DAMAGED in error.message


def _tried(work: Callable[[], object]) -> str | None:
    """Return why it does not go, by its kind alone: what it says names places."""
    error = _failure(work)
    return None if error is None else type(error).__name__


def _failure(work: Callable[[], object]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001  # a plugin's ledger may raise anything, and whoever looks goes on
        return error
    return None
