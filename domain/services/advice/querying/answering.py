"""Answering queries: from what is kept, from whoever asks the same now, or from the platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final
from weakref import WeakValueDictionary, ref

from attrs import define, evolve, field, frozen

from jackfield.domain.model.advice.keys import key_of
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.errors import (
    BreakerOpen,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.fields import expect
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.checks import seconds
from jackfield.domain.services.advice.hearing.heard import Hearing
from jackfield.domain.services.advice.keeping.kept import Kept, put_off
from jackfield.domain.services.advice.measuring import Status, Tier
from jackfield.domain.services.advice.querying.asking import Asking, Found, Wanted
from jackfield.domain.services.advice.querying.crew import Crew
from jackfield.domain.services.advice.querying.flights import Flights, late
from jackfield.domain.services.advice.told import Delivery
from jackfield.domain.services.advice.values import Advised, Origin
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

_TROUBLE: Final = (Unavailable, OutcomeUnknown, BreakerOpen, QueueFull, RateLimited)
"""What keeps the platform from answering, and is no answer: then an older one may be given."""

_ORIGINS: Final = {
    Tier.MEMORY: Origin.CACHED,
    Tier.SHARED: Origin.CACHED,
    Tier.STALE: Origin.STALE,
    Tier.PLATFORM: Origin.FRESH,
    Tier.WAITED: Origin.FRESH,
}


@frozen(eq=False)
class Repeatable:
    """An answer that was given as it is kept, for as long as memory keeps it; this keeps nothing of it."""

    key: str
    kept: ref[Kept]


@define(eq=False, kw_only=True)
class Querying:
    """Answers queries of one organization; a hit in memory takes no lock but the log's, and makes no call."""

    organization: Organization
    asking: Asking
    hearing: Hearing
    clock: Clock
    new_id: Callable[[], str]
    sieve: Sieve
    deadline: timedelta
    crew: Crew
    flights: Flights[Found] = field(init=False)
    _keys: WeakValueDictionary[str, AdviceQuery] = field(
        factory=WeakValueDictionary[str, AdviceQuery], init=False
    )
    _now: Callable[[], float] = field(init=False)
    _process: int = field(factory=os.getpid, init=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._now = self.clock.monotonic
        self.flights = Flights[Found](self.clock)

    def query(
        self,
        query: AdviceQuery,
        deadline: timedelta | None,
        sieve: Sieve | None,
        key: str | None = None,
    ) -> Advised:
        """Return the answer, when it is there; *key* is believed where this very query was given it here."""
        self.enter()
        began = self._now()
        wanted = self._wanted(query, sieve, deadline, began, key)
        kept = self.asking.answers.hit(wanted.key, began)
        if kept is None:
            return self.crew.here(partial(self._brought, wanted, began))
        return self._hit(wanted, kept, began)

    def begin(self, query: AdviceQuery, deadline: timedelta | None, sieve: Sieve | None) -> Future[Advised]:
        """Return the answer as a future; it is there at once if memory has it."""
        self.enter()
        began = self._now()
        wanted = self._wanted(query, sieve, deadline, began)
        kept = self.asking.answers.hit(wanted.key, began)
        if kept is None:
            return self.crew.submit(partial(self._brought, wanted, began))
        done: Future[Advised] = Future()
        try:
            done.set_result(self._hit(wanted, kept, began))
        except JackfieldError as error:
            done.set_exception(error)
        return done

    def key(self, query: AdviceQuery) -> str:
        """Return the key of *query*, asked as it usually is; raise `InvalidInput` for one that has none."""
        return self._key(query, None)

    def repeatable(self, advised: Advised) -> Repeatable | None:
        """Return what `again` takes, of an answer that was just given and is in memory as it was given."""
        kept = self.asking.answers.known(advised.key)
        if kept is None or not advised.accepted or kept.answer.sifted.accepted is not advised.accepted:
            return None
        kept.given = evolve(advised, origin=Origin.CACHED)
        return Repeatable(advised.key, ref(kept))

    def again(self, one: Repeatable) -> float | None:
        """Give an answer from memory once more, and return its age in seconds.

        None where it does not hold as it was given: then ask for it. All that `query` asks of what is kept is
        asked here too; spared is what is the same each time.
        """
        self.enter()
        began, hearing = self._now(), self.hearing
        kept = self.asking.answers.hit(one.key, began)
        if kept is None or kept is not one.kept() or began >= kept.again:
            return None
        advised = kept.given
        if advised is None or not hearing.shown.has_none(advised.conversation, began):
            return None
        now = self._now()
        took, age = now - began, max(0.0, now - kept.asked)
        delivery = Delivery(advised, self.clock.now(), took, self.new_id(), age)
        hearing.tell(delivery, seconds=self.deadline.total_seconds() - took)
        hearing.measures.answered(Status.SUCCESS, Tier.MEMORY, took)
        return age

    def enter(self) -> None:
        """Let somebody do something here; raise `Unavailable` once it was closed."""
        if self._closed:
            raise Unavailable("the core is closed", place="advice", remedy="open it again")
        if os.getpid() != self._process:
            self._process = os.getpid()
            self._after_fork()

    def close(self) -> None:
        """Let nobody in any more, and let queries under way end by their deadlines."""
        self._closed = True
        self.crew.close()

    def _after_fork(self) -> None:
        """Nobody who held a lock, or asked, is in this process."""
        self.flights.after_fork()
        self.asking.after_fork()
        self.hearing.after_fork()

    def _wanted(
        self,
        query: AdviceQuery,
        sieve: Sieve | None,
        deadline: timedelta | None,
        began: float,
        key: str | None = None,
    ) -> Wanted:
        expect(AdviceQuery, query, "query", "give an AdviceQuery(…)")
        if key is None or sieve is not None or self._keys.get(key) is not query:
            key = self._key(query, sieve)
        sieve = self.sieve if sieve is None else sieve
        ends = began + seconds(self.deadline if deadline is None else deadline)
        return Wanted(key=key, query=query, sieve=sieve, ends=ends, seen=self.asking.answers.marks.number)

    def _key(self, query: AdviceQuery, sieve: Sieve | None) -> str:
        """Return the key, and remember whose it is as long as somebody has the query."""
        usual = sieve is None
        sieve = self.sieve if sieve is None else sieve
        expect(Sieve, sieve, "sieve", "give a Sieve(…)")
        try:
            key = key_of(self.organization, query, sieve)
        except UnicodeEncodeError:
            raise InvalidInput(
                "a text in it holds half a surrogate pair", place="query", remedy="give what UTF-8 can carry"
            ) from None
        if usual:
            self._keys[key] = query
        return key

    def _hit(self, wanted: Wanted, kept: Kept, began: float) -> Advised:
        if began >= kept.again:
            self._revalidate(wanted, kept, began)
        return self._given(wanted, Found(kept.answer, kept.asked, Tier.MEMORY), began)

    def _brought(self, wanted: Wanted, began: float) -> Advised:
        try:
            found = self._found(wanted)
        except JackfieldError as error:
            left = self._left(wanted) if isinstance(error, _TROUBLE) else None
            if left is None:
                self._failed(error, began)
                raise
            found = left
        return self._given(wanted, found, began)

    def _failed(self, error: JackfieldError, began: float) -> None:
        """Measure it; who names a knowledge base that there is not made a mistake, and no platform failed."""
        if isinstance(error, NotFound):
            self.hearing.measures.refused()
        else:
            self.hearing.measures.answered(Status.ERROR, Tier.NONE, self._now() - began)

    def _found(self, wanted: Wanted) -> Found:
        shared = self.asking.told(wanted)
        if shared is not None:
            return shared
        if self._now() >= wanted.ends:  # it waited for a thread
            raise late()
        found, mine = self._flown(wanted)
        while self.asking.is_dropped(wanted, found):  # by who joined a flight that began before
            found, mine = self._flown(wanted)
        return found if mine or found.tier is not Tier.PLATFORM else evolve(found, tier=Tier.WAITED)

    def _flown(self, wanted: Wanted) -> tuple[Found, bool]:
        held: list[Lease] = []
        return self.flights.ask(
            wanted.key,
            lambda: self.asking.bring(wanted, held),
            wanted.ends,
            then=lambda: self.asking.release(held),
        )

    def _left(self, wanted: Wanted) -> Found | None:
        left = self.asking.answers.stale(wanted.key, wanted.sieve)
        return None if left is None else Found(left[0], self._now() - left[1], Tier.STALE)

    def _revalidate(self, wanted: Wanted, kept: Kept, now: float) -> None:
        """Ask anew behind the agent's back; where that fails, the answer holds as long as it did."""
        put_off(kept, now)
        again = evolve(wanted, ends=now + seconds(self.deadline), newer=kept.answer.asked)

        def ask() -> None:
            with suppress(JackfieldError):
                self._found(again)

        with suppress(QueueFull, Unavailable):
            self.crew.submit(ask)

    def _given(self, wanted: Wanted, found: Found, began: float) -> Advised:
        now, query, answer = self._now(), wanted.query, found.answer
        hearing, anew = self.hearing, found.tier is Tier.SHARED
        sifted = hearing.shown.marked(query.conversation, answer.sifted, wanted.sieve, now, anew=anew)
        advised = Advised(
            id=self.new_id(),
            key=wanted.key,
            conversation=query.conversation,
            agent=query.agent,
            accepted=sifted.accepted,
            rejected=sifted.rejected,
            origin=_ORIGINS[found.tier],
            asked=answer.asked,
            age=timedelta(seconds=max(0.0, now - found.asked)),
            until=sifted.until,
            whole=answer.whole,
        )
        age = advised.age.total_seconds()
        delivery = Delivery(advised, self.clock.now(), now - began, advised.id, age)
        hearing.tell(delivery, seconds=wanted.ends - now)
        hearing.measures.answered(_status(advised), found.tier, now - began)
        return advised


def _status(advised: Advised) -> Status:
    if not advised.accepted:
        return Status.EMPTY
    return Status.STALE if advised.origin is Origin.STALE else Status.SUCCESS
