"""The parts of a core that are loaded when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

from jackfield.domain.services.prompts.reads import Prompts
from jackfield.entrypoints.parts.given import Parts
from jackfield.entrypoints.parts.late import Closing, nothing
from jackfield.entrypoints.parts.reaching import Line
from jackfield.entrypoints.parts.storing import Store
from jackfield.entrypoints.settings import Settings
from jackfield.plugins.host import Host
from jackfield.ports.http import Http

if TYPE_CHECKING:
    from jackfield.adapters.genesys.client import Client
    from jackfield.domain.services.advice import Advice
    from jackfield.domain.services.assistants.asking import Assistants
    from jackfield.domain.services.audit import Audit
    from jackfield.domain.services.deliveries import Deliveries
    from jackfield.domain.services.metrics import Metrics
    from jackfield.domain.services.prompts.choosing.seals import Seals
    from jackfield.domain.services.rollouts import Rollouts
    from jackfield.entrypoints.parts.attending import Attended


@frozen(kw_only=True)
class Composing:
    """Composes what is loaded when it is first used, each with what closes it."""

    settings: Settings
    parts: Parts
    host: Host
    store: Store
    line: Line
    client: Callable[[], Client]
    http: Http
    prompts: Prompts
    seals: Seals

    def rollouts(self) -> tuple[Rollouts, Closing]:
        """Compose rollouts."""
        from jackfield.entrypoints.parts.rolling import Rolling

        return Rolling(
            operations=self.prompts.operations,
            seals=self.seals,
            client=self.client(),
            measure=self.host.measure,
        ).opened()

    def assistants(self, rollouts: Rollouts) -> tuple[Assistants, Closing]:
        """Compose what asks assistants."""
        from jackfield.entrypoints.parts.asking import Asking, plugged_hooks

        return Asking(
            settings=self.settings,
            client=self.client(),
            prompts=self.prompts,
            rollouts=rollouts,
            dial=self.line.dial,
            jitter=self.parts.jitter,
            measure=self.host.measure,
            hooks=self.parts.conversations or plugged_hooks(self.host),
        ).opened()

    def deliveries(self) -> tuple[Deliveries, Closing]:
        """Compose deliveries."""
        from jackfield.entrypoints.parts.delivering import Delivering

        return Delivering(
            settings=self.settings,
            host=self.host,
            client=self.client(),
            records=self.prompts.operations.records,
            leases=self.store.leases,
            owner=self.prompts.operations.owner,
            jitter=self.parts.jitter,
            webhooks=self.parts.webhooks,
        ).opened()

    def audit(self) -> tuple[Audit, Closing]:
        """Compose the audit log."""
        from jackfield.entrypoints.parts.auditing import audit

        return audit(self.prompts.operations.records, self.store.look), nothing

    def metrics(self) -> tuple[Metrics, Closing]:
        """Compose what the platform measured."""
        from jackfield.entrypoints.parts.measuring import metrics

        return metrics(self.prompts.operations.records, self.client()), nothing

    def sessions(self) -> tuple[Attended, Closing]:
        """Compose sessions."""
        from jackfield.entrypoints.parts.attending import Attending

        given = self.parts.conversations
        attending = Attending(
            settings=self.settings,
            host=self.host,
            client=self.client(),
            records=self.prompts.operations.records,
            leases=self.store.leases,
            owner=self.prompts.operations.owner,
            jitter=self.parts.jitter,
            measure=self.host.measure,
            redact=self.host.redact if given is None else given.redact,
            http=self.http,
        )
        return attending.attended(), nothing

    def advice(self) -> tuple[Advice, Closing]:
        """Compose advice."""
        from jackfield.entrypoints.parts.advising import Advising

        given = self.parts.conversations
        return Advising(
            settings=self.settings,
            host=self.host,
            client=self.client,
            records=self.prompts.operations.records,
            leases=self.store.leases,
            owner=self.prompts.operations.owner,
            redact=self.host.redact if given is None else given.redact,
        ).opened()
