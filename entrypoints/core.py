"""The facade: everything a program does with one target."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs
from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Verified
from jackfield.domain.model.fields import expect
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.entrypoints.parts.late import Late, nothing
from jackfield.entrypoints.settings import Settings, refuse_missing
from jackfield.plugins.host import Host
from jackfield.plugins.types import PluginReport
from jackfield.ports.telemetry import Report

if TYPE_CHECKING:  # each is loaded by whoever uses it first
    from jackfield.adapters.genesys.resilience.breaker import Reading
    from jackfield.domain.services.advice import Advice
    from jackfield.domain.services.assistants.asking import ActingAssistants, Assistants
    from jackfield.domain.services.audit import Audit
    from jackfield.domain.services.deliveries import ActingDeliveries, Deliveries
    from jackfield.domain.services.erasing import ActingAudit
    from jackfield.domain.services.metrics import Metrics
    from jackfield.domain.services.prompts.changes import ActingPrompts
    from jackfield.domain.services.rollouts import ActingRollouts, Rollouts
    from jackfield.domain.services.sessions.acting import ActingSessions
    from jackfield.domain.services.sessions.reads import Sessions
    from jackfield.entrypoints.parts.attending import Attended


@frozen(kw_only=True)
class Acting:
    """A core with somebody who changes things, and says why."""

    prompts: ActingPrompts
    _rollouts: Late[ActingRollouts] = field(alias="rollouts")
    _assistants: Late[ActingAssistants] = field(alias="assistants")
    _sessions: Late[ActingSessions] = field(alias="sessions")

    @property
    def rollouts(self) -> ActingRollouts:
        """Rollouts that can be moved."""
        return self._rollouts()

    @property
    def assistants(self) -> ActingAssistants:
        """Assistants that can be asked."""
        return self._assistants()

    @property
    def sessions(self) -> ActingSessions:
        """Sessions that can be started and moved."""
        return self._sessions()


@frozen(kw_only=True)
class Core:
    """One open target; safe for threads. Use it in a `with`, or `close` it.

    `prompts`, `metrics` and `audit` look; changes are made by `acting_as(…)`, which also asks assistants, and
    of the audit log by `auditing_as(…)`. `breakers()` returns the circuit breakers of its calls so far, each
    with its state.
    """

    settings: Settings
    prompts: Prompts
    _rollouts: Late[Rollouts] = field(alias="rollouts")
    _assistants: Late[Assistants] = field(alias="assistants")
    _sessions: Late[Attended] = field(alias="sessions")
    _advice: Late[Advice] = field(alias="advice")
    _audit: Late[Audit] = field(alias="audit")
    _deliveries: Late[Deliveries] = field(alias="deliveries")
    _metrics: Late[Metrics] = field(alias="metrics")
    copy: Callable[[Path], Verified]
    host: Host
    closing: ExitStack
    breakers: Callable[[], tuple[Reading, ...]] = tuple

    @property
    def rollouts(self) -> Rollouts:
        """Rollouts to look at, and where outcomes are told."""
        return self._rollouts()

    @property
    def assistants(self) -> Assistants:
        """What asking assistants is made of; `acting_as(…)` asks."""
        return self._assistants()

    @property
    def sessions(self) -> Sessions:
        """Sessions to look at, to report on, and to be told of; `acting_as(…)` starts and moves them."""
        return self._sessions().sessions

    @property
    def advice(self) -> Advice:
        """What agents could say or look up, and what they did with it."""
        return self._advice()

    @property
    def audit(self) -> Audit:
        """The audit log, to look at."""
        return self._audit()

    @property
    def deliveries(self) -> Deliveries:
        """What is delivered to destinations, and how far it is."""
        return self._deliveries()

    @property
    def metrics(self) -> Metrics:
        """What the platform measured."""
        return self._metrics()

    def acting_as(self, actor: str, *, reason: str) -> Acting:
        """Return the core for *actor*, such as `ci:build-812`; every change carries both."""
        from jackfield.domain.services.prompts.changes import ActingPrompts

        refuse_missing(self.settings.credentials)
        by = _actor(actor, reason)
        return Acting(
            prompts=ActingPrompts(actor=by, **_fields(self.prompts)),
            rollouts=Late(lambda: (self._moving(by), nothing)),
            assistants=Late(lambda: (self._asking(by), nothing)),
            sessions=Late(lambda: (self._sessions().acting(by), nothing)),
        )

    def _moving(self, by: Actor) -> ActingRollouts:
        from jackfield.domain.services.rollouts import ActingRollouts

        return ActingRollouts(
            actor=by,
            live_versions=self.prompts.live_versions,
            reviewer=self.prompts.reviewer,
            router=self.settings.router,
            **_fields(self.rollouts),
        )

    def _asking(self, by: Actor) -> ActingAssistants:
        from jackfield.domain.services.assistants.asking import ActingAssistants

        return ActingAssistants(actor=by, **_fields(self.assistants))

    def auditing_as(self, actor: str, *, reason: str) -> ActingAudit:
        """Return the audit log for *actor*, who erases payloads and says why; it needs no credentials."""
        from jackfield.domain.services.erasing import ActingAudit

        new_id = self.prompts.operations.records.new_id
        return ActingAudit(actor=_actor(actor, reason), new_id=new_id, **_fields(self.audit))

    def delivering_as(self, actor: str, *, reason: str) -> ActingDeliveries:
        """Return the deliveries for *actor*, who retries and discards; it needs no credentials."""
        from jackfield.domain.services.deliveries import ActingDeliveries

        return ActingDeliveries(
            actor=_actor(actor, reason),
            passing=self.deliveries.passing,
            destinations=self.deliveries.destinations,
            broken=self.deliveries.broken,
        )

    def backup(self, path: str | os.PathLike[str]) -> Verified:
        """Write the whole ledger to a new file while others go on working, and return what it holds.

        The copy is checked page by page, and its chain verified, before the file gets its name. The
        embedded simulator's platform is no part of it. Raises `InvalidInput` for a file that exists or
        cannot be written, `ChainBroken` for a log that does not verify; then there is no file.
        """
        return self.copy(Path(path))

    @property
    def plugins(self) -> tuple[PluginReport, ...]:
        """Every plugin at a glance: its state, its hooks, and what was counted so far."""
        return self.host.reports()

    @property
    def report(self) -> Report:
        """Where long pieces of work tell how far they are: to every plugin that hears of progress."""
        return self.host.report

    def close(self) -> None:
        """Let go of the ledger and the platform; closing twice is fine."""
        self.closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fields(part: attrs.AttrsInstance) -> dict[str, Any]:
    return {each.name: getattr(part, each.name) for each in attrs.fields(type(part))}


_LONGEST = 500


def _actor(actor: str, reason: str) -> Actor:
    for name, text in (("actor", actor), ("reason", reason)):
        expect(str, text, name, "say in a line who changes what, and why")
        if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
            raise InvalidInput(
                f"it is empty, longer than {_LONGEST} characters, or has line breaks or other characters"
                " that cannot be printed",
                place=name,
                remedy="say in a line who changes what, and why",
            )
    return Actor(name=actor, reason=reason)
