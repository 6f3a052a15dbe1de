"""Reading out of the log what agents did, for a report."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.advice.feedback import Feedback
from jackfield.domain.model.advice.records import told_of
from jackfield.domain.model.events import START, Entry, Position
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.hearing.looking import stood
from jackfield.domain.services.advice.told import OnScreen
from jackfield.ports.ledger import Ledger

MOST_KNOWN: Final = 200_000
"""Of so many recommendations, the newest, it is known where they stood."""
_PAGE: Final = 500
_AHEAD: Final = timedelta(hours=1)
"""How far clocks of processes may differ, and buffers hold things back, for all to be found."""


@frozen(kw_only=True)
class Telling:
    """What the log of one organization tells of recommendations."""

    organization: Organization
    ledger: Ledger

    def between(self, since: datetime, until: datetime) -> Iterator[Feedback]:
        """Give what was told from *since* on and before *until*, in the log's order.

        Where it stood is filled in from what the log has of its conversation, if it was not told.
        """
        known = dict[tuple[str, str], OnScreen]()
        for entry in self._entries(since, until):
            for conversation, there in stood(entry):
                key = conversation, there.recommendation
                known[key] = there.filled(known.pop(key, None))
            for each in told_of(entry):
                if since <= each.time < until:
                    yield _filled(each, known.get((each.conversation, each.recommendation)))
            while len(known) > MOST_KNOWN:
                del known[next(iter(known))]

    def _entries(self, since: datetime, until: datetime) -> Iterator[Entry]:
        after, end = self._before(earlier(since, _AHEAD)), _later(until, _AHEAD)
        while page := self.ledger.follow(self.organization, after, _PAGE):
            yield from page
            if page[0].event.time > end:
                return
            after = page[-1].position

    def _before(self, time: datetime) -> Position:
        """Return the position behind which all of *time* and later stands: by halves, not from the start."""
        head = self.ledger.head(self.organization).position
        found = bisect_left(range(1, head + 1), time, key=self._time)
        return Position(max(START, found))

    def _time(self, position: int) -> datetime:
        return self.ledger.follow(self.organization, Position(position - 1), 1)[0].event.time


def earlier(time: datetime, span: timedelta) -> datetime:
    """Return what is *span* before *time*, or the first moment there is."""
    try:
        return time - span
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _later(time: datetime, span: timedelta) -> datetime:
    try:
        return time + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _filled(each: Feedback, known: OnScreen | None) -> Feedback:
    if known is None or (each.source is not None and each.position is not None):
        return each
    there = OnScreen(each.recommendation, each.source, each.position).filled(known)
    return evolve(each, source=there.source, position=there.position)
