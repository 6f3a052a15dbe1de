"""Sessions for those who look at them, and for the platform's own notices and cron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect
from jackfield.domain.model.sessions.batches import hashed, micros
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.figures import By, Figures, Group, Report
from jackfield.domain.model.sessions.resolutions import report_of
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.domain.services.sessions.asked.times import moment
from jackfield.domain.services.sessions.asked.values import Headers, Received
from jackfield.domain.services.sessions.ending.catching import Catching, CaughtUp
from jackfield.domain.services.sessions.ending.noticing import Noticing
from jackfield.domain.services.sessions.ending.recovering import Recovered, Recovering
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.recorded.explaining import Explanation, explain
from jackfield.domain.services.sessions.recorded.listing import Listing, Wanted, read_sessions
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.domain.services.sessions.recorded.views import SessionView, view
from jackfield.ports.end_notices import Registered
from jackfield.ports.resolutions import Resolutions, Row

E = TypeVar("E", bound=StrEnum)

USUAL: Final = timedelta(days=7)


@frozen(kw_only=True)
class Reported:
    """The figures of the sessions that began from `since` on and before `until`, and that are over."""

    since: datetime
    until: datetime
    by: By | None
    bot: str | None
    report: Report

    @property
    def whole(self) -> Figures:
        """Those of all."""
        return self.report.whole

    @property
    def groups(self) -> tuple[Group, ...]:
        """Those of each group."""
        return self.report.groups


@frozen(kw_only=True)
class Sessions:
    """The sessions of one target, `bots` by their names. Times have a zone."""

    records: SessionRecords
    tracking: Tracking
    platform: Resolutions
    noticing: Noticing
    catching: Catching
    recovering: Recovering
    registering: Registering
    bots: Mapping[str, Bot]

    def get(self, session: str) -> SessionView:
        """Return a session as it is now; raise `NotFound` for none."""
        expect(str, session, "session", "give the id that starting it returned")
        return view(self.records.load(session))

    def list(
        self,
        *,
        bot: str | None = None,
        standing: Standing | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> tuple[SessionView, ...]:
        """Return *limit* (1 to 10,000) sessions at most that began in the time, the newest first."""
        where = None if standing is None else _one_of(Standing, standing, "standing")
        wanted = Wanted(bot=bot, standing=where, since=since, until=until, limit=limit)
        found = Listing(records=self.records, tracking=self.tracking).find(wanted)
        return tuple(map(view, found))

    def explain(self, session: str, thresholds: Thresholds | None = None) -> Explanation:
        """Return every turn with its decision, and what other *thresholds* would have done."""
        expect(str, session, "session", "give the id that starting it returned")
        if thresholds is not None:
            expect(Thresholds, thresholds, "thresholds", "give Thresholds(…), or leave it out")
        return explain(self.records, self.records.load(session), thresholds)

    def report(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By | str | None = None,
        bot: str | None = None,
    ) -> Reported:
        """Sum up the sessions that are over and began in the time: unless given, the last 7 days.

        It reads the log since the last look, and what earlier looks kept: each session is counted once. Those
        that are not over are read, about 0.2 ms each, for a customer who is back is not contained. Of *bot*
        alone are those that are counted; a customer comes back to any.
        """
        since, until = self._time(since, until)
        grouping = None if by is None else _one_of(By, by, "by")
        seen = self.tracking.look()
        batches = (batch.within(micros(since), micros(until)) for batch in self.tracking.batches(seen))
        still = self._still(tuple(seen.open), until)
        report = report_of(batches, until=until, by=grouping, bot=bot, still=still)
        return Reported(since=since, until=until, by=grouping, bot=bot, report=report)

    def resolutions(
        self, *, since: datetime | None = None, until: datetime | None = None, bot: str | None = None
    ) -> Iterator[Row]:
        """Give what the platform itself knows of conversations that began in the time, page by page.

        A row that came before, or that cannot be read, is an `Unread`. *bot* is a name of the settings, or
        the platform's id.
        """
        since, until = self._time(since, until)
        known = None if bot is None else self.bots.get(bot)
        return self.platform.ended(since=since, until=until, bot=bot if known is None else known.id)

    def receive(self, headers: Headers, body: bytes) -> Received:
        """Take a webhook of the platform, as `Noticing.receive` says."""
        return self.noticing.receive(headers, body)

    def notices(self, url: str | None = None) -> tuple[Registered, ...]:
        """Return our webhooks to *url* (unless given, the settings') that the platform has."""
        return self.registering.registered(url)

    def catch_up(self, since: datetime | None = None, until: datetime | None = None) -> CaughtUp:
        """End what ended while nobody listened, as `Catching.catch_up` says."""
        return self.catching.catch_up(since, until)

    def recover(self, *, limit: int = 1_000) -> Recovered:
        """Settle what was left, and end what is too old, as `Recovering.recover` says."""
        return self.recovering.recover(limit=limit)

    def _still(self, names: Sequence[str], until: datetime) -> Iterator[tuple[int, int]]:
        """Give the customer and the beginning of each session that is on the platform."""
        for loaded in read_sessions(self.records, names):
            session = loaded.state.session
            if session.standing is not Standing.RESERVED and session.started < until:
                yield hashed(session.customer), micros(session.started)

    def _time(self, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
        for name, time in (("since", since), ("until", until)):
            if time is not None:
                moment(time, name)
        until = self.records.clock.now() if until is None else until
        since = until - USUAL if since is None else since
        if since >= until:
            raise InvalidInput(
                f"the time ends at {until:%Y-%m-%d %H:%M:%S}, before it begins at {since:%Y-%m-%d %H:%M:%S}",
                place="since",
                remedy="name an earlier beginning, or a later end",
            )
        return since, until


def _one_of(kind: type[E], word: E | str, place: str) -> E:
    found = next((each for each in kind if each == word), None)
    if found is None:
        raise InvalidInput(
            f"{str(word)[:40]!r} is unknown", place=place, remedy=f"choose of {', '.join(kind)}"
        )
    return found
