"""Advice for human agents, as programs ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import define

from jackfield.domain.model.advice.feedback import Action, By, Feedback, Report, report
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Accepted, Sieve
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.services.advice.checks import grouping, named, zoned
from jackfield.domain.services.advice.hearing.heard import Hearing
from jackfield.domain.services.advice.hearing.reporting import Telling, earlier
from jackfield.domain.services.advice.keeping.marked import What
from jackfield.domain.services.advice.querying.answering import Querying
from jackfield.domain.services.advice.told import OnScreen, Teller
from jackfield.domain.services.advice.values import Advised

USUAL: Final = timedelta(days=7)


@define(eq=False, kw_only=True)
class Advice:
    """The advice of one target; safe for threads.

    What happens is in the log within 50 ms, in order, or counted as lost; where the settings want it durable,
    before a verb returns.
    """

    querying: Querying
    hearing: Hearing
    telling: Telling

    @property
    def sieve(self) -> Sieve:
        """What is good enough, unless a query says otherwise."""
        return self.querying.sieve

    def query(
        self, query: AdviceQuery, *, deadline: timedelta | None = None, sieve: Sieve | None = None
    ) -> Advised:
        """Return what is recommended, sifted by *sieve*, within *deadline* (None: what the settings say).

        `origin` says where it came from. Raises `InvalidInput`, any `Refused` of the platform (`NotFound` for
        an unknown knowledge base), and `Unavailable` or the like where it does not answer in time and nothing
        of the last minutes is left.
        """
        return self.querying.query(query, deadline, sieve)

    def query_async(
        self, query: AdviceQuery, *, deadline: timedelta | None = None, sieve: Sieve | None = None
    ) -> Future[Advised]:
        """Return what `query` would, as a future; the deadline begins now, and memory answers at once.

        Raises `InvalidInput` at once, and `QueueFull` where too many wait. In an event loop it is
        `asyncio.wrap_future` of this, or `aio.call(core.advice.query, …)`.
        """
        return self.querying.begin(query, deadline, sieve)

    def displayed(
        self,
        advised: Advised,
        *,
        agent: str | None = None,
        items: Iterable[Accepted | str] | None = None,
    ) -> None:
        """Tell that recommendations were on an agent's screen: all that were accepted, or *items* of them.

        Without it there is no click-through rate, and nothing that comes again is marked as shown. Raises
        `InvalidInput` for an item that the answer did not accept.
        """
        self.querying.enter()
        self.hearing.displayed(advised, agent=agent, items=items)

    def feedback(
        self,
        recommendation: Accepted | OnScreen | str,
        *,
        agent: str,
        action: Action | str,
        conversation: str | None = None,
        teller: Teller | None = None,
        once: str | None = None,
    ) -> Feedback:
        """Tell what an agent did with a recommendation, or with the one of that id; return it as it counts.

        *conversation* need not be told where it was displayed to that agent of late. One that is `wrong`
        drops every answer that holds it, and is kept from its conversation. `known` is False in what returns
        where nobody is known to have recommended it. The audit log names the agent as its actor, or who told
        it for them: the *teller*.

        *once* is your program's name of this feedback, its own within the *conversation*, which must be told
        then: under the same name the same is recorded, counted and delivered once, by whatever processes it
        is told, and answered as it was the first time. Raises `Unavailable` where it does not get into the
        log, and `InvalidInput` for other feedback under that name.
        """
        self.querying.enter()
        (told,) = self.feedback_all(
            [recommendation],
            agent=agent,
            action=action,
            conversation=conversation,
            teller=teller,
            once=once,
        )
        return told

    def feedback_all(
        self,
        recommendations: Iterable[Accepted | OnScreen | str],
        *,
        agent: str,
        action: Action | str,
        conversation: str | None = None,
        teller: Teller | None = None,
        once: str | None = None,
    ) -> tuple[Feedback, ...]:
        """Tell it of several at once, as `feedback` does of one: all are taken, or none is.

        However many are `wrong`, other processes are told once.
        """
        self.querying.enter()
        return self.hearing.feedback(
            recommendations,
            agent=agent,
            action=action,
            conversation=conversation,
            teller=teller,
            once=once,
        )

    def forget(self, *, base: str) -> None:
        """Drop every answer that a change of a knowledge base could change.

        Other processes that share the cache hear of it within a second, or as soon as a cache that fails is
        back; other machines keep theirs for as long as an answer holds.
        """
        self.querying.enter()
        self.hearing.answers.forget(What.BASE, [named(base, "base")])

    def report(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By | str | None = None,
    ) -> Report:
        """Sum up what agents did from *since* on and before *until*: unless given, in the last 7 days."""
        group = None if by is None else grouping(by)
        with suppress(JackfieldError):  # then the newest is missing
            self.flush()
        is_now = until is None
        until = self.querying.clock.now() if until is None else zoned(until, "until")
        since = earlier(until, USUAL) if since is None else zoned(since, "since")
        if since >= until:
            wrong = "it is in the future" if is_now else "it is not before until"
            raise InvalidInput(wrong, place="since", remedy="give an earlier time")
        return report(self.telling.between(since, until), by=group)

    def flush(self) -> None:
        """Return when all that happened is in the log; raise `Unavailable` while it cannot be."""
        self.hearing.buffer.flush()

    def close(self) -> None:
        """Let queries under way end by their deadlines, and write what happened; closing twice is fine."""
        self.querying.close()
        self.hearing.buffer.close()
        self.hearing.answers.close()
