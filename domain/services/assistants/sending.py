"""One question on its way: recorded, sent once, listened to, and how it ended recorded and measured."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from jackfield.domain.model.conversations.answers import Answer, End, Spent
from jackfield.domain.model.conversations.events import Failed
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotSent, OutcomeUnknown, Refused
from jackfield.domain.model.measurements import Asked as Measured
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.assistants.composing import Composed
from jackfield.domain.services.assistants.counting import Lasting, metered
from jackfield.domain.services.assistants.pending import Pending
from jackfield.domain.services.assistants.recording import Asked, AskRecords
from jackfield.domain.services.assistants.replies import Reply
from jackfield.domain.services.assistants.values import Wanted
from jackfield.ports.assistants import AssistantGateway, ConversationId
from jackfield.ports.telemetry import Measure
from jackfield.ports.tokens import TokenCounter


@frozen(kw_only=True)
class _Injection:
    """When the question was sent and when it was taken, since the call of `ask` began."""

    before: timedelta
    after: timedelta


@frozen(kw_only=True)
class Sending:
    """One question on its way: what it was made of, and how its answer is told.

    `began` and `ends` are the call's beginning and its deadline, in the clock's monotonic seconds.
    """

    gateway: AssistantGateway
    records: AskRecords
    counter: TokenCounter
    spare: TokenCounter
    pending: Pending
    measure: Measure
    actor: Actor
    wanted: Wanted
    composed: Composed
    choice: Choice | None
    began: float
    ends: float

    def sent(self, identifier: str) -> Reply:
        """Record it, send it once, and return its answer to come; raise what `ActingAssistants.ask` does."""
        self.pending.tidy()
        self.gateway.ready(self.ends)
        with self.pending.asking():
            return self._asked(identifier)

    def _asked(self, identifier: str) -> Reply:
        record = self.records.intend(identifier, self.wanted, self.composed, self.actor)
        before = self._since()
        conversation = self._taken(record)
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
            line = self.gateway.listen(
                conversation, reply.hear, cursor=lambda: reply.assembler.cursor, ends=self.ends
            )
        except (Refused, NotSent, OutcomeUnknown) as error:
            reply.hear(Failed("line", error.message))
        else:
            reply.attach(line)

    def _taken(self, record: Asked) -> ConversationId:
        try:
            return self.gateway.ask(self.composed.question, self.ends)
        except OutcomeUnknown:
            raise  # its entry stays an intended one: nobody knows
        except (Refused, NotSent) as error:
            self._fail(record, error)
            raise

    def _fail(self, record: Asked, error: JackfieldError) -> None:
        try:
            self.records.fail(record, self.actor, error)
        except JackfieldError as unrecorded:  # also where nobody knows: that it was refused is known
            error.remedy += f" (it could not be recorded: {unrecorded.message})"

    def _since(self) -> timedelta:
        return timedelta(seconds=self.records.clock.monotonic() - self.began)

    def _reply(self, record: Asked, conversation: ConversationId, injection: _Injection) -> Reply:
        output = self.wanted.budget.output

        def settle(answer: Answer) -> None:
            self.records.settle(record, self.actor, answer)
            self.pending.drop(reply)
            self.measure(self._measured(answer))

        reply = Reply(
            clock=self.records.clock,
            assembler=Assembler(metered(self.counter, self.spare, output), output),
            compose=lambda ended: self._answer(ended, conversation, injection),
            settle=settle,
            began=self.began,
            ends=self.ends,
        )
        self.pending.add(reply)
        return reply

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
            summarized=self.composed.summarized,
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
        counted = Lasting(self.counter, self.spare).count(text)
        return Spent(prompt_tokens=self.composed.fitted.tokens, completion_tokens=counted.tokens, exact=False)

    def _measured(self, answer: Answer) -> Measured:
        definition, first = self.wanted.definition, answer.first_piece
        return Measured(
            organization=self.records.organization,
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
            time=self.records.clock.now(),
        )


def _pace(spent: Spent, answering: timedelta) -> float | None:
    """Tokens of the answer a second, from when the question was taken until it ended."""
    seconds = answering.total_seconds()
    return spent.completion_tokens / seconds if seconds > 0 else None
