"""What asking assistants is made of: the line to their stream, opened by the first question."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.messages import Question
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.assistants.asking import Assistants
from jackfield.domain.services.assistants.composing import Composer
from jackfield.domain.services.assistants.pending import Pending
from jackfield.domain.services.assistants.recording import AskRecords
from jackfield.domain.services.assistants.values import Traits
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.rollouts import Rollouts
from jackfield.entrypoints.parts.late import Closing
from jackfield.entrypoints.settings import Settings
from jackfield.plugins.host import Host
from jackfield.ports.assistants import AssistantGateway, ConversationId, Hear, Line
from jackfield.ports.conversations import Redact, Select, Summarize, unselected, unsummarized
from jackfield.ports.telemetry import Measure

if TYPE_CHECKING:
    from jackfield.adapters.genesys.resilience.retries import Jitter
    from jackfield.adapters.sockets import Dial


def unredacted(_: str) -> str:
    """Nobody takes out what must not be kept: then nothing is."""
    raise Unavailable(
        "there is nobody who redacts what is to be kept",
        place="conversations.capture_content",
        remedy="turn it off, or give who redacts beside Parts.conversations",
    )


@frozen(kw_only=True)
class Hooks:
    """What programs and plugins may say about conversations."""

    select: Select = unselected
    summarize: Summarize = unsummarized
    redact: Redact = unredacted


def plugged_hooks(host: Host) -> Hooks:
    """Return what the plugins of *host* say; room for a summary is made only if one of them gives any."""
    return Hooks(
        select=host.select,
        summarize=host.summarize if host.gives("jackfield_summarize") else unsummarized,
        redact=host.redact,
    )


@frozen(kw_only=True)
class Asking:
    """Composes it for one target; no library is loaded, and no thread begun, before something is asked."""

    settings: Settings
    client: Client
    prompts: Prompts
    rollouts: Rollouts
    dial: Callable[[], Dial]
    jitter: Jitter
    measure: Measure
    hooks: Hooks = field(factory=Hooks)

    def opened(self) -> tuple[Assistants, Closing]:
        """Return what asks, and what closes it: answers under way are canceled and recorded too."""
        rules, records = self.settings.conversations, self.prompts.operations.records
        gateway, pending = LateGateway(self._gateway), Pending(records.clock)
        assistants = Assistants(
            prompts=self.prompts,
            rollouts=self.rollouts,
            gateway=gateway,
            composer=Composer(
                counter=self.prompts.counter,
                select=self.hooks.select,
                summarize=self.hooks.summarize,
                traits=Traits(summary_tokens=rules.summary_tokens),
            ),
            records=AskRecords(
                organization=records.organization,
                ledger=records.ledger,
                clock=records.clock,
                new_id=records.new_id,
                redact=self.hooks.redact if rules.capture_content else None,
            ),
            pending=pending,
            spare=UpperEstimate(),
            measure=self.measure,
            deadline=rules.deadline,
        )

        def close() -> None:
            pending.cancel()
            gateway.close()
            pending.settle()

        return assistants, close

    def _gateway(self) -> AssistantGateway:
        from jackfield.adapters.genesys.assistants import GenesysAssistants
        from jackfield.adapters.genesys.stream.telling import Telling

        return GenesysAssistants(
            self.client,
            self.dial(),
            self.prompts.operations.records.clock,
            jitter=self.jitter,
            silence=self.settings.conversations.watchdog,
            telling=Telling(organization=self.settings.organization, measure=self.measure),
        )


@define(eq=False)
class LateGateway:
    """An `AssistantGateway` that is made when it is first needed."""

    opening: Callable[[], AssistantGateway]
    _opened: AssistantGateway | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def ready(self, ends: float) -> None:
        """Have a line; raise `Unavailable` once it was closed."""
        self._made().ready(ends)

    def ask(self, question: Question, ends: float) -> ConversationId:
        """Begin a conversation."""
        return self._made().ask(question, ends)

    def listen(
        self, conversation: ConversationId, hear: Hear, *, cursor: Callable[[], int | None], ends: float
    ) -> Line:
        """Listen to an answer."""
        return self._made().listen(conversation, hear, cursor=cursor, ends=ends)

    def close(self) -> None:
        """Close the line, if there is one."""
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _made(self) -> AssistantGateway:
        with self._lock:
            if self._closed:
                raise Unavailable("the core is closed", place="assistants", remedy="open another one")
            if self._opened is None:
                self._opened = self.opening()
            return self._opened
