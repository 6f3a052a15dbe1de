"""Changing prompts: publish, promote, roll back, unfreeze; each by an actor, with a reason."""

from __future__ import annotations

from attrs import evolve, frozen

from jackfield.domain.model.errors import (
    Conflict,
    InvalidInput,
    InvalidPrompt,
    JackfieldError,
    NotFound,
    VersionExists,
)
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.history import Target
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import PromptState, Verb, fingerprint
from jackfield.domain.services.checking import Report
from jackfield.domain.services.prompts.conditions import (
    is_published,
    refuse_moved,
    refuse_other_content,
)
from jackfield.domain.services.prompts.operations import Actor, Call, Intent
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.prompts.records import Loaded, Records, found
from jackfield.domain.services.prompts.settled import settled
from jackfield.domain.services.prompts.values import Moved, PromptVersion, Published
from jackfield.ports.ledger import Change
from jackfield.ports.prompts import RemoteId, RemotePrompt


@frozen(kw_only=True)
class ActingPrompts(Prompts):
    """The prompts of one target, with somebody who changes them and says why."""

    actor: Actor

    @property
    def _records(self) -> Records:
        return self.operations.records

    def publish(self, definition: PromptDefinition) -> Published:
        """Put a version on the platform; what is live stays, but a very first version is live at once.

        The same number and content again changes nothing. A prompt that is on the platform and not in our
        record is adopted first; a version that is there with this content is taken up. Raises `InvalidPrompt`
        with every problem, `Conflict` for a number that has other content, `VersionExists` for content that
        has another number, `RollbackActive` while a rollback directive stands.
        """
        report = self.check(definition)
        if report.problems:
            raise InvalidPrompt(
                f"prompt {definition.name!r} has {len(report.problems)} problem(s)",
                remedy="mend them and publish again",
                problems=report.problems,
            )
        loaded = self._load(definition.name)
        if is_published(loaded.state, definition):
            return _published(loaded.state, definition, changed=False)
        if loaded.state.remote_id is not None:
            return self._store(loaded, report)
        return self._first(loaded, report)

    def _first(self, loaded: Loaded, report: Report) -> Published:
        definition = report.definition
        remote = self._gateway.find(definition.name)
        if remote is None:
            return self._publish(loaded, report, lambda: self._gateway.create(definition))
        adopted = self._adopt(loaded, remote, definition)
        if is_published(adopted.state, definition):
            return _published(adopted.state, definition, changed=True)
        return self._store(adopted, report)

    def _store(self, loaded: Loaded, report: Report) -> Published:
        prompt = _remote(loaded)
        return self._publish(loaded, report, lambda: self._stored(prompt, report.definition))

    def _stored(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Store it, unless it is there: by a call taken for lost that arrived late, or by another machine."""
        try:
            self._gateway.store(prompt, definition)
        except VersionExists:
            if not self._gateway.stored(prompt, definition):
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
            alongside=(self._records.keeping(definition),),
        )
        state = self._carry_out(loaded, intent)
        self._records.remember(definition)
        return _published(state, definition, changed=True)

    def _adopt(self, loaded: Loaded, remote: RemotePrompt, definition: PromptDefinition) -> Loaded:
        """Record what is live on the platform; as *definition*, which says more, where it is the same."""
        known = definition if self._gateway.matches(remote.live, definition) else remote.live
        operation = self.operations.operation(
            Verb.ADOPT, known.version, self.actor, content_hash=known.content_hash
        )
        state = settled(loaded.state, operation, time=operation.started, created=remote.id)
        payload = {
            "content_hash": known.content_hash,
            "origin": "platform",
            "state": fingerprint(state),
        }
        event = self._records.event(loaded.subject, operation, Outcome.SUCCEEDED, payload)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        self._records.ledger.commit(change, self._records.keeping(known))
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def promote(
        self, version: PromptVersion, *, expecting: PromptVersion | None = None, force: bool = False
    ) -> Moved:
        """Make a published version live for everybody; promoting what is live already changes nothing.

        Raises `Conflict` when something else than *expecting* is live, when the version has other content
        here than the one given, or when the platform's live version is not the recorded one: somebody
        edited it behind our back, which *force* overwrites.
        """
        loaded = self._known(version.name)
        before = self._live_number(loaded)
        if expecting is not None:
            refuse_moved(self._records, loaded, expecting)
        definition = self._records.definition(loaded, version.number)
        refuse_other_content(version, definition)
        if not force:
            self._refuse_drift(loaded, before)
            if before == version.number:
                return Moved(name=version.name, before=before, after=version.number, changed=False)
        return self._activate(loaded, Verb.PROMOTE, definition, before=before)

    def roll_back(self, name: str, *, to: str | None = None, freeze: bool = False) -> Moved:
        """Make an earlier version live again, or *to*; a second rollback goes one further back.

        *freeze* also sets the rollback directive of the version that was left, so that nobody publishes
        until `unfreeze`. Raises `NotFound` if there is nothing to go back to.
        """
        loaded = self._known(name)
        before = self._live_number(loaded)
        target = self._target(loaded, to)
        definition = self._records.definition(loaded, target.version)
        if target.version == before and (freeze or self._drifted(loaded, definition) is None):
            return _stays(name, target.version, freeze=freeze)
        moved = self._activate(loaded, Verb.ROLL_BACK, definition, before=before, restores=target.restores)
        return self._freeze(moved) if freeze else moved

    def unfreeze(self, name: str) -> tuple[str, ...]:
        """Clear every rollback directive of the prompt, whoever set it; return the versions that had one."""
        loaded = self._known(name)
        versions = self._gateway.versions(_remote(loaded))
        standing = tuple(v.number for v in versions if v.frozen)
        cleared_elsewhere = tuple(
            v.number for v in versions if not v.frozen and v.number in loaded.state.frozen
        )
        for number in (*standing, *cleared_elsewhere):
            self._direct(name, Verb.UNFREEZE, number)
        return standing

    def _freeze(self, moved: Moved) -> Moved:
        if moved.before is None:
            return moved
        try:
            self._direct(moved.name, Verb.FREEZE, moved.before)
        except JackfieldError as error:
            error.remedy += f"; the rollback to {moved.after} is done, only the freeze is not"
            raise
        return evolve(moved, frozen=moved.before)

    def _direct(self, name: str, verb: Verb, number: str) -> None:
        loaded = self._known(name)
        remote = _remote(loaded)
        intent = Intent(
            verb=verb,
            version=number,
            content_hash=loaded.state.versions.get(number, ""),
            call=lambda: self._gateway.freeze(remote, number, frozen=verb is Verb.FREEZE),
            payload={"rollback_directive": verb is Verb.FREEZE},
        )
        self._carry_out(loaded, intent)

    def _activate(
        self,
        loaded: Loaded,
        verb: Verb,
        definition: PromptDefinition,
        *,
        before: str | None,
        restores: int | None = None,
    ) -> Moved:
        remote = _remote(loaded)
        intent = Intent(
            verb=verb,
            version=definition.version,
            content_hash=definition.content_hash,
            call=lambda: self._gateway.activate(remote, definition),
            restores=restores,
            payload={"before": before} if restores is None else {"before": before, "restores": restores},
        )
        self._carry_out(loaded, intent)
        return Moved(name=loaded.name, before=before, after=definition.version, changed=True)

    def _carry_out(self, loaded: Loaded, intent: Intent) -> PromptState:
        try:
            return self.operations.carry_out(loaded, intent, self.actor)
        finally:
            self.live_versions.forget(loaded.name)

    def _load(self, name: str) -> Loaded:
        """Return the prompt, free to be changed; what was left unsettled may have moved what is live."""
        try:
            return self.operations.load(name)
        finally:
            self.live_versions.forget(name)

    def _known(self, name: str) -> Loaded:
        return found(self._load(name))

    def _live_number(self, loaded: Loaded) -> str | None:
        live = loaded.state.history.live
        return None if live is None else live.version

    def _refuse_drift(self, loaded: Loaded, before: str | None) -> None:
        if before is None:
            return
        remote = self._drifted(loaded, self._records.definition(loaded, before))
        if remote is None:
            return
        self.operations.refuse_moved(loaded)
        raise Conflict(
            f"the platform has another live version than the {before} of our record (it calls it"
            f" {remote.version}): somebody edited it behind our back",
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield status {loaded.name}'; to overwrite that edit, promote with --force",
        )

    def _drifted(self, loaded: Loaded, recorded: PromptDefinition) -> PromptDefinition | None:
        """Return what is live on the platform if it is not what our record has live."""
        remote = self._gateway.active(_remote(loaded))
        return None if self._gateway.matches(remote, recorded) else remote

    def _target(self, loaded: Loaded, to: str | None) -> Target:
        history = loaded.state.history
        _remote(loaded)
        if to is not None:
            return history.back_to(to)
        try:
            return history.previous()
        except NotFound as error:
            error.place = f"prompt {loaded.name}"
            raise


def _stays(name: str, live: str, *, freeze: bool) -> Moved:
    """The answer to a rollback that goes nowhere; there is no version left behind that could be frozen."""
    if freeze:
        raise InvalidInput(
            f"{live} is live already: no version is left that could be frozen",
            place=f"prompt {name}",
            remedy="roll back to an earlier version, or leave out the freeze",
        )
    return Moved(name=name, before=live, after=live, changed=False)


def _published(state: PromptState, definition: PromptDefinition, *, changed: bool) -> Published:
    live = state.history.live
    return Published(
        name=definition.name,
        number=definition.version,
        content_hash=definition.content_hash,
        changed=changed,
        live=live is not None and live.version == definition.version,
    )


def _remote(loaded: Loaded) -> RemoteId:
    if loaded.state.remote_id is None:
        raise NotFound(
            "it is not on the platform yet",
            place=f"prompt {loaded.name}",
            remedy="publish its first version again",
        )
    return RemoteId(loaded.state.remote_id)
