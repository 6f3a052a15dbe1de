"""Leases for advice: asked for with little patience."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Lock, Thread

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.prompts.live.flights import Flight
from jackfield.ports.leases import Lease, Leases


@define(eq=False)
class Leasing:
    """Leases of one organization. While the store hangs there are none, and nobody waits for it.

    One that hangs is asked on a thread that is given up; as long as such a one is left, no more are begun.
    """

    organization: Organization
    leases: Leases
    holder: str
    _left: list[Flight[Lease | None]] = field(factory=list[Flight[Lease | None]], init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def acquire(self, name: str, lifetime: timedelta, patience: float) -> Lease | bool | None:
        """Return the lease, False while another has it, None where none can be had within *patience*."""

        def call() -> Lease | None:
            return self.leases.acquire(self.organization, name, holder=self.holder, lifetime=lifetime)

        flight = self._begun(call)
        if flight is None or (not flight.landed(patience) and self._gives_up(flight)):
            return None
        try:
            lease = flight.result()
        except JackfieldError:
            return None
        return False if lease is None else lease

    def release(self, lease: Lease, patience: float) -> None:
        """Give it back, and wait no longer than *patience*; where that fails it expires."""

        def call() -> None:
            self.leases.release(lease)

        flight = self._begun(call)
        if flight is not None and not flight.landed(patience):
            self._gives_up(flight)

    def after_fork(self) -> None:
        """Nobody who asked, or held the lock, is in this process."""
        self._lock = Lock()
        self._left.clear()

    def _begun(self, call: Callable[[], Lease | None]) -> Flight[Lease | None] | None:
        if self._left:
            return None
        flight: Flight[Lease | None] = Flight(0.0)

        def work() -> None:
            flight.fly(call)
            self._ended(flight)

        try:
            Thread(target=work, name="jackfield-advice-lease", daemon=True).start()
        except RuntimeError:  # no thread can be started: at exit, or over a limit
            return None
        return flight

    def _gives_up(self, flight: Flight[Lease | None]) -> bool:
        with self._lock:
            if not flight.landed():
                self._left.append(flight)
                return True
            return False

    def _ended(self, flight: Flight[Lease | None]) -> None:
        """What comes when nobody waits for it any more is given back."""
        with self._lock:
            if flight not in self._left:
                return
        with suppress(JackfieldError):
            lease = flight.result()
            if lease is not None:
                self.leases.release(lease)
        with self._lock:
            self._left.remove(flight)
