"""Waiting for one thing that another thread does, beside others who wait for theirs."""

from __future__ import annotations

from threading import Lock

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError


def _locked() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@define(eq=False)
class Bell:
    """Rung once, for the one who waits until so many observations are written.

    (Who waits at a condition has to take its lock again, one after the other: that cost more than writing.)
    """

    until: int
    error: JackfieldError | None = field(default=None, init=False)
    _gate: Lock = field(factory=_locked, init=False)

    def wait(self, seconds: float) -> bool:
        """Return whether it rang within so long."""
        return self._gate.acquire(timeout=seconds)

    def ring(self, error: JackfieldError | None = None) -> None:
        """Let who waits go on, or raise *error*."""
        self.error = error
        self._gate.release()
