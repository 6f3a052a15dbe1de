"""What asking for advice answers, and how long an answer holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.advice.sifting import Accepted, Rejected
from jackfield.domain.model.errors import InvalidInput

SHORTEST: Final = timedelta(milliseconds=10)
LONGEST: Final = timedelta(minutes=10)
"""The shortest and the longest deadline of a query, wherever it is given."""


class Origin(StrEnum):
    """Where an answer came from: the platform just now, what is kept of it, or what is left of that."""

    FRESH = "fresh"
    CACHED = "cached"
    STALE = "stale"


@frozen(kw_only=True)
class Advised:
    """What was recommended for a conversation, as of `asked`, when the platform was; `age` is how long ago.

    `until` is when the first of the accepted ones gets too old. `whole` is False where the platform failed
    behind some pages: there may be better ones. `id` is this answer's, and `key` tells equal questions.
    """

    id: str
    key: str
    conversation: str
    agent: str
    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    origin: Origin
    asked: datetime
    age: timedelta
    until: datetime | None = None
    whole: bool = True


def _span(_instance: object, attribute: Any, value: timedelta | None) -> None:
    if value is not None and not timedelta() <= value <= timedelta(days=1):
        raise InvalidInput("it is 0 to a day", place=attribute.name, remedy="give timedelta(minutes=2)")


@frozen(kw_only=True)
class Holding:
    """How long an answer holds: `fresh` unasked, `negative` if nothing in it is good enough.

    One up to `stale` old is given, and called stale, while the platform fails. With `revalidate` one that is
    older than that is asked for anew behind the agent's back. A hit never makes it hold longer.
    """

    fresh: timedelta = field(default=timedelta(minutes=2), validator=_span)
    stale: timedelta = field(default=timedelta(minutes=10), validator=_span)
    negative: timedelta = field(default=timedelta(seconds=15), validator=_span)
    revalidate: timedelta | None = field(default=None, validator=_span)

    @property
    def longest(self) -> timedelta:
        """How long anything of an answer is of use."""
        return max(self.fresh, self.stale, self.negative)
