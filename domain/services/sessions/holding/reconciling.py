"""Places of sessions that are over without our having heard of it: found by the platform, and given back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Versioned
from jackfield.ports.sessions import SessionGateway

_OVER: Final = frozenset({Standing.CLOSED, Standing.RELEASED})
_AT_ONCE: Final = 500
_HOLDER: Final = "places"


def places(bot: str) -> str:
    """Return the name of the leases that are the places of a bot, by its id."""
    return f"session places {bot}"


@frozen(kw_only=True)
class Reconciling:
    """Gives back places that nobody has: looked for where a bot seems full, by one process each `every`.

    A conversation that the platform does not have is over, if its session stood for `settled`.
    """

    records: SessionRecords
    leases: Leases
    gateway: SessionGateway
    every: timedelta = timedelta(seconds=10)
    settled: timedelta = timedelta(seconds=60)

    def freed(self, bot: Bot, limit: int, *, ends: float) -> bool:
        """Give back what can be, and return whether that was any; what cannot be looked at is held."""
        with suppress(JackfieldError):
            return self._is_due(bot) and self._freed(bot, limit, ends)
        return False

    def _is_due(self, bot: Bot) -> bool:
        """A lease that nobody gives back is the pause between two looks, for all processes."""
        name, organization = f"session upkeep {bot.id}", self.records.organization
        return self.leases.acquire(organization, name, holder=_HOLDER, lifetime=self.every) is not None

    def _freed(self, bot: Bot, limit: int, ends: float) -> bool:
        if self.gateway.count_active(bot.id, enough=limit, most=limit, ends=ends) >= limit:
            return False
        held = list(self._known(self.leases.held(self.records.organization, places(bot.id))))
        active = self.gateway.active(bot.id, ends=ends)  # behind the records: what they have was there
        empty = [lease for lease, state in held if self._is_empty(state, active)]
        for lease in empty:
            self.leases.release(lease)
        return bool(empty)

    def _known(self, held: Collection[Lease]) -> Iterator[tuple[Lease, SessionState]]:
        """Give the places with their sessions; of one that is not recorded yet the start is under way."""
        leases = list(held)
        for first in range(0, len(leases), _AT_ONCE):
            some = leases[first : first + _AT_ONCE]
            found: list[Versioned] = list(
                self.records.ledger.read_all([self.records.subject(lease.holder) for lease in some])
            )
            for lease, versioned in zip(some, found, strict=True):
                if isinstance(versioned.state, SessionState):
                    yield lease, versioned.state

    def _is_empty(self, state: SessionState, active: Collection[str]) -> bool:
        session = state.session
        if session.standing in _OVER:
            return True
        if session.conversation is None or session.conversation in active:
            return False
        return self.records.clock.now() - session.since > self.settled
