"""Asking an assistant: choose, compose and send; and give the outcome to the rollout that runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from jackfield.domain.model.conversations.answers import Answer
from jackfield.domain.model.conversations.messages import ANSWER_TIME, LONGEST_ANSWER, Budget, Message
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.assistants.composing import Composer
from jackfield.domain.services.assistants.pending import Pending
from jackfield.domain.services.assistants.recording import AskRecords
from jackfield.domain.services.assistants.replies import Reply
from jackfield.domain.services.assistants.sending import Sending
from jackfield.domain.services.assistants.values import Examples, Wanted
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.domain.services.rollouts import Heard, Rollouts
from jackfield.ports.assistants import AssistantGateway
from jackfield.ports.telemetry import Measure
from jackfield.ports.tokens import TokenCounter


@frozen(kw_only=True)
class Assistants:
    """The assistants of one target; `core.acting_as(…)` gives those that can be asked.

    `spare` counts an answer whose counter fails; `pending` has those that are not recorded yet.
    """

    prompts: Prompts
    rollouts: Rollouts
    gateway: AssistantGateway
    composer: Composer
    records: AskRecords
    pending: Pending
    spare: TokenCounter
    measure: Measure
    deadline: timedelta = ANSWER_TIME

    if not TYPE_CHECKING:  # a type checker finds that there is no such call by itself

        def __getattr__(self, name: str) -> NoReturn:
            """Say where it can be asked."""
            to_ask = "; core.acting_as(ACTOR, reason=WHY).assistants has ask" if name == "ask" else ""
            raise AttributeError(f"core.assistants has no {name!r}{to_ask}", name=name, obj=self)

    def observe(self, answer: Answer, *, success: bool | None = None, ended: bool = True) -> Heard:
        """Give the outcome of an answer to the rollout that runs: its version, how long it took, its tokens.

        *success* is what your program knows of it; *ended* is False for a turn that others follow. Tokens
        are given where the platform counted them. Nothing is raised for what cannot count: an answer without
        a choice (it was asked with a definition) is `Heard.NOT_COMPARED`, as one of no rollout is.
        """
        expect(Answer, answer, "answer", "give what reply.answer returned")
        if answer.choice is None:
            self.rollouts.folding.count(Heard.NOT_COMPARED.value)
            return Heard.NOT_COMPARED
        spent = answer.spent
        return self.rollouts.observe(
            answer.choice,
            success=success,
            latency=answer.took,
            tokens=spent.prompt_tokens + spent.completion_tokens if spent.exact else None,
            ended=ended,
        )


@frozen(kw_only=True)
class ActingAssistants(Assistants):
    """The assistants of one target, asked by somebody for a reason."""

    actor: Actor

    def ask(
        self,
        assistant: str,
        choice: Choice | LiveVersion | PromptDefinition,
        *,
        values: Mapping[str, Any],
        user: str | None = None,
        history: Iterable[Message] = (),
        examples: Examples | None = None,
        budget: Budget | None = None,
        temperature: float = 0.2,
        safety_policy: str = "strict",
        deadline: timedelta | None = None,
    ) -> Reply:
        """Send the version of *choice* with *values*, *history* and what the *user* said; return the answer
        as it comes, a piece at a time.

        *choice* is what `core.prompts.choose` gave, which keeps a conversation's version, what
        `core.prompts.live` gave, or a definition.
        *deadline* bounds everything, to the last piece (None: what the settings say).

        Raises `InvalidInput` or `BudgetExceeded` for what does not fit, `NotFound` for an unknown assistant,
        another `Refused` or `NotSent` if it was not asked, and `OutcomeUnknown` if nobody knows: it is never
        sent twice. What goes wrong later is the answer's `end`.
        """
        began = self.records.clock.monotonic()
        deadline = _bounded(self.deadline if deadline is None else deadline)
        wanted = Wanted(
            assistant=assistant,
            definition=self._definition(choice),
            values=values,
            user=user,
            history=history,
            examples=examples,
            budget=budget or Budget(),
            temperature=temperature,
            safety_policy=safety_policy,
            published=not isinstance(choice, PromptDefinition),
        )
        identifier = self.records.new_id()
        seed = choice.unit if isinstance(choice, Choice) and choice.unit else identifier
        composed = self.composer.compose(wanted, seed=seed)
        return Sending(
            gateway=self.gateway,
            records=self.records,
            counter=self.composer.counter,
            spare=self.spare,
            pending=self.pending,
            measure=self.measure,
            actor=self.actor,
            wanted=wanted,
            composed=composed,
            choice=choice if isinstance(choice, Choice) else None,
            began=began,
            ends=began + deadline.total_seconds(),
        ).sent(identifier)

    def _definition(self, choice: Choice | LiveVersion | PromptDefinition) -> PromptDefinition:
        if isinstance(choice, PromptDefinition):
            return choice
        if isinstance(choice, LiveVersion):
            return choice.definition
        expect(Choice, choice, "choice", "give what core.prompts.choose or live returned, or a definition")
        if choice.definition is not None:
            return choice.definition
        return self.prompts.definition(choice.prompt, choice.version)


def _bounded(deadline: timedelta) -> timedelta:
    expect(timedelta, deadline, "deadline", "give a timedelta, such as timedelta(seconds=20)")
    if not timedelta() < deadline <= LONGEST_ANSWER:
        hours = LONGEST_ANSWER.total_seconds() / 3600
        raise InvalidInput(
            f"it is more than nothing, and at most {hours:g} h", place="deadline", remedy="mend it"
        )
    return deadline
