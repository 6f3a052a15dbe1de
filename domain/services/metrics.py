"""How a prompt does: what the platform measured of its requests, summed up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.metrics import By, Reading, Summaries, Totals, summarize
from jackfield.domain.services.prompts.changing.basis import remote_of
from jackfield.domain.services.prompts.records import Records
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import RemoteId

USUAL: Final = timedelta(hours=24)


@frozen(kw_only=True)
class PromptSummary:
    """A prompt's requests from `since` on and before `until`, summed up as a whole and by group."""

    name: str
    since: datetime
    until: datetime
    by: By | None
    summaries: Summaries


@frozen(kw_only=True)
class PromptTotals:
    """The platform's own sums of a prompt's requests in a time."""

    name: str
    since: datetime
    until: datetime
    totals: Totals


@frozen(kw_only=True)
class Metrics:
    """The metrics of one target's prompts; nothing is changed.

    Times have a zone; unless given, *until* is now and *since* is 24 hours before it. Every verb raises
    `NotFound` for a prompt that was not published here, `InvalidInput` for a time that does not fit, and
    what the platform's calls raise.
    """

    prompts: Records
    measured: PromptMetrics

    def of(
        self,
        name: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By | str | None = None,
    ) -> PromptSummary:
        """Read every record of the time and sum them up: by version, by arm, by day, or as a whole alone.

        Each page is a call. If one fails there is no summary: it would be of a part.
        """
        since, until = self._time(since, until)
        grouping = None if by is None else _grouping(by)
        readings = self.measured.records(self._remote(name), since=since, until=until)
        summaries = summarize(readings, grouping)
        return PromptSummary(name=name, since=since, until=until, by=grouping, summaries=summaries)

    def records(
        self, name: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Reading]:
        """Give every record of the time, page by page; one that does not count is an `Unread`."""
        since, until = self._time(since, until)
        return self.measured.records(self._remote(name), since=since, until=until)

    def totals(
        self, name: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> PromptTotals:
        """Return the platform's own sums, by one call."""
        since, until = self._time(since, until)
        totals = self.measured.totals(self._remote(name), since=since, until=until)
        return PromptTotals(name=name, since=since, until=until, totals=totals)

    def _remote(self, name: str) -> RemoteId:
        return remote_of(self.prompts.known(name))

    def _time(self, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
        for name, time in (("since", since), ("until", until)):
            if time is not None and time.tzinfo is None:
                raise InvalidInput("it has no zone", place=name, remedy="give a time in UTC")
        until = _whole(self.prompts.clock.now() if until is None else until)
        since = until - USUAL if since is None else _whole(since)
        if since >= until:
            raise InvalidInput(
                f"the time ends at {until:%Y-%m-%d %H:%M:%S}, before it begins at {since:%Y-%m-%d %H:%M:%S}",
                place="since",
                remedy="name an earlier beginning, or a later end",
            )
        return since, until


def _whole(time: datetime) -> datetime:
    """Return the time to the millisecond, as platforms take it."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _grouping(by: By | str) -> By:
    try:
        return By(by)
    except ValueError:
        raise InvalidInput(
            f"{str(by)[:40]!r} is nothing to group by", place="by", remedy=f"choose of {', '.join(By)}"
        ) from None
