"""Who is listened to, and whose deadline comes next; under the pump's lock but for `get`."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

from jackfield.adapters.genesys.stream.lines import Listening

_MOST_STALE: Final = 100


class Roll:
    """The lines by conversation, and their deadlines in order."""

    def __init__(self) -> None:
        self._lines: dict[str, Listening] = {}
        self._deadlines: list[tuple[float, str]] = []
        self.due = inf

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._lines

    def add(self, line: Listening) -> None:
        """Listen to one more."""
        self._lines[line.conversation] = line
        heappush(self._deadlines, (line.ends, line.conversation))
        self._look()

    def forget(self, line: Listening) -> None:
        """Listen to one less; one that is not there is fine."""
        if self._lines.get(line.conversation) is line:
            del self._lines[line.conversation]
            self._tidy()
            self._look()

    def get(self, conversation: str) -> Listening | None:
        """Return the line of a conversation."""
        return self._lines.get(conversation)

    def only(self) -> Listening | None:
        """Return the one line that there is; None of several."""
        return next(iter(self._lines.values())) if len(self._lines) == 1 else None

    def all(self) -> Sequence[Listening]:
        """Return every line."""
        return tuple(self._lines.values())

    def expired(self, now: float) -> Sequence[Listening]:
        """Return the lines whose deadline has passed, once."""
        late = list[Listening]()
        while self._deadlines and self._deadlines[0][0] <= now:
            line = self._line_of(*heappop(self._deadlines))
            late += [] if line is None else [line]
        self._look()
        return late

    def _line_of(self, ends: float, conversation: str) -> Listening | None:
        """Return whose deadline it is; None if that line has ended."""
        line = self._lines.get(conversation)
        return line if line is not None and line.ends == ends else None

    def _look(self) -> None:
        """Know the next deadline of a line that is still listened to."""
        while self._deadlines and self._line_of(*self._deadlines[0]) is None:
            heappop(self._deadlines)
        self.due = self._deadlines[0][0] if self._deadlines else inf

    def _tidy(self) -> None:
        """Keep few deadlines of lines that have ended; they stay behind one that is nearer."""
        if len(self._deadlines) > 2 * len(self._lines) + _MOST_STALE:
            self._deadlines = [each for each in self._deadlines if self._line_of(*each) is not None]
            heapify(self._deadlines)
