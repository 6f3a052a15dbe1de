"""Reading out of the log what agents did, for a report."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.advice.feedback import Action, Feedback
from jackfield.domain.model.advice.records import told_of
from jackfield.domain.model.events import START, Entry, Position
from jackfield.domain.model.subjects import Organization
from jackfield.ports.ledger import Ledger

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

        Who told no conversation means the one that the recommendation was last displayed in, to that agent.
        """
        seen = dict[tuple[str, str], Feedback]()
        for entry in self._entries(since, until):
            for each in told_of(entry):
                if not since <= each.time < until:
                    continue
                known = seen.get((each.agent, each.recommendation))
                if each.action is Action.DISPLAYED:
                    seen[each.agent, each.recommendation] = each
                yield each if known is None or each.conversation else _placed(each, known)

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


def _placed(each: Feedback, known: Feedback) -> Feedback:
    return evolve(
        each,
        conversation=known.conversation,
        source=known.source if each.source is None else each.source,
        position=known.position if each.position is None else each.position,
    )
