"""Listing sessions, the newest first, without a look at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import START as FIRST
from jackfield.domain.model.events import Outcome, Position
from jackfield.domain.model.fields import expect
from jackfield.domain.model.sessions.happenings import START
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.sessions.asked.times import moment
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking

_PAGE: Final = 500
_MOST: Final = 10_000
_LEEWAY: Final = timedelta(minutes=5)
_ENDED: Final = frozenset({Standing.CLOSED, Standing.RELEASED})


@frozen(kw_only=True)
class Wanted:
    """Which sessions: of a bot, where they are, and when they began."""

    bot: str | None = None
    standing: Standing | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100

    def __attrs_post_init__(self) -> None:
        expect(int, self.limit, "limit", "leave it out for 100")
        if not 1 <= self.limit <= _MOST:
            raise InvalidInput(f"it is 1 to {_MOST:,}", place="limit", remedy="leave it out for 100")
        for place, time in (("since", self.since), ("until", self.until)):
            if time is not None:
                moment(time, place)
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise InvalidInput(
                "the time ends before it begins",
                place="since",
                remedy="name an earlier beginning, or a later end",
            )

    def fits(self, state: SessionState) -> bool:
        """Say whether a session is one of them."""
        session = state.session
        return (
            (self.bot is None or session.bot == self.bot)
            and (self.standing is None or session.standing is self.standing)
            and (self.since is None or session.started >= self.since)
            and (self.until is None or session.started < self.until)
        )


@frozen(kw_only=True)
class Listing:
    """Finds sessions by the log: from its end back, or, where only open ones fit, among those."""

    records: SessionRecords
    tracking: Tracking

    def find(self, wanted: Wanted) -> tuple[Loaded, ...]:
        """Return what fits, the newest first.

        The log is read back until there are enough, or *since* is reached: what hardly any session fits may
        take a look at the whole log.
        """
        if wanted.standing is None or wanted.standing in _ENDED:
            names = self._newest(wanted.since)
        else:
            names = iter([tuple(reversed(self.tracking.look(keep=False).open))])
        found = (
            each for some in names for each in read_sessions(self.records, some) if wanted.fits(each.state)
        )
        return tuple(islice(found, wanted.limit))

    def _newest(self, since: datetime | None) -> Iterator[Sequence[str]]:
        """Give the ids of the sessions, the newest first, some at a time."""
        organization, ledger = self.records.organization, self.records.ledger
        top = ledger.head(organization).position
        while top > FIRST:
            after = Position(max(FIRST, top - _PAGE))
            page = ledger.follow(organization, after, top - after)
            begun = [
                entry.event.subject.name
                for entry in reversed(page)
                if entry.event.subject.kind is Kind.SESSION
                and entry.event.type == START
                and entry.event.outcome is Outcome.INTENDED
            ]
            yield begun
            if since is not None and page and page[0].event.time < since - _LEEWAY:
                return
            top = after


def read_sessions(records: SessionRecords, names: Sequence[str]) -> Iterator[Loaded]:
    """Give the sessions of those ids, as they are now."""
    for start in range(0, len(names), _PAGE):
        subjects = [records.subject(name) for name in names[start : start + _PAGE]]
        for subject, read in zip(subjects, records.ledger.read_all(subjects), strict=True):
            if isinstance(read.state, SessionState):
                yield Loaded(subject, read.revision, read.state)
