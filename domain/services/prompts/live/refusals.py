"""Which looks came to nothing just now: the newest of them, for a short time."""

from __future__ import annotations

from copy import copy
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError

MOST: Final = 1_000


@define(eq=False)
class Refusals:
    """Errors by name, each until a moment, and no more than a thousand: names may come from requests.

    Reading takes no lock; who writes holds the lock of the owner. Each is kept without its traceback, and
    without what is behind it.
    """

    _kept: dict[str, tuple[float, JackfieldError]] = field(
        factory=dict[str, "tuple[float, JackfieldError]"], init=False
    )

    def get(self, name: str, now: float) -> JackfieldError | None:
        """Return what was refused, if that still holds."""
        kept = self._kept.get(name)
        return None if kept is None or now >= kept[0] else kept[1]

    def put(self, name: str, error: JackfieldError, *, until: float, now: float) -> None:
        """Keep a copy of *error*, and let go of those that are over; the oldest makes room."""
        self._kept.pop(name, None)
        self._kept[name] = until, copy(error)
        while self._kept and (len(self._kept) > MOST or now >= self._oldest()):
            del self._kept[next(iter(self._kept))]

    def drop(self, name: str) -> None:
        """Let go of it."""
        self._kept.pop(name, None)

    def _oldest(self) -> float:
        return next(iter(self._kept.values()))[0]
