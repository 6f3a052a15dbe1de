"""How many requests are at work at the same time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from attrs import define, field

from jackfield.entrypoints.service.problems import Refusal

MOST: Final = 64


@define
class Gate:
    """Admits `most` at a time; the next one is refused at once, for nobody gains by waiting in line."""

    most: int = MOST
    _inside: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    @property
    def inside(self) -> int:
        """How many are at work."""
        return self._inside

    def enter(self) -> None:
        """Go in; raise `Refusal` if it is full."""
        with self._lock:
            if self._inside < self.most:
                self._inside += 1
                return
        raise Refusal(
            status=503,
            name="busy",
            title="As many requests as may be are at work",
            detail=f"{self.most} requests are at work, which is the most",
            remedy="try again after the time in Retry-After, or serve with a larger --concurrency",
            headers={"Retry-After": "1"},
        )

    def leave(self) -> None:
        """Make room."""
        with self._lock:
            self._inside -= 1

    @contextmanager
    def entered(self) -> Generator[None]:
        """Be inside while the block lasts."""
        self.enter()
        try:
            yield
        finally:
            self.leave()
