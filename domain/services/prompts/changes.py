"""The prompts of a target with somebody who changes them: publish, promote, roll back, unfreeze."""

from __future__ import annotations

from attrs import frozen

from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts.changing import Changing
from jackfield.domain.services.prompts.freezing import unfreeze
from jackfield.domain.services.prompts.moving import Moving
from jackfield.domain.services.prompts.operations import Actor
from jackfield.domain.services.prompts.publishing import Publishing
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.prompts.values import Moved, PromptVersion, Published


@frozen(kw_only=True)
class ActingPrompts(Prompts):
    """The prompts of one target, with somebody who changes them and says why."""

    actor: Actor

    @property
    def _changing(self) -> Changing:
        return Changing(operations=self.operations, live_versions=self.live_versions, actor=self.actor)

    def publish(self, definition: PromptDefinition) -> Published:
        """Put a version on the platform; what is live stays, but a very first version is live at once.

        The same number and content again changes nothing. A prompt that is on the platform and not in our
        record is adopted first; a version that is there with this content is taken up. Raises `InvalidPrompt`
        with every problem, `Conflict` for a number that has other content, `VersionExists` for content that
        has another number, `RollbackActive` while a rollback directive stands.
        """
        return Publishing(self._changing, self.check).publish(definition)

    def promote(
        self, version: PromptVersion, *, expecting: PromptVersion | None = None, force: bool = False
    ) -> Moved:
        """Make a published version live for everybody; promoting what is live already changes nothing.

        Raises `Conflict` when something else than *expecting* is live, when the version has other content
        here than the one given, or when the platform's live version is not the recorded one: somebody
        edited it behind our back, which *force* overwrites. A prompt that is gone from the platform is made
        anew by *force*.
        """
        return Moving(self._changing).promote(version, expecting=expecting, force=force)

    def roll_back(self, name: str, *, to: str | None = None, freeze: bool = False) -> Moved:
        """Make an earlier version live again, or *to*; a second rollback goes one further back.

        *freeze* also sets the rollback directive of the version that was left, so that nobody publishes
        until `unfreeze`. Raises `NotFound` if there is nothing to go back to.
        """
        return Moving(self._changing).roll_back(name, to=to, freeze=freeze)

    def unfreeze(self, name: str) -> tuple[str, ...]:
        """Clear every rollback directive of the prompt, whoever set it; return the versions that had one."""
        return unfreeze(self._changing, name)
