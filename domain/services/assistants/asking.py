"""Asking an assistant: compose, record, connect, send once, listen; and record how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from jackfield.domain.model.conversations.answers import Answer, End, Spent
from jackfield.domain.model.conversations.events import Failed
from jackfield.domain.model.conversations.messages import ANSWER_TIME, LONGEST_ANSWER, Budget, Message
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotSent, OutcomeUnknown, Refused
from jackfield.domain.model.fields import expect
from jackfield.domain.model.measurements import Asked as Measured
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.assistants.composing import Composed, Composer
from jackfield.domain.services.assistants.recording import Asked, AskRecords
from jackfield.domain.services.assistants.replies import Reply
from jackfield.domain.services.assistants.values import Examples, Wanted
from jackfield.domain.services.prompts.operations import Actor
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.rollouts import Heard, Rollouts
from jackfield.ports.assistants import AssistantGateway, ConversationId
from jackfield.ports.telemetry import Measure


@frozen(kw_only=True)
class Assistants:
    """The assistants of one target; `core.acting_as(…)` gives those that can be asked."""

    prompts: Prompts
    rollouts: Rollouts
    gateway: AssistantGateway
    composer: Composer
    records: AskRecords
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
        choice: Choice | PromptDefinition,
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

        *choice* is what `core.prompts.choose` gave, which keeps a conversation's version, or a definition.
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
        )
        identifier = self.records.new_id()
        seed = choice.unit if isinstance(choice, Choice) and choice.unit else identifier
        composed = self.composer.compose(wanted, seed=seed)
        return _Question(
            service=self,
            wanted=wanted,
            composed=composed,
            choice=choice if isinstance(choice, Choice) else None,
            began=began,
            ends=began + deadline.total_seconds(),
        ).asked(identifier)

    def _definition(self, choice: Choice | PromptDefinition) -> PromptDefinition:
        if isinstance(choice, PromptDefinition):
            return choice
        expect(Choice, choice, "choice", "give what core.prompts.choose returned, or a definition")
        if choice.definition is not None:
            return choice.definition
        return self.prompts.definition(choice.prompt, choice.version)


@frozen(kw_only=True)
class _Injection:
    """When the question was sent and when it was taken, since the call of `ask` began."""

    before: timedelta
    after: timedelta


@frozen(kw_only=True)
class _Question:
    """One question on its way: what it was made of, and how its answer is told."""

    service: ActingAssistants
    wanted: Wanted
    composed: Composed
    choice: Choice | None
    began: float
    ends: float

    def asked(self, identifier: str) -> Reply:
        service = self.service
        service.gateway.ready(self.ends)
        record = service.records.intend(identifier, self.wanted, self.composed, service.actor)
        before = self._since()
        conversation = self._sent(record)
        reply = self._reply(record, conversation, _Injection(before=before, after=self._since()))
        try:
            self._listen(reply, conversation)
        except BaseException:  # Ctrl-C: nobody will take the reply
            with reply:
                raise
        return reply

    def _listen(self, reply: Reply, conversation: ConversationId) -> None:
        """What goes wrong from here on is the answer's end: the question was taken."""
        try:
            line = self.service.gateway.listen(
                conversation, reply.hear, cursor=lambda: reply.assembler.cursor, ends=self.ends
            )
        except (Refused, NotSent, OutcomeUnknown) as error:
            reply.hear(Failed("line", error.message))
        else:
            reply.attach(line)

    def _sent(self, record: Asked) -> ConversationId:
        try:
            return self.service.gateway.ask(self.composed.question, self.ends)
        except OutcomeUnknown:
            raise  # its entry stays an intended one: nobody knows
        except (Refused, NotSent) as error:
            self._fail(record, error)
            raise

    def _fail(self, record: Asked, error: JackfieldError) -> None:
        try:
            self.service.records.fail(record, self.service.actor, error)
        except NotSent as unrecorded:
            error.remedy += f" (it could not be recorded: {unrecorded.message})"

    def _since(self) -> timedelta:
        return timedelta(seconds=self.service.records.clock.monotonic() - self.began)

    def _reply(self, record: Asked, conversation: ConversationId, injection: _Injection) -> Reply:
        counter, output = self.service.composer.counter, self.wanted.budget.output
        meter = Meter(output, counter.count, counter.worst)

        def settle(reply: Reply) -> Answer:
            answer = self._answer(reply, conversation, injection)
            self.service.records.settle(record, self.service.actor, answer)
            self.service.measure(self._measured(answer))
            return answer

        return Reply(
            clock=self.service.records.clock,
            assembler=Assembler(meter, output),
            settle=settle,
            began=self.began,
            ends=self.ends,
        )

    def _answer(self, reply: Reply, conversation: ConversationId, injection: _Injection) -> Answer:
        assembler = reply.assembler
        text, end, took = assembler.meter.text, assembler.end, reply.took
        if end is None or took is None:
            raise InvalidInput("the answer has not ended", place="answer", remedy="take its pieces first")
        spent = self._spent(assembler, text)
        return Answer(
            text=text,
            end=end,
            spent=spent,
            conversation=conversation,
            injection=injection.after - injection.before,
            took=took,
            first_piece=reply.first_piece,
            tokens_per_second=_pace(spent, took - injection.after),
            dropped=self.composed.dropped,
            examples=self.composed.examples,
            choice=self.choice,
            detail=assembler.detail,
            gaps=assembler.gaps,
            repeats=assembler.repeats,
            resumes=assembler.resumes,
        )

    def _spent(self, assembler: Assembler, text: str) -> Spent:
        if assembler.usage is not None:
            usage = assembler.usage
            return Spent(
                prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens, exact=True
            )
        counted, fitted = self.service.composer.counter.count(text), self.composed.fitted
        return Spent(
            prompt_tokens=fitted.tokens,
            completion_tokens=counted.tokens,
            exact=counted.exact and fitted.exact,
        )

    def _measured(self, answer: Answer) -> Measured:
        definition, first = self.wanted.definition, answer.first_piece
        return Measured(
            organization=self.service.records.organization,
            name="jackfield.ask.duration",
            value=answer.took.total_seconds(),
            unit="s",
            labels={"prompt": definition.name, "version": definition.version, "end": answer.end.value},
            conversation=answer.conversation,
            assistant=self.wanted.assistant,
            prompt=definition.name,
            version=definition.version,
            model=definition.model,
            end=answer.end.value,
            safety=answer.end is End.SAFETY,
            prompt_tokens=answer.spent.prompt_tokens,
            completion_tokens=answer.spent.completion_tokens,
            exact=answer.spent.exact,
            output=self.wanted.budget.output,
            temperature=self.wanted.temperature,
            injection_s=answer.injection.total_seconds(),
            first_piece_s=None if first is None else first.total_seconds(),
            tokens_per_second=answer.tokens_per_second,
            time=self.service.records.clock.now(),
        )


def _bounded(deadline: timedelta) -> timedelta:
    expect(timedelta, deadline, "deadline", "give a timedelta, such as timedelta(seconds=20)")
    if not timedelta() < deadline <= LONGEST_ANSWER:
        hours = LONGEST_ANSWER.total_seconds() / 3600
        raise InvalidInput(
            f"it is more than nothing, and at most {hours:g} h", place="deadline", remedy="mend it"
        )
    return deadline


def _pace(spent: Spent, answering: timedelta) -> float | None:
    """Tokens of the answer a second, from when the question was taken until it ended."""
    seconds = answering.total_seconds()
    return spent.completion_tokens / seconds if seconds > 0 else None
