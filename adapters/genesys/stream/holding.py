"""What is kept for a paused listener where the platform cannot send it again."""

from __future__ import annotations

from collections import deque
from typing import Final

from jackfield.domain.model.conversations.events import Chunk, StreamEvent
from jackfield.domain.model.conversations.replies import MOST_AHEAD_CHARACTERS

MOST_HELD: Final = 10_000
"""Events that are kept, of as many characters as may wait for a missing piece."""


class Holding:
    """Events in their order, bounded by their number and their size."""

    def __init__(self) -> None:
        self._events = deque[StreamEvent]()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: StreamEvent) -> bool:
        """Keep one more; say whether that is not too much."""
        self._events.append(event)
        self._characters += _size(event)
        return len(self._events) <= MOST_HELD and self._characters <= MOST_AHEAD_CHARACTERS

    def taken(self) -> StreamEvent:
        """Return the first; there is one."""
        event = self._events.popleft()
        self._characters -= _size(event)
        return event


def _size(event: StreamEvent) -> int:
    return len(event.content) if isinstance(event, Chunk) else 0
