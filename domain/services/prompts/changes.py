"""The prompts of a target with somebody who changes them: publish, promote, roll back, unfreeze."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from jackfield.domain.model.fields import expect
from jackfield.domain.model.prompts import PromptDefinition, expect_definition
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.changing.basis import Changing
from jackfield.domain.services.prompts.changing.exporting import Exported, Exporting
from jackfield.domain.services.prompts.changing.freezing import unfreeze
from jackfield.domain.services.prompts.changing.moving import Moving
from jackfield.domain.services.prompts.changing.publishing import Publishing
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.prompts.planning import Outcome, Plan
from jackfield.domain.services.prompts.planning.applying import Applying
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.prompts.values import Moved, PromptVersion, Published, expect_version
from jackfield.ports.telemetry import Report, unheard


@frozen(kw_only=True)
class ActingPrompts(Prompts):
    """The prompts of one target, with somebody who changes them and says why."""

    actor: Actor

    @property
    def _changing(self) -> Changing:
        return Changing(operations=self.operations, live_versions=self.live_versions, actor=self.actor)

    @property
    def _reviewing(self) -> Reviewing:
        organization = self.operations.records.organization
        return Reviewing(review=self.reviewer, organization=organization, actor=self.actor)

    def publish(self, definition: PromptDefinition) -> Published:
        """Put a version on the platform; what is live stays, but a very first version is live at once.

        The same number and content again changes nothing. A prompt that is on the platform and not in our
        record is adopted first; a version that is there with this content is taken up. Raises `InvalidPrompt`
        with every problem, also where a reviewer is against a very first version, `Conflict` for a number
        that has other content, `VersionExists` for content that has another number, `RollbackActive` while a
        rollback directive stands.
        """
        expect_definition(definition)
        return Publishing(self._changing, self._reviewing, self.check).publish(definition)

    def promote(
        self, version: PromptVersion, *, expecting: PromptVersion | None = None, force: bool = False
    ) -> Moved:
        """Make a published version live for everybody; promoting what is live already changes nothing.

        Raises `Conflict` when something else than *expecting* is live, when the version has other content
        here than the one given, or when the platform's live version is not the recorded one, such as after
        an edit there, which *force* overwrites. A prompt that is gone from the platform is made
        anew by *force*. Raises `InvalidPrompt` with every finding when a reviewer is against it; *force*
        does not overrule reviewers. Their warnings are in what is returned.
        """
        expect_version(version, "version")
        if expecting is not None:
            expect_version(expecting, "expecting")
        return Moving(self._changing, self._reviewing).promote(version, expecting=expecting, force=force)

    def roll_back(self, name: str, *, to: str | None = None, freeze: bool = False) -> Moved:
        """Make an earlier version live again, or *to*; a second rollback goes one further back.

        *freeze* also sets the rollback directive of the version that was left, so that nobody publishes
        until `unfreeze`. Raises `NotFound` if there is nothing to go back to.
        """
        return Moving(self._changing, self._reviewing).roll_back(name, to=to, freeze=freeze)

    def apply(
        self,
        plan: Plan,
        *,
        report: Report = unheard,
        told: Callable[[Outcome], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Outcome, ...]:
        """Do what *plan* says, prompt by prompt; one failure stops no other, it is that prompt's outcome.

        Everything is checked before anything is sent: raises `InvalidPrompt` for a definition with a
        problem, `Conflict` for a plan of another organization, or where anybody but the plan itself moved a
        prompt since. A prompt that moves later fails alone. Doing it again does only what is left.
        *told* hears each outcome at once; when *stop* says so, no further prompt is begun.
        """
        expect(Plan, plan, "plan", "give what core.prompts.plan(…) returned")
        applying = Applying(
            operations=self.operations, check=self.check, publish=self.publish, promote=self.promote
        )
        outcomes = list[Outcome]()
        for outcome in applying.apply(plan, report=report, stop=stop):
            outcomes.append(outcome)
            told(outcome)
        return tuple(outcomes)

    def export(self, name: str, *, to: str) -> Exported:
        """Send what is live on the platform to a URL, or write it to a new file; the log tells of it.

        A URL is called once: raises `OutcomeUnknown` where no answer tells whether it was taken. Raises
        `InvalidInput` for a URL that may not be called (https and public addresses alone, unless the settings
        allow it), and for a file that is there already.
        """
        records = self.operations.records
        return Exporting(records=records, exports=self.exports, actor=self.actor).export(name, to)

    def unfreeze(self, name: str) -> tuple[str, ...]:
        """Clear every rollback directive of the prompt, whoever set it; return the versions that had one."""
        return unfreeze(self._changing, name)
