"""Waiting for what another thread writes, beside others who wait for theirs."""

from __future__ import annotations

from threading import Condition, Lock
from time import monotonic
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.rollouts.failures import late

_LOOK_SECONDS: Final = 0.5
_SOON_SECONDS: Final = 0.05


def _locked() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@define(eq=False)
class Bell:
    """Rung once, for the one who waits for the things behind `since` up to `until`, by their numbers.

    `losses` are how many had to be told of when it was hung. (Who waits at a condition has to take its lock
    again, one after the other: that cost more than writing.)
    """

    since: int
    until: int
    losses: int
    error: JackfieldError | None = field(default=None, init=False)
    _gate: Lock = field(factory=_locked, init=False)

    def wait(self, seconds: float) -> bool:
        """Return whether it rang within so long."""
        return self._gate.acquire(timeout=seconds)

    def ring(self, error: JackfieldError | None = None) -> None:
        """Let who waits go on, or raise *error*."""
        self.error = error
        self._gate.release()


@define(eq=False)
class Bells:
    """The bells that hang. Not safe for threads."""

    _hanging: list[Bell] = field(factory=list[Bell], init=False)

    def __len__(self) -> int:
        return len(self._hanging)

    def hang(self, since: int, until: int, losses: int) -> Bell:
        """Return a new one."""
        bell = Bell(since, until, losses)
        self._hanging.append(bell)
        return bell

    def remove(self, bell: Bell) -> bool:
        """Return whether it hung there until now, and nobody rings it any more."""
        if bell not in self._hanging:
            return False
        self._hanging.remove(bell)
        return True

    def spoil(self, since: int, until: int, error: JackfieldError) -> None:
        """Have those raise *error*, once their turn comes, who wait for any of what was lost."""
        for bell in self._hanging:
            if bell.since < until and since < bell.until:
                bell.error = bell.error or error

    def ring(self, written: int, told: int) -> None:
        """Ring those for whom enough is written, and enough losses are told of: all there were by then."""
        done = [
            each for each in self._hanging if each.until <= written and (each.error or each.losses <= told)
        ]
        if done:
            self._hanging = [each for each in self._hanging if each not in done]
        for bell in done:
            bell.ring(bell.error)

    def ring_all(self, error: JackfieldError | None) -> None:
        """Ring them all; each raises *error*, or its own."""
        done, self._hanging = self._hanging, []
        for bell in done:
            bell.ring(error or bell.error)


def await_one(bell: Bell, bells: Bells, change: Condition, timeout: float | None) -> None:
    """Wait without the lock, so that of many who do none wakes another; raise what the bell has to tell.

    After *timeout* seconds that is `Unavailable`, whatever it still waits for.
    """
    ends = None if timeout is None else monotonic() + timeout
    while not bell.wait(_left(ends)):
        if ends is not None and monotonic() >= ends:
            with change:
                if bells.remove(bell):
                    raise late()
    if bell.error is not None:
        raise bell.error


def _left(ends: float | None) -> float:
    """How long to wait before looking whether it is late; who was rung meanwhile hears it soon."""
    left = _LOOK_SECONDS if ends is None else ends - monotonic()
    return left if left > 0 else _SOON_SECONDS
