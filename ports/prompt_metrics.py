"""A platform that measures how its prompts do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from jackfield.domain.model.metrics import Reading, Totals
from jackfield.ports.prompts import RemoteId


class PromptMetrics(Protocol):
    """What a platform measured of a prompt's requests in a time: from *since* on, before *until*.

    Times are taken to the millisecond. Either verb may raise any `Refused`, and `Unavailable` also for an
    answer that cannot be read; nothing is changed.
    """

    def records(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Iterator[Reading]:
        """Give every record once, page by page as they are asked for, in no order that is promised.

        One that came before, or that cannot be counted (a field is missing, no number, out of range, of
        another prompt or time), is given as an `Unread` that says why. An error that comes later is raised
        where it comes: what was given until then is not everything.
        """
        ...

    def totals(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Totals:
        """Return the platform's own sums."""
        ...
