"""What was displayed of late: where feedback belongs that tells no more than a recommendation's id."""

from __future__ import annotations

from threading import Lock
from typing import Final

from attrs import define, field

from jackfield.domain.services.advice.told import Display, OnScreen

MOST: Final = 20_000


@define(eq=False)
class Recent:
    """The newest display of each recommendation to each agent, in this process; safe for threads."""

    _known: dict[tuple[str, str], tuple[Display, OnScreen]] = field(
        factory=dict[tuple[str, str], "tuple[Display, OnScreen]"], init=False
    )
    _lock: Lock = field(factory=Lock, init=False)

    def add(self, display: Display) -> None:
        """Remember it; the oldest makes room."""
        with self._lock:
            for each in display.shown:
                self._known.pop((display.agent, each.recommendation), None)
                self._known[display.agent, each.recommendation] = display, each
            while len(self._known) > MOST:
                del self._known[next(iter(self._known))]

    def find(self, agent: str, recommendation: str) -> tuple[Display, OnScreen] | None:
        """Return it, if it is still known."""
        return self._known.get((agent, recommendation))

    def after_fork(self) -> None:
        """Nobody who held the lock is in this process."""
        self._lock = Lock()
