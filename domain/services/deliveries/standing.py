"""How every destination stands: how far it is, what is left, since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.deliveries.retries import is_due
from jackfield.domain.model.deliveries.states import DestinationState
from jackfield.domain.model.deliveries.wanting import checked, wanted
from jackfield.domain.model.errors import NotFound
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.domain.services.deliveries.values import DestinationStatus, Stand
from jackfield.ports.destinations import Destination

MOST_COUNTED: Final = 5_000
"""So many entries behind others are counted."""
WORTH_IT: Final = 500
"""Progress past so many entries that nobody wants is recorded by itself."""


@frozen(kw_only=True)
class _Ahead:
    """What a destination was not asked about yet: how many entries, and when the first wanted one was."""

    count: int
    oldest: datetime | None


@frozen(kw_only=True)
class Standing:
    """Looks at destinations; nobody is called."""

    records: DeliveryRecords

    def of(
        self, destinations: Sequence[Destination], broken: Mapping[str, str]
    ) -> tuple[DestinationStatus, ...]:
        """Return every destination at a glance: those that are given, then those that are kept only.

        *broken* says of given ones, by name, why they cannot be opened or called.
        """
        wanting = {each.name: checked(each.wants) for each in destinations}
        head = self.records.ledger.head(self.records.organization).position
        kept = [name for name in self.records.names() if name not in wanting]
        found = [self._status(name, wanting.get(name), head) for name in (*wanting, *kept)]
        unknown_ = [_unopened(name) for name in broken if name not in wanting and name not in kept]
        return tuple(_marked(each, broken.get(each.name)) for each in (*found, *unknown_))

    def _status(self, name: str, wants: tuple[str, ...] | None, head: int) -> DestinationStatus:
        state = self.records.load(name).state
        ahead = self._ahead(name, state if wants is None else state.wanting(wants), head)
        return DestinationStatus(
            name=name,
            stand=_stand(state, ahead.count),
            cursor=state.cursor,
            behind=ahead.count,
            delivered=state.delivered,
            waiting=state.waiting,
            dead=state.dead,
            next_try=self._next_try(state, ahead.count),
            disabled=state.halted,
            oldest=self._oldest(state) or ahead.oldest,
            given=wants is not None,
            held=self._held(name, state),
        )

    def _ahead(self, name: str, state: DestinationState, head: int) -> _Ahead:
        """What it wants of the next entries, and all behind those: a pass leaves no more unrecorded."""
        page = self.records.follow(state.cursor, WORTH_IT)
        last = page[-1].position if page else state.cursor
        found = [each for each in page if wanted(state.wants, each.event, by=name)]
        oldest = found[0].event.time if found else None
        return _Ahead(count=len(found) + max(0, head - last), oldest=oldest)

    def _held(self, name: str, state: DestinationState) -> int:
        """How many entries wait behind the first of their subject."""
        behind = (
            entry
            for head in state.waiting
            for entry in self.records.held(state, head, by=name, after=head.position)
        )
        return sum(1 for _ in islice(behind, MOST_COUNTED))

    def _oldest(self, state: DestinationState) -> datetime | None:
        """When the oldest entry happened that waits."""
        position = min((each.position for each in state.waiting), default=None)
        page = () if position is None else self.records.follow(position - 1, 1)
        return page[0].event.time if page else None

    def _next_try(self, state: DestinationState, behind: int) -> datetime | None:
        if state.halted is not None:
            return None
        rests = state.rests_until
        if rests is not None and is_due(rests, self.records.clock.now()):
            rests = None
        due = [each.due for each in state.undelivered if each.due is not None]
        due += [rests] if rests is not None and behind else []
        first = min(due, default=None)
        return first if first is None or rests is None else max(first, rests)


def _unopened(name: str) -> DestinationStatus:
    """One of which nothing is known but its name."""
    return DestinationStatus(name=name, stand=Stand.BROKEN, cursor=0, behind=0, delivered=0)


def _marked(found: DestinationStatus, broken: str | None) -> DestinationStatus:
    return found if broken is None else evolve(found, stand=Stand.BROKEN, broken=broken, given=True)


def _stand(state: DestinationState, behind: int) -> Stand:
    if state.halted is not None:
        return Stand.DISABLED
    if state.waiting or any(each.due is not None for each in state.dead):
        return Stand.WAITING
    return Stand.BEHIND if behind else Stand.CURRENT


def unknown(name: str, there: Iterable[str]) -> NotFound:
    """Return the error that says which destinations there are."""
    known = ", ".join(there)
    return NotFound(
        "there is no such destination",
        place=f"destination {name[:80]!r}",
        remedy=f"there are {known[:400]}" if known else "a table such as [plugins.webhooks] makes one",
    )
