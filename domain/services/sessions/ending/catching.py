"""Ends that were missed while nobody listened: read back from what the platform knows afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState, SessionState
from jackfield.domain.services.sessions.asked.times import moment
from jackfield.domain.services.sessions.asked.values import Accepted
from jackfield.domain.services.sessions.ending.hearing import Hearing
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.ports.end_notices import Notice
from jackfield.ports.resolutions import Resolutions, Resolved, Row, Unread

_PAGE: Final = 200
_LEEWAY: Final = timedelta(minutes=5)
"""The platform's clock may say that a session began earlier than ours does."""


@frozen(kw_only=True)
class CaughtUp:
    """What was read: ends that we had missed, that we knew, of conversations that are none of ours.

    `unread` are rows that could not be counted. `since` and `until` are when the conversations began.
    """

    since: datetime
    until: datetime
    ended: int = 0
    known: int = 0
    foreign: int = 0
    unread: int = 0


@frozen(kw_only=True)
class Catching:
    """Reads ends back; nothing is recorded that is recorded already."""

    records: SessionRecords
    resolutions: Resolutions
    hearing: Hearing
    tracking: Tracking

    def catch_up(self, since: datetime | None = None, until: datetime | None = None) -> CaughtUp:
        """End the sessions that are over at the platform and still open here.

        Looked at are conversations that began from *since* on (unless given, when the oldest open session
        did, and for none nothing is asked) and before *until* (now). Each page of the platform's costs three
        reads of the ledger, whatever the ledger holds. What was recorded before an error stays, and again is
        no harm. Raises what the platform's calls raise.
        """
        now = self.records.clock.now()
        until = now if until is None else moment(until, "until")
        begun = self._oldest(now) if since is None else moment(since, "since")
        if begun is None or (since is None and begun >= until):
            return CaughtUp(since=until, until=until)
        if begun >= until:
            raise InvalidInput(
                "the time ends before it begins", place="since", remedy="name an earlier beginning"
            )
        found = CaughtUp(since=begun, until=until)
        rows = self.resolutions.ended(since=begun, until=until)
        while page := list(islice(rows, _PAGE)):
            found = self._page(page, found)
        return found

    def _oldest(self, now: datetime) -> datetime | None:
        """When the oldest of the open sessions began: before now, also where the clock went back since."""
        names = tuple(self.tracking.look().open)[:_PAGE]
        states = self.records.ledger.read_all([self.records.subject(name) for name in names])
        begun = [
            each.state.session.started
            for each in states
            if isinstance(each.state, SessionState) and _is_open(each.state)
        ]
        return min(now, *begun) - _LEEWAY if begun else None

    def _page(self, page: Sequence[Row], found: CaughtUp) -> CaughtUp:
        rows = [row for row in page if isinstance(row, Resolved)]
        sessions = self._sessions(rows)
        missed = [row for row in rows if (state := sessions.get(row.conversation)) and _is_open(state)]
        ended = sum(self._end(row) for row in missed)
        return evolve(
            found,
            ended=found.ended + ended,
            known=found.known + len(sessions) - ended,
            foreign=found.foreign + len(rows) - len(sessions),
            unread=found.unread + sum(isinstance(row, Unread) for row in page),
        )

    def _sessions(self, rows: Sequence[Resolved]) -> dict[str, SessionState]:
        """Return the sessions of those conversations that are ours."""
        ledger = self.records.ledger
        kept = ledger.read_all([self.records.conversation_subject(row.conversation) for row in rows])
        ours = {
            row.conversation: each.state.session
            for row, each in zip(rows, kept, strict=True)
            if isinstance(each.state, ConversationState) and each.state.session
        }
        states = ledger.read_all([self.records.subject(session) for session in ours.values()])
        return {
            conversation: each.state
            for conversation, each in zip(ours, states, strict=True)
            if isinstance(each.state, SessionState)
        }

    def _end(self, row: Resolved) -> bool:
        notice = Notice(conversation=row.conversation, ended=row.ended, resolution=row.resolution)
        return isinstance(self.hearing.hear(notice), Accepted)


def _is_open(state: SessionState) -> bool:
    return state.session.standing not in {Standing.CLOSED, Standing.RELEASED}
