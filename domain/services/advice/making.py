"""Putting the parts of advice together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from attrs import field, frozen

from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.advising import Advice
from jackfield.domain.services.advice.hearing.heard import Hearing
from jackfield.domain.services.advice.hearing.recording import Recording, buffered
from jackfield.domain.services.advice.hearing.reporting import Telling
from jackfield.domain.services.advice.hearing.shown import Shown
from jackfield.domain.services.advice.keeping.kept import Answers
from jackfield.domain.services.advice.keeping.leasing import Leasing
from jackfield.domain.services.advice.keeping.marks import Marks
from jackfield.domain.services.advice.measuring import Measures
from jackfield.domain.services.advice.querying.answering import Querying
from jackfield.domain.services.advice.querying.asking import Alone, Asking
from jackfield.domain.services.advice.querying.crew import Crew
from jackfield.domain.services.advice.querying.renewing import Renewing
from jackfield.domain.services.advice.values import Holding
from jackfield.ports.advice import AdviceGateway
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock
from jackfield.ports.conversations import Redact
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger
from jackfield.ports.telemetry import Measure, unheard


@frozen(kw_only=True)
class Rules:
    """How advice is given; `agents` are named in what is measured, and `durable` is what happens with it.

    `entries` and `bytes` bound what is kept in memory, `threads` and `waiting` the queries that are asked
    behind their callers' backs.
    """

    sieve: Sieve = field(factory=Sieve)
    holding: Holding = field(factory=Holding)
    deadline: timedelta = timedelta(seconds=5)
    agents: bool = True
    durable: bool = False
    entries: int = 2_000
    bytes: int = 16 * 2**20
    threads: int = 16
    waiting: int = 240


@frozen(kw_only=True)
class Making:
    """What one target's advice is made of. Processes share the `cache`, if there is one, at a `place`.

    With `leases` they ask once for all of them. With `redact` texts are kept in the log, redacted.
    """

    organization: Organization
    gateway: AdviceGateway
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]
    holder: str
    cache: Cache | None = None
    leases: Leases | None = None
    place: str = ""
    rules: Rules = field(factory=Rules)
    measure: Measure = unheard
    redact: Redact | None = None

    def advice(self) -> Advice:
        """Return it; nothing is opened, and no thread begins, before there is a query."""
        leasing = self._leasing()
        hearing = self._hearing(leasing)
        querying = Querying(
            organization=self.organization,
            asking=Asking(
                self.gateway,
                hearing.answers,
                self.clock,
                measures=hearing.measures,
                alone=self._alone(leasing),
            ),
            hearing=hearing,
            clock=self.clock,
            new_id=self.new_id,
            sieve=self.rules.sieve,
            deadline=self.rules.deadline,
            crew=Crew(self.rules.threads, self.rules.waiting),
        )
        telling = Telling(organization=self.organization, ledger=self.ledger)
        return Advice(querying=querying, hearing=hearing, telling=telling)

    def _hearing(self, leasing: Leasing | None) -> Hearing:
        measures = Measures(self.organization, self.measure, agents=self.rules.agents)
        recording = Recording(
            organization=self.organization,
            ledger=self.ledger,
            clock=self.clock,
            new_id=self.new_id,
            redact=self.redact,
        )
        return Hearing(
            answers=self._answers(leasing),
            buffer=buffered(recording, measures),
            shown=Shown(self.organization, self.cache, self.clock),
            measures=measures,
            clock=self.clock,
            durable=self.rules.durable,
            patience=self.rules.deadline,
        )

    def _answers(self, leasing: Leasing | None) -> Answers:
        rules = self.rules
        marks = Marks(
            self.organization,
            self.cache,
            self.clock,
            lifetime=rules.holding.longest,
            leasing=leasing,
            place=self.place,
        )
        return Answers(
            self.organization,
            self.cache,
            self.clock,
            marks,
            holding=rules.holding,
            most_entries=rules.entries,
            most_bytes=rules.bytes,
        )

    def _leasing(self) -> Leasing | None:
        return None if self.leases is None else Leasing(self.organization, self.leases, self.holder)

    def _alone(self, leasing: Leasing | None) -> Alone | None:
        if leasing is None or self.cache is None:
            return None
        return Alone(leasing=leasing, renewing=Renewing(leasing.leases, self.clock), place=self.place)
