"""Which sessions may begin: a bot never has more than its limit, over threads, processes and machines.

A session that begins holds two leases of its bot: a *place*, of which there are as many as the limit, and a
*start*, which lasts until its conversation is on the platform, or cannot come there any more. Whoever has
both lists the starts, and then has the platform count the bot's conversations. It is admitted if these, the
starts before its own (by their tokens) and itself are no more than the limit.

Why that holds: say that the bot had one conversation too many. Of the sessions that have them take the one
whose start has the highest token; it was admitted, and began behind its count. Every other's start is older,
so when ours were listed it was held, and is in the list; or it was over, and its conversation was there
before the count, still is, and is in the count. So all of them were counted, some twice, and it was not
admitted. This uses no place: one whose holder crashed may expire, its conversation is still counted. Places
say what is full without a call to the platform, and hold where its count lags behind.

It takes for granted that a conversation is made before its start expires (each lasts longer than the call by
a margin), that the count leaves out nothing that is there all the while, and that nobody else makes some.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import Conflict, Unavailable
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.states import Slot
from jackfield.domain.services.sessions.holding.reconciling import Reconciling, places
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.sessions import SessionGateway

_ANY: Final = 1_000_000_000
_FIRST_PAUSE: Final = timedelta(milliseconds=5)
_LONGEST_PAUSE: Final = timedelta(milliseconds=100)


@frozen(kw_only=True)
class Permit:
    """Leave for a bot to have one session more: its place and its start; without a limit it needs none.

    `until` is when the call must have begun, by our own clock, which that of the leases need not agree with.
    """

    place: Lease | None = None
    start: Lease | None = None
    until: datetime | None = None

    @property
    def slot(self) -> Slot | None:
        """The place as the session's state keeps it."""
        place = self.place
        if place is None:
            return None
        return Slot(name=place.name, token=place.token, expires=place.expires)


@frozen(kw_only=True)
class Admission:
    """Lets sessions begin within the limits of their bots.

    `margin` is what a start outlives its call by; `patience` is how long starts before one's own are waited
    for, which may be in the way because they are counted twice.
    """

    records: SessionRecords
    leases: Leases
    gateway: SessionGateway
    reconciling: Reconciling
    margin: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(seconds=1)

    def admit(self, bot: Bot, session: str, *, ends: float) -> Permit | None:
        """Return leave to have *session* with *bot* made until *ends* (monotonic seconds); None: it is full.

        It is to be confirmed or canceled, and expires a while after *ends*. Raises what the platform's count
        and the leases raise; then nothing is held.
        """
        if bot.limit is None:
            return Permit()
        place = self._place(bot, bot.limit, session, ends)
        if place is None and self.reconciling.freed(bot, bot.limit, ends=ends):
            place = self._place(bot, bot.limit, session, ends)
        return None if place is None else self._permit(bot, bot.limit, place, ends)

    def may_begin(self, permit: Permit) -> bool:
        """Whether the call may still be made; not if this process stood still, or its clock was set on."""
        return permit.until is None or self.records.clock.now() < permit.until

    def confirm(self, permit: Permit, lifetime: timedelta) -> Slot | None:
        """Keep the place for a session of *lifetime*, whose conversation is there; raises nothing.

        A place that was lost meanwhile is had again, whatever the limit: it says what is.
        """
        if permit.place is None:
            return None
        kept = evolve(permit, place=self._kept(permit.place, lifetime + self.margin))
        if permit.start is not None:
            self._drop(permit.start)
        return kept.slot

    def cancel(self, permit: Permit) -> None:
        """Give back what was not used: no conversation was made, and none will be."""
        for lease in (permit.start, permit.place):
            if lease is not None:
                self._drop(lease)

    def held(self, session: str, slot: Slot | None) -> Permit:
        """Return the leave of a session that its state has as *slot*, for what was left to be settled."""
        return Permit() if slot is None else Permit(place=self._lease(session, slot))

    def release(self, loaded: Loaded) -> None:
        """Give back the place of a session that the bot has no longer."""
        self.cancel(self.held(loaded.id, loaded.state.slot))

    def _place(self, bot: Bot, limit: int, session: str, ends: float) -> Lease | None:
        return self._taken(places(bot.id), session, self._left(ends) + self.margin, limit)

    def _permit(self, bot: Bot, limit: int, place: Lease, ends: float) -> Permit | None:
        """Begin the start of whoever has *place*; give both back unless it is admitted."""
        left = self._left(ends)
        until = self.records.clock.now() + left
        with ExitStack() as undo:
            undo.callback(self._drop, place)
            start = self._taken(_starts(bot.id), place.holder, left + self.margin, _ANY)
            if start is None:
                return None
            undo.callback(self._drop, start)
            if not self._fits(bot, limit, start, ends):
                return None
            undo.pop_all()
        return Permit(place=place, start=start, until=until)

    def _left(self, ends: float) -> timedelta:
        return timedelta(seconds=max(0.0, ends - self.records.clock.monotonic()))

    def _fits(self, bot: Bot, limit: int, start: Lease, ends: float) -> bool:
        """First the starts, then the platform: what is confirmed in between counts twice, and never less.

        So where starts before ours are in the way, it is counted anew when one of them is over.
        """
        clock, pause, counted = self.records.clock, _FIRST_PAUSE, limit
        until = min(ends, clock.monotonic() + self.patience.total_seconds())
        while True:
            before = self._before(start)
            if before < counted:
                active = self.gateway.count_active(bot.id, enough=limit - before, most=limit, ends=ends)
                if active + before + 1 <= limit:
                    return True
                if active >= limit or not before:
                    return False
                counted = before
            if clock.monotonic() >= until:
                return False
            clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _before(self, start: Lease) -> int:
        starts = self.leases.held(self.records.organization, start.name)
        return sum(other.token < start.token for other in starts)

    def _taken(self, name: str, session: str, lifetime: timedelta, limit: int) -> Lease | None:
        organization = self.records.organization
        return self.leases.acquire(organization, name, holder=session, lifetime=lifetime, limit=limit)

    def _kept(self, place: Lease, lifetime: timedelta) -> Lease:
        try:
            return self.leases.renew(place, lifetime)
        except Conflict:
            with suppress(Unavailable):
                return self._taken(place.name, place.holder, lifetime, _ANY) or place
        except Unavailable:
            pass
        return place  # it expires early; the platform counts the conversation all the same

    def _drop(self, lease: Lease) -> None:
        with suppress(Unavailable):  # it expires by itself
            self.leases.release(lease)

    def _lease(self, session: str, slot: Slot) -> Lease:
        return Lease(
            organization=self.records.organization,
            name=slot.name,
            holder=session,
            token=slot.token,
            expires=slot.expires,
        )


def _starts(bot: str) -> str:
    return f"session starts {bot}"
