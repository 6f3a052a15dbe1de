"""A ledger, and leases, opened when they are first needed: what fails then is tried again a little later."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from copy import copy
from datetime import timedelta
from threading import Lock
from typing import Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError, OpenedBeforeFork, Unavailable
from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned

L = TypeVar("L", bound=Ledger)

_PAUSE_SECONDS: Final = 1.0


@define(eq=False)
class Lazy(Generic[L]):
    """Opens a ledger once; after a failure everybody gets that error for a second, without a new try."""

    opening: Callable[[], L]
    clock: Clock
    _ledger: L | None = field(default=None, init=False)
    _failed: tuple[float, JackfieldError] | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _closed: bool = field(default=False, init=False)

    def opened(self) -> L:
        """Return the open ledger; raise what keeps it from being opened."""
        if self._ledger is not None:
            return self._ledger
        self._check_process()
        with self._lock:
            if self._ledger is None:
                self._ledger = self._open()
                if self._closed:
                    self._ledger.close()
            return self._ledger

    def close(self) -> None:
        """Close the ledger, if it was opened; it is not opened any more.

        One that is just being opened, which may take long, closes as soon as it is open.
        """
        self._check_process()
        self._closed = True
        if self._ledger is not None:
            self._ledger.close()

    def _open(self) -> L:
        if self._closed:
            raise Unavailable("the ledger is closed", remedy="open it again")
        if self._failed is not None and self.clock.monotonic() < self._failed[0]:
            raise copy(self._failed[1]) from self._failed[1]
        try:
            return self.opening()
        except JackfieldError as error:
            self._failed = self.clock.monotonic() + _PAUSE_SECONDS, error
            raise

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise OpenedBeforeFork(
                "the core was opened in another process",
                place="ledger",
                remedy="open it after the fork, once in each process",
            )


@define(eq=False)
class LazyLedger(Generic[L]):
    """The ledger behind a `Lazy`; every verb may also raise what keeps it from being opened."""

    lazy: Lazy[L]

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*."""
        return self.lazy.opened().read(subject)

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Return the newest committed state of each of *subjects*."""
        return self.lazy.opened().read_all(subjects)

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind* that were ever written, by name."""
        return self.lazy.opened().subjects(organization, kind)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none."""
        return self.lazy.opened().commit(*changes)

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*, oldest first."""
        return self.lazy.opened().follow(organization, after, limit, subject)

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry."""
        return self.lazy.opened().head(organization)

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Detach the payloads at *positions* and commit *telling*, together or not at all."""
        self.lazy.opened().erase(organization, positions, telling)

    def close(self) -> None:
        """Close the ledger, if it was opened."""
        self.lazy.close()


@define(eq=False)
class LazyLeases:
    """Leases that are opened when they are first needed."""

    opening: Callable[[], Leases]

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        """Return a new lease, or None while *limit* others under that name have not expired."""
        return self.opening().acquire(organization, name, holder=holder, lifetime=lifetime, limit=limit)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Return the lease with a new expiry."""
        return self.opening().renew(lease, lifetime)

    def release(self, lease: Lease) -> None:
        """Give it back."""
        self.opening().release(lease)

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        """Return the leases under that name that have not expired."""
        return self.opening().held(organization, name)
