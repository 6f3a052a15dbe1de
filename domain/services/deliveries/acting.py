"""Deliveries with somebody who retries and discards by hand, and says why."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.deliveries.spans import Span, added, joined
from jackfield.domain.model.deliveries.states import DestinationState, Waiting
from jackfield.domain.model.errors import Conflict, NotFound
from jackfield.domain.model.event_types import DISCARD, RETRY
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.deliveries.records import Kept
from jackfield.domain.services.deliveries.service import Deliveries
from jackfield.domain.services.deliveries.standing import unknown

_TRIES: Final = 20


@frozen(kw_only=True)
class ActingDeliveries(Deliveries):
    """The destinations of one target, with somebody who changes what is to be delivered."""

    actor: Actor

    def retry(self, name: str, positions: Collection[int] = ()) -> int:
        """Make dead letters (all, or those at *positions*) and what waits due now; return how many.

        A destination that was disabled hears again. Raises `NotFound` for a destination or a position
        without a dead letter or something that waits.
        """
        return self._change(name, RETRY, positions, self._due)

    def discard(self, name: str, positions: Collection[int] = ()) -> int:
        """Deliver dead letters, and what waits at *positions*, never; return how many.

        Without positions: all dead letters. Raises `NotFound` as `retry` does.
        """
        return self._change(name, DISCARD, positions, partial(self._without, name))

    def skip(self, name: str) -> int:
        """Discard everything that the log holds now and that is not delivered; return how many entries.

        Where there is nothing (any more), nothing is written.
        """
        head = self.records.ledger.head(self.records.organization).position
        left = next((each for each in self.status() if each.name == name), None)
        ahead = 0 if left is None else left.behind

        def skipped(state: DestinationState, _: frozenset[int]) -> tuple[DestinationState, int]:
            gone: list[int] = [
                entry.position
                for each in state.waiting
                for entry in self.records.held(state, each, by=name, after=each.position - 1)
            ]
            gone += [each.position for each in state.dead]
            if not gone and not ahead:
                return state, 0
            unseen = (Span(state.cursor + 1, head),) if head > state.cursor else ()
            after = evolve(
                state,
                cursor=max(state.cursor, head),
                waiting=(),
                dead=(),
                discarded=joined((*added(state.discarded, gone), *unseen)),
            )
            return after, len(gone) + ahead

        return self._change(name, DISCARD, (), skipped)

    def _change(
        self,
        name: str,
        type_: str,
        positions: Collection[int],
        change: Callable[[DestinationState, frozenset[int]], tuple[DestinationState, int]],
    ) -> int:
        for _ in range(_TRIES):
            kept = self._known(name, positions)
            state, count = change(kept.state, frozenset(positions))
            if state == kept.state:
                return 0
            payload: dict[str, JSON] = {"positions": sorted(positions), "count": count}
            event = self.records.event(kept.subject, type_, self.actor.name, self.actor.reason, payload)
            try:
                self.records.keep(kept, state, event)
            except Conflict:
                continue
            return count
        raise Conflict("it is being delivered now", place=f"destination {name}", remedy="try again")

    def _known(self, name: str, positions: Collection[int]) -> Kept:
        kept = self.records.load(name)
        if not kept.revision and name not in {each.name for each in self.destinations()}:
            raise unknown(name, (each.name for each in self.destinations()))
        there = {each.position for each in kept.state.undelivered}
        for position in positions:
            if position not in there:
                raise NotFound(
                    f"entry {position} is no dead letter, and nothing that waits",
                    place=f"destination {name}",
                    remedy=f"list them with 'jackfield deliveries list {name}'",
                )
        return kept

    def _due(self, state: DestinationState, positions: frozenset[int]) -> tuple[DestinationState, int]:
        now = self.records.clock.now()
        dead = tuple(evolve(d, due=now) if _chosen(d.position, positions) else d for d in state.dead)
        waiting = tuple(evolve(w, due=now) if _chosen(w.position, positions) else w for w in state.waiting)
        count = sum(_chosen(each.position, positions) for each in state.undelivered)
        return evolve(state, dead=dead, waiting=waiting, disabled=None, rests_until=None), count

    def _without(
        self, name: str, state: DestinationState, positions: frozenset[int]
    ) -> tuple[DestinationState, int]:
        gone = {d.position for d in state.dead if _chosen(d.position, positions)}
        heads = [w for w in state.waiting if w.position in positions]
        rest = tuple(w for w in state.waiting if w not in heads)
        moved = tuple(found for w in heads if (found := self._next_of(state, name, w)) is not None)
        state = evolve(state, waiting=(*rest, *moved)).without({*gone, *(w.position for w in heads)})
        return state, len(gone) + len(heads)

    def _next_of(self, state: DestinationState, name: str, head: Waiting) -> Waiting | None:
        """What of the subject waited behind its head."""
        for entry in self.records.held(state, head, by=name, after=head.position):
            return evolve(head, position=entry.position, attempts=0, due=self.records.clock.now(), trouble="")
        return None


def _chosen(position: int, positions: frozenset[int]) -> bool:
    return not positions or position in positions
