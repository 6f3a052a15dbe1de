"""A platform that knows afterwards how conversations ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from attrs import frozen

from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId


@frozen(kw_only=True)
class Resolved:
    """A conversation that is over; `resolution` is None where the platform names none."""

    conversation: ConversationId
    started: datetime
    ended: datetime
    duration: timedelta
    resolution: Resolution | None = None


@frozen
class Unread:
    """A row that came and does not count, and why: it came before, or it cannot be read."""

    why: str
    conversation: ConversationId | None = None


Row: TypeAlias = Resolved | Unread
"""A conversation that is over, or why a row cannot be counted."""


class Resolutions(Protocol):
    """How a platform's conversations ended. Any `Refused` may be raised, and `Unavailable`."""

    def ended(
        self,
        *,
        since: datetime,
        until: datetime,
        conversation: ConversationId | None = None,
        bot: str | None = None,
    ) -> Iterator[Row]:
        """Give every conversation that began from *since* on and before *until* and is over, once.

        Only *conversation*, or those of *bot* (the platform's id), if given. Page by page as they are asked
        for, in no order that is promised; a row that came before is an `Unread`, as one that cannot be read
        is (an unknown resolution word, a missing field, a time that is none). An error that comes later is
        raised where it comes: what was given until then is not everything.
        """
        ...
