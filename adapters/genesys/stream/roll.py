"""Who is listened to, and whose deadline comes next; under the pump's lock but for `get`."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count
from math import inf

from jackfield.adapters.genesys.stream.lines import Listening


class Roll:
    """The lines by conversation, and their deadlines in order."""

    def __init__(self) -> None:
        self._lines: dict[str, Listening] = {}
        self._deadlines: list[tuple[float, int, Listening]] = []
        self._numbers = count()
        self.due = inf

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._lines

    def add(self, line: Listening) -> None:
        """Listen to one more."""
        self._lines[line.conversation] = line
        heappush(self._deadlines, (line.ends, next(self._numbers), line))
        self._look()

    def forget(self, line: Listening) -> None:
        """Listen to one less; one that is not there is fine."""
        if self._lines.get(line.conversation) is line:
            del self._lines[line.conversation]
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
            late.append(heappop(self._deadlines)[2])
        self._look()
        return late

    def _look(self) -> None:
        """Know the next deadline of a line that is still listened to."""
        while self._deadlines and self._deadlines[0][2].over:
            heappop(self._deadlines)
        self.due = self._deadlines[0][0] if self._deadlines else inf
