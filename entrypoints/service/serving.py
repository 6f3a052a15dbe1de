"""What every operation works with: the open core, the rules, and what is counted."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Final

from attrs import Factory, field, frozen

from jackfield.entrypoints.service.advising import CountedAdvice
from jackfield.entrypoints.service.counting import Counters
from jackfield.entrypoints.service.gates import Gate
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.tokens import Tokens

if TYPE_CHECKING:
    from jackfield.domain.services.advice import Advice
    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.service.jobs.job import Job
    from jackfield.entrypoints.service.jobs.watching import Watch
    from jackfield.entrypoints.service.readiness import Kept
    from jackfield.entrypoints.settings.service import ServiceRules

_SHARE: Final = 4
"""Of as many requests as may be at work, one in so many may wait aside: each keeps a thread."""


@frozen(kw_only=True)
class Serving:
    """One target that is served. `draining` is set when nobody is to send more, `ending` when nothing more is
    to be begun.

    `gate` is before what works, `aside` before what only waits. `loopback` tells that only this machine can
    call. `jobs` are what is done beside the requests, `watch` looks at the ledger, and `readiness` is what
    was last found of all that it needs.
    """

    core: Core
    rules: ServiceRules
    new_id: Callable[[], str]
    readiness: Kept
    watch: Watch
    gate: Gate = field(factory=Gate)
    aside: Gate = field(
        default=Factory(lambda self: Gate(max(1, self.gate.most // _SHARE)), takes_self=True), init=False
    )
    counters: Counters = field(factory=Counters)
    tokens: Tokens = field(factory=Tokens)
    jobs: tuple[Job, ...] = ()
    loopback: bool = True
    draining: Event = field(factory=Event)
    ending: Event = field(factory=Event)
    counted: CountedAdvice = field(factory=CountedAdvice)

    @property
    def at_work(self) -> int:
        """How many requests are at work, by either gate."""
        return self.gate.inside + self.aside.inside

    @property
    def advice(self) -> Advice:
        """The core's advice, whose queries are counted."""
        return self.counted.of(self.core)

    @property
    def work(self) -> tuple[Watch | Job, ...]:
        """All that has a thread of its own."""
        return (self.watch, *self.jobs)

    def deliver(self) -> None:
        """Have receivers told now of what was just changed."""
        self.wake(DELIVERIES)

    def wake(self, name: str) -> None:
        """Have a job run now rather than later, if there is one of that name."""
        for job in self.jobs:
            if job.name == name:
                job.wake()
