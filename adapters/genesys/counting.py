"""Counts of long lists, which callers that come at once share, as a group commit shares a write.

Of one list one reading is under way, and one is next. Whoever comes joins the one that has not begun, never
the one that runs: so what he is told was read behind his coming, as if he had read it alone. Nobody fails
for what another one's reading met: who has waited for a third of his time, or for one that failed, reads
alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Final

from attrs import define, field

_LONGEST_S: Final = threading.TIMEOUT_MAX
_SHARE: Final = 3


@define(eq=False)
class _Reading:
    """One reading for all who joined it; one that failed has no count."""

    count: int | None = None
    is_over: bool = False


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

        *seconds* says how long is left, of which two thirds are for reading alone where the others are late.
        Raises what *read* raises.
        """
        line = self._line(key)
        mine = self._awaited(line, seconds() / _SHARE)
        if mine is None:
            return read()
        if not mine.is_over:
            return self._lead(line, mine, read)
        return read() if mine.count is None else mine.count

    def _line(self, key: Hashable) -> _Line:
        with self._changed:
            return self._lines.setdefault(key, _Line())

    def _awaited(self, line: _Line, patience_s: float) -> _Reading | None:
        """Join the next reading, and return it when it is over, or ours to make; None if neither came."""
        with self._changed:
            mine = line.next = line.next or _Reading()
            left = max(0.0, min(patience_s, _LONGEST_S))
            if not self._changed.wait_for(lambda: mine.is_over or line.running is None, left):
                return None
            if not mine.is_over:
                line.running, line.next = mine, None
        return mine

    def _lead(self, line: _Line, mine: _Reading, read: Callable[[], int]) -> int:
        try:
            mine.count = read()
        finally:
            with self._changed:
                mine.is_over, line.running = True, None
                self._changed.notify_all()
        return mine.count
