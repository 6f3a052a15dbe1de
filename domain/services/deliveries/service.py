"""All destinations of a target: passes, status, and what became of an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import frozen

from jackfield.domain.model.deliveries.states import DestinationState, Fate
from jackfield.domain.model.deliveries.wanting import checked, wanted
from jackfield.domain.model.events import Entry
from jackfield.domain.services.deliveries.passing import WORTH_IT, Passing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.domain.services.deliveries.values import DestinationStatus, Passed, Stand
from jackfield.ports.destinations import Destination

_AT_ONCE: Final = 16


@frozen(kw_only=True)
class Deliveries:
    """The destinations of one target. Nothing is delivered by itself: somebody runs passes, anybody may."""

    passing: Passing
    destinations: Callable[[], Sequence[Destination]]

    @property
    def records(self) -> DeliveryRecords:
        """How the ledger has them."""
        return self.passing.records

    def run(self, deadline: timedelta) -> tuple[Passed, ...]:
        """Deliver what is due, every destination at the same time; begin nothing after *deadline*.

        What was begun is waited for. Returns what was done by destination, and never raises for what one
        of them does. Any number of processes may run passes: a destination is served by one at a time.
        """
        found = self.destinations()
        if not found:
            return ()
        ends = self.records.clock.monotonic() + deadline.total_seconds()
        with ThreadPoolExecutor(min(_AT_ONCE, len(found)), "jackfield-deliveries") as threads:
            return tuple(threads.map(partial(self.passing.run, ends=ends), found))

    def status(self) -> tuple[DestinationStatus, ...]:
        """Return every destination at a glance: those of the settings, then those that are kept only."""
        wanting = {each.name: checked(each.wants) for each in self.destinations()}
        head = self.records.ledger.head(self.records.organization).position
        kept = (name for name in self.records.names() if name not in wanting)
        return tuple(self._status(name, wanting.get(name), head) for name in (*wanting, *kept))

    def _status(self, name: str, wants: tuple[str, ...] | None, head: int) -> DestinationStatus:
        state = self.records.load(name).state
        behind = self._behind(name, state if wants is None else state.wanting(wants), head)
        return DestinationStatus(
            name=name,
            stand=_stand(state, behind),
            cursor=state.cursor,
            behind=behind,
            delivered=state.delivered,
            waiting=state.waiting,
            dead=state.dead,
            next_try=_next_try(state),
            disabled=state.disabled,
        )

    def _behind(self, name: str, state: DestinationState, head: int) -> int:
        """What it wants of the next entries, and all behind those: a pass leaves no more unrecorded."""
        page = self.records.follow(state.cursor, WORTH_IT)
        last = page[-1].position if page else state.cursor
        return sum(wanted(state.wants, each.event, by=name) for each in page) + max(0, head - last)

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


def _next_try(state: DestinationState) -> datetime | None:
    due = min((each.due for each in state.waiting), default=None)
    rests = state.rests_until
    return due if due is None or rests is None else max(due, rests)


def _stand(state: DestinationState, behind: int) -> Stand:
    if state.disabled is not None:
        return Stand.DISABLED
    if state.waiting or any(each.due is not None for each in state.dead):
        return Stand.WAITING
    return Stand.BEHIND if behind else Stand.CURRENT
