"""All destinations of a target: passes, status, and what became of an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final

from attrs import frozen

from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.deliveries.wanting import OWN
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import Entry
from jackfield.domain.services.deliveries.passing import Passing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.domain.services.deliveries.standing import Standing, unknown
from jackfield.domain.services.deliveries.values import DestinationStatus, Passed
from jackfield.ports.destinations import Destination

_AT_ONCE: Final = 16
_EARLY: Final = 0.75
"""The part of a firm deadline in which something is begun: a receiver that is well answers in the rest."""


@frozen(kw_only=True)
class Deliveries:
    """The destinations of one target. Nothing is delivered by itself: somebody runs passes, anybody may.

    `broken` says of those that cannot be opened, or be called any more, why: by the name of the destination,
    or by what gives it where nobody knows that.
    """

    passing: Passing
    destinations: Callable[[], Sequence[Destination]]
    broken: Callable[[], Mapping[str, str]] = dict[str, str]

    @property
    def records(self) -> DeliveryRecords:
        """How the ledger has them."""
        return self.passing.records

    def run(self, deadline: timedelta, *, firm: bool = False) -> tuple[Passed, ...]:
        """Deliver what is due, every destination at the same time; begin nothing after *deadline*.

        What was begun is waited for. If the deadline is *firm*, nothing is begun in its last quarter, and
        what has no answer at its end is left behind, to be tried again as if it had failed. Returns what was
        done by destination, also of those that are broken, and never raises for what one of them does. What
        this adds to the log (dead letters) is told in the same run to those that ask for `delivery.…`. Any
        number of processes may run passes: a destination is served by one at a time.
        """
        given = self.destinations()
        broken = self.broken()
        refused = tuple(Passed(name=name, trouble=trouble) for name, trouble in broken.items())
        found = [each for each in given if each.name not in broken]
        return (*self._run(found, deadline, firm=firm), *refused) if found else refused

    def _run(self, found: Sequence[Destination], deadline: timedelta, *, firm: bool) -> tuple[Passed, ...]:
        begun, seconds = self.records.clock.monotonic(), deadline.total_seconds()
        ends, cut = (begun + _EARLY * seconds, begun + seconds) if firm else (begun + seconds, None)
        work = partial(self.passing.run, ends=ends, cut=cut)
        before = self._head()
        with ThreadPoolExecutor(min(_AT_ONCE, len(found)), "jackfield-deliveries") as threads:
            passed = tuple(threads.map(work, found))
            if self._head() == before:
                return passed
            asking = [each for each in found if any(pattern.startswith(OWN) for pattern in each.wants)]
            told = {each.name: each for each in threads.map(work, asking)}
        return tuple(each.and_then(told.get(each.name)) for each in passed)

    def _head(self) -> int | None:
        """How long the log is: a pass that adds to it, by what died, has something to tell of itself."""
        try:
            return self.records.ledger.head(self.records.organization).position
        except JackfieldError:
            return None

    def status(self) -> tuple[DestinationStatus, ...]:
        """Return every destination at a glance: those of the settings, then those that are kept only."""
        return Standing(records=self.records).of(self.destinations(), self.broken())

    def status_of(self, name: str) -> DestinationStatus:
        """Return one of them; raise `NotFound` if there is none of that name."""
        found = self.status()
        for each in found:
            if each.name == name:
                return each
        raise unknown(name, [each.name for each in found])

    def fates(self, entries: Sequence[Entry]) -> Mapping[str, Mapping[str, Fate]]:
        """Return what became of each entry (by its id), by the name of the destination that wants it."""
        states = {name: self.records.load(name).state for name in self.records.names()}
        return {
            entry.event.id: {
                name: fate
                for name, state in states.items()
                if (fate := state.fate(entry, by=name)) is not None
            }
            for entry in entries
        }
