"""Publishing: a version goes to the platform, and what the platform had is adopted first."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidPrompt, VersionExists
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import PromptState, Verb, fingerprint
from jackfield.domain.services.checking import Report
from jackfield.domain.services.prompts.changing.basis import Changing, remote_of
from jackfield.domain.services.prompts.operations.conditions import is_published
from jackfield.domain.services.prompts.operations.creating import Creation, of_prompt, of_version
from jackfield.domain.services.prompts.operations.intents import Call, Intent
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.prompts.operations.settled import settled
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import Published
from jackfield.ports.ledger import Change
from jackfield.ports.prompts import RemoteId, RemotePrompt


@frozen
class Publishing:
    """Publishes checked definitions."""

    changing: Changing
    reviewing: Reviewing
    check: Callable[[PromptDefinition], Report]

    def publish(self, definition: PromptDefinition) -> Published:
        """Put a version on the platform, as `ActingPrompts.publish` says."""
        report = self.check(definition)
        if report.problems:
            raise InvalidPrompt(
                f"prompt {definition.name!r} has {len(report.problems)} problem(s)",
                remedy="mend them and publish again",
                problems=report.problems,
            )
        loaded = self.changing.load(definition.name)
        if is_published(loaded.state, definition):
            return _published(loaded.state, definition, changed=False)
        if loaded.state.remote_id is not None:
            return self._store(loaded, report)
        return self._first(loaded, report)

    def _first(self, loaded: Loaded, report: Report) -> Published:
        definition = report.definition
        remote = self.changing.gateway.find(definition.name)
        if remote is None:  # it is live at once
            findings = self.reviewing.admit(definition, before=None)
            done = self._publish(loaded, report, self._creating(definition))
            return evolve(done, findings=findings)
        adopted = self._adopt(loaded, remote, definition)
        if is_published(adopted.state, definition):
            return _published(adopted.state, definition, changed=True)
        return self._store(adopted, report)

    def _store(self, loaded: Loaded, report: Report) -> Published:
        return self._publish(loaded, report, self._storing(remote_of(loaded), report.definition))

    def _creating(self, definition: PromptDefinition) -> Call:
        gateway = self.changing.gateway
        return self._creation(lambda: gateway.create(definition), of_prompt(gateway, definition))

    def _storing(self, prompt: RemoteId, definition: PromptDefinition) -> Call:
        def send() -> RemoteId:
            self._stored(prompt, definition)
            return prompt

        create = self._creation(send, of_version(self.changing.gateway, prompt, definition))

        def call() -> None:
            create()

        return call

    def _creation(self, send: Callable[[], RemoteId], find: Callable[[], RemoteId | None]) -> Creation:
        operations = self.changing.operations
        return Creation(send=send, find=find, clock=operations.records.clock, within=operations.margin)

    def _stored(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Store it, unless it is there: by a call taken for lost that arrived late, or by another machine."""
        try:
            self.changing.gateway.store(prompt, definition)
        except VersionExists:
            if not self.changing.gateway.stored(prompt, definition):
                raise

    def _publish(self, loaded: Loaded, report: Report, call: Call) -> Published:
        definition = report.definition
        intent = Intent(
            verb=Verb.PUBLISH,
            version=definition.version,
            content_hash=definition.content_hash,
            call=call,
            payload={
                "content_hash": definition.content_hash,
                "characters": len(definition.system.normalized),
                "estimated_context_tokens": report.tokens,
            },
            alongside=(self.changing.records.keeping(definition),),
            was_read_back=True,
        )
        state = self.changing.carry_out(loaded, intent)
        self.changing.records.remember(definition)
        return _published(state, definition, changed=True)

    def _adopt(self, loaded: Loaded, remote: RemotePrompt, definition: PromptDefinition) -> Loaded:
        """Record what is live on the platform; as *definition*, which says more, where it is the same."""
        known = definition if self.changing.gateway.matches(remote.live, definition) else remote.live
        operation = self.changing.operations.operation(
            Verb.ADOPT, known.version, self.changing.actor, content_hash=known.content_hash
        )
        state = settled(loaded.state, operation, time=operation.started, created=remote.id)
        payload = {
            "content_hash": known.content_hash,
            "origin": "platform",
            "state": fingerprint(state),
        }
        event = self.changing.records.event(loaded.subject, operation, Outcome.SUCCEEDED, payload)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        self.changing.records.ledger.commit(change, self.changing.records.keeping(known))
        return Loaded(loaded.subject, loaded.revision + 1, state)


def _published(state: PromptState, definition: PromptDefinition, *, changed: bool) -> Published:
    live = state.history.live
    return Published(
        name=definition.name,
        number=definition.version,
        content_hash=definition.content_hash,
        changed=changed,
        live=live is not None and live.version == definition.version,
    )
