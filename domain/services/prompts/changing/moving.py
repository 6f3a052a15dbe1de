"""Promoting and rolling back: another version goes live, by compare-and-set."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound
from jackfield.domain.model.history import Target
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.reviews import Finding
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.states import Verb
from jackfield.domain.services.prompts.changing.basis import Changing, live_number, remote_of
from jackfield.domain.services.prompts.changing.freezing import freeze_left
from jackfield.domain.services.prompts.operations.conditions import (
    refuse_moved,
    refuse_other_content,
    refuse_running,
)
from jackfield.domain.services.prompts.operations.intents import Intent
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import Moved, PromptVersion, drifted
from jackfield.ports.prompts import RemoteId


@frozen(kw_only=True)
class Ending:
    """A rollout as it is when its version has gone live, and what the events tell of that.

    `revision` is the prompt's, from which that was decided.
    """

    rollout: Rollout
    revision: int
    payload: Mapping[str, JSON]


@frozen
class Moving:
    """Moves what is live; a promotion is reviewed first, a rollback never."""

    changing: Changing
    reviewing: Reviewing

    def promote(
        self,
        version: PromptVersion,
        *,
        expecting: PromptVersion | None = None,
        force: bool = False,
        ending: Ending | None = None,
    ) -> Moved:
        """Make a version live, as `ActingPrompts.promote` says; a rollout that runs, only by its *ending*."""
        loaded = self.changing.known(version.name, force=force)
        _refuse_running(loaded, ending)
        before = live_number(loaded)
        if expecting is not None:
            refuse_moved(self.changing.records, loaded, expecting)
        definition = self.changing.records.definition(loaded, version.number)
        refuse_other_content(version, definition)
        findings = self._reviewed(definition, before, force=force)
        if not force:
            self._refuse_drift(loaded, before, ending)
            if before == version.number:
                return Moved(name=version.name, before=before, after=version.number, changed=False)
        moved = self._activate(loaded, Verb.PROMOTE, definition, before=before, anew=force, ending=ending)
        return evolve(moved, findings=findings)

    def _reviewed(
        self, definition: PromptDefinition, before: str | None, *, force: bool
    ) -> tuple[Finding, ...]:
        """Ask the reviewers, before the look at the platform, so that this look is fresh when it is used."""
        if before == definition.version and not force:
            return ()
        return self.reviewing.admit(definition, before=before)

    def roll_back(self, name: str, *, to: str | None = None, freeze: bool = False) -> Moved:
        """Make an earlier version live again, as `ActingPrompts.roll_back` says."""
        loaded = self.changing.known(name)
        refuse_running(loaded)
        before = live_number(loaded)
        target = self._target(loaded, to)
        definition = self.changing.records.definition(loaded, target.version)
        if target.version == before and (freeze or self._drifted(loaded, definition) is None):
            return _stays(name, target.version, freeze=freeze)
        moved = self._activate(loaded, Verb.ROLL_BACK, definition, before=before, restores=target.restores)
        return freeze_left(self.changing, moved) if freeze else moved

    def _activate(
        self,
        loaded: Loaded,
        verb: Verb,
        definition: PromptDefinition,
        *,
        before: str | None,
        restores: int | None = None,
        anew: bool = False,
        ending: Ending | None = None,
    ) -> Moved:
        said: Mapping[str, JSON] = {} if ending is None else ending.payload
        intent = Intent(
            verb=verb,
            version=definition.version,
            content_hash=definition.content_hash,
            call=partial(self._put, remote_of(loaded), definition, anew=anew),
            restores=restores,
            rollout=None if ending is None else ending.rollout,
            payload={"before": before, **({} if restores is None else {"restores": restores}), **said},
        )
        self.changing.carry_out(loaded, intent)
        return Moved(name=loaded.name, before=before, after=definition.version, changed=True)

    def _put(self, prompt: RemoteId, definition: PromptDefinition, *, anew: bool) -> RemoteId | None:
        """Make it live; one that is gone from the platform is made *anew* if that is wanted.

        Another of its name is taken for it: it may be of a creation whose answer was lost.
        """
        gateway, begun = self.changing.gateway, self.changing.records.clock.monotonic()
        try:
            gateway.activate(prompt, definition)
        except NotFound:
            if not anew:
                raise
        else:
            return None
        other = gateway.find(definition.name)
        self._refuse_slow(definition.name, begun)
        if other is None:
            return gateway.create(definition)
        gateway.activate(other.id, definition)
        return other.id

    def _refuse_slow(self, name: str, begun: float) -> None:
        """Raise `Conflict` where the last call could end after the intent expires; nothing was changed."""
        passed = self.changing.records.clock.monotonic() - begun
        if passed > self.changing.operations.margin.total_seconds():
            raise Conflict(
                "the platform took too long to say that it is gone, so it was not made anew",
                place=f"prompt {name}",
                remedy="try again when the platform is quicker",
            )

    def _refuse_drift(self, loaded: Loaded, before: str | None, ending: Ending | None) -> None:
        if before is None:
            return
        remote = self._drifted(loaded, self.changing.records.definition(loaded, before))
        if remote is None:
            return
        self.changing.operations.refuse_overtaken(loaded)
        raise Conflict(
            drifted(remote.version, before),
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield diff {loaded.name} --drift'; "
            + (
                "to overwrite what is there, promote with --force"
                if ending is None
                else f"undo that edit, or end the rollout with 'jackfield rollout stop {loaded.name}'"
            ),
        )

    def _drifted(self, loaded: Loaded, recorded: PromptDefinition) -> PromptDefinition | None:
        """Return what is live on the platform if it is not what our record has live."""
        try:
            remote = self.changing.gateway.active(remote_of(loaded))
        except NotFound as error:
            ending = "end its rollout by 'jackfield rollout stop', and " if loaded.state.running else ""
            error.remedy += f"; to make {loaded.name} there anew, {ending}promote a version with --force"
            raise
        return None if self.changing.gateway.matches(remote, recorded) else remote

    def _target(self, loaded: Loaded, to: str | None) -> Target:
        history = loaded.state.history
        remote_of(loaded)
        if to is not None:
            return history.back_to(to)
        try:
            return history.previous()
        except NotFound as error:
            error.place = f"prompt {loaded.name}"
            raise


def _refuse_running(loaded: Loaded, ending: Ending | None) -> None:
    """Nobody moves what a rollout compares with; it itself does, unless it was moved since it decided to."""
    if ending is None:
        refuse_running(loaded)
        return
    refuse_running(loaded, ending.rollout)
    if loaded.revision != ending.revision:
        raise Conflict(
            "somebody changed it at the same moment",
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield rollout status {loaded.name}' and step again",
        )


def _stays(name: str, live: str, *, freeze: bool) -> Moved:
    """The answer to a rollback that goes nowhere; there is no version left behind that could be frozen."""
    if freeze:
        raise InvalidInput(
            f"{live} is live already: no version is left that could be frozen",
            place=f"prompt {name}",
            remedy="roll back to an earlier version, or leave out the freeze",
        )
    return Moved(name=name, before=live, after=live, changed=False)
