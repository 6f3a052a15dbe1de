"""A piece of work that is done again and again, by one replica at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.subjects import Organization
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases

PREFIX: Final = "service."
_LEASE: Final = timedelta(minutes=2)
_SPREAD: Final = 0.2
"""How much an interval differs from the next, so that replicas do not march in step."""
FAILING: Final = 3
"""Failures in a row after which a job counts as failing."""


@define(eq=False)
class Job:
    """Does its *work* every *every* or so, and at once when it is woken; errors are counted, never raised.

    A lease under its name keeps other replicas from doing it at the same time; who does not get it does
    nothing this time. `stop` lets the work that is under way end.
    """

    name: str
    every: timedelta
    work: Callable[[], object]
    leases: Leases
    organization: Organization
    holder: str
    clock: Clock
    jitter: Callable[[], float] = random.random
    runs: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)
    errors: int = field(default=0, init=False)
    in_a_row: int = field(default=0, init=False)
    trouble: str | None = field(default=None, init=False)
    last: datetime | None = field(default=None, init=False)
    _wanted: Event = field(factory=Event, init=False)
    _ending: bool = field(default=False, init=False)
    _thread: Thread | None = field(default=None, init=False)

    @property
    def is_failing(self) -> bool:
        """Whether it failed several times in a row."""
        return self.in_a_row >= FAILING

    def start(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._run, name=f"jackfield-{self.name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do it now rather than later."""
        self._wanted.set()

    def stop(self) -> None:
        """Begin nothing more."""
        self._ending = True
        self._wanted.set()

    def join(self, seconds: float) -> bool:
        """Wait for what is under way; return whether it ended in time."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while not self._ending:
            self._wanted.wait(self._pause())
            self._wanted.clear()
            if not self._ending:
                self.once()

    def _pause(self) -> float:
        return self.every.total_seconds() * (1 - _SPREAD + 2 * _SPREAD * self.jitter())

    def once(self) -> bool:
        """Do it, if nobody else does just now; return whether it was done, well or not."""
        try:
            lease = self.leases.acquire(
                self.organization, f"{PREFIX}{self.name}", holder=self.holder, lifetime=_LEASE
            )
        except JackfieldError as error:
            self._failed(error.message)
            return False
        if lease is None:
            self.passed, self.in_a_row = self.passed + 1, 0
            return False
        self._under(lease)
        return True

    def _under(self, lease: Lease) -> None:
        try:
            self.work()
        except JackfieldError as error:
            self._failed(error.message)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next time may be better
            self._failed(type(error).__name__)
        else:
            self.runs, self.in_a_row, self.trouble = self.runs + 1, 0, None
            self.last = self.clock.now()
        finally:
            with suppress(JackfieldError):  # it expires by itself
                self.leases.release(lease)

    def _failed(self, trouble: str) -> None:
        self.errors, self.in_a_row, self.trouble = self.errors + 1, self.in_a_row + 1, trouble
