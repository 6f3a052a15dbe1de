"""Counts of long lists, which callers that come at once share, as a group commit shares a write.

Of one list one reading is under way, and one is next. Whoever comes joins the one that has not begun, never
the one that runs: so what he is told was read behind his coming, as if he had read it alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import Unavailable

_LONGEST_S: Final = threading.TIMEOUT_MAX


@define(eq=False)
class _Reading:
    """One reading for all who joined it; where it failed for who made it, the others go on to `instead`."""

    count: int | None = None
    is_over: bool = False
    instead: _Reading | None = None


@define(eq=False)
class _Line:
    """The reading of one list that is under way, and the one that is next."""

    running: _Reading | None = None
    next: _Reading | None = None


@define(eq=False)
class Counting:
    """Reads each list once for all who wait for it; `key` says which list, and how far it is read."""

    _changed: threading.Condition = field(factory=threading.Condition)
    _lines: dict[Hashable, _Line] = field(factory=dict[Hashable, _Line], init=False)

    def count(self, key: Hashable, read: Callable[[], int], *, seconds: Callable[[], float]) -> int:
        """Return what a reading found that began behind this call; *read* it oneself, or wait for who does.

        *seconds* says how long is left; raises `Unavailable` when that is over, and to who reads what *read*
        raises. The others read it anew then.
        """
        line, mine = self._line(key), None
        while mine is None or mine.count is None:
            mine = self._awaited(line, mine and mine.instead, seconds)
            if not mine.is_over:
                self._lead(line, mine, read)
        return mine.count

    def _line(self, key: Hashable) -> _Line:
        with self._changed:
            return self._lines.setdefault(key, _Line())

    def _awaited(self, line: _Line, mine: _Reading | None, seconds: Callable[[], float]) -> _Reading:
        """Join the next reading, unless it is *mine*, and return it when it is over, or ours to make."""
        with self._changed:
            if mine is None:
                mine = line.next = line.next or _Reading()
            left = max(0.0, min(seconds(), _LONGEST_S))
            if not self._changed.wait_for(lambda: mine.is_over or line.running is None, left):
                raise _late()
            if not mine.is_over:
                line.running, line.next = mine, None
        return mine

    def _lead(self, line: _Line, mine: _Reading, read: Callable[[], int]) -> None:
        try:
            mine.count = read()
        finally:
            with self._changed:
                mine.is_over, line.running = True, None
                if mine.count is None:
                    mine.instead = line.next = line.next or _Reading()
                self._changed.notify_all()


def _late() -> Unavailable:
    return Unavailable(
        "others read the list, and were not done in time",
        place="conversations",
        remedy="try again, or allow a later deadline",
    )
