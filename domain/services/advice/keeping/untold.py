"""Marks that others may not have heard of yet: told again and again until they were read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Final

from attrs import define, evolve, field

from jackfield.domain.services.advice.keeping.marked import Mark, What

TICK: Final = timedelta(microseconds=1)
AGAIN_S: Final = 1.0


@define(eq=False)
class Untold:
    """What is still to be told; `tell` tries it. Safe for threads.

    Who looks for the marks of others tells them on the way; a thread does where nobody comes to look.
    """

    tell: Callable[[], None]
    _marks: dict[tuple[What, str], Mark] = field(factory=dict[tuple[What, str], Mark], init=False)
    _begun: bool = field(default=False, init=False)
    _ended: Event = field(factory=Event, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._marks)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is told any more."""
        return self._ended.is_set()

    def add(self, marks: Iterable[Mark]) -> None:
        """Tell these too, until they are heard."""
        with self._lock:
            self._marks.update((each.key, each) for each in marks)

    def hear(self, told: Iterable[Mark], *, since: datetime) -> tuple[Mark, ...]:
        """Let go of those that stand among what is *told*, and of those from before *since*.

        Return those that were made newer, since others would take them for older than what they know.
        """
        there = {each.key: each for each in told}
        with self._lock:
            left = [each for each in self._marks.values() if each.time >= since and not _holds(there, each)]
            newer = [_newer(each, there.get(each.key)) for each in left]
            self._marks = {each.key: each for each in newer}
        return tuple(each for each, before in zip(newer, left, strict=True) if each.time != before.time)

    def begin(self) -> None:
        """Have a thread tell them, if there are any."""
        with self._lock:
            if self._begun or not self._marks or self.is_closed:
                return
            self._begun = True
        try:
            Thread(target=self._run, name="jackfield-advice-marks", daemon=True).start()
        except RuntimeError:  # no thread can be started: then who looks tells them
            self._begun = False

    def close(self) -> None:
        """Let the thread end."""
        self._ended.set()

    def after_fork(self) -> None:
        """Nobody who told them, or held a lock, is in this process."""
        self._lock, self._ended, self._begun = Lock(), Event(), False

    def _run(self) -> None:
        while not self._ended.wait(AGAIN_S):
            self.tell()
            with self._lock:
                self._begun = bool(self._marks)
                if not self._begun:
                    return


def _holds(there: dict[tuple[What, str], Mark], mark: Mark) -> bool:
    """Whether it stands there, or one that is for all and as new does."""
    found, whole = there.get(mark.key), there.get((What.ALL, ""))
    return (found is not None and found.time == mark.time) or (whole is not None and whole.time >= mark.time)


def _newer(mark: Mark, other: Mark | None) -> Mark:
    return mark if other is None or other.time < mark.time else evolve(mark, time=other.time + TICK)
