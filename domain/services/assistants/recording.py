"""What the log says of a question: that it is about to be asked, and how its answer ended.

The texts stay out of it: their hash and their size are kept, unless the target captures content, redacted.
A process that ends in between leaves an entry that was only intended. Source: `wire.md` §11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.conversations.answers import Answer, Dropped, End
from jackfield.domain.model.conversations.asks import ASK, Compliance, ask_subject
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.states import AskState
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.domain.services.assistants.composing import Composed
from jackfield.domain.services.assistants.values import Wanted
from jackfield.domain.services.prompts.operations import Actor
from jackfield.ports.clock import Clock
from jackfield.ports.conversations import Redact
from jackfield.ports.ledger import Change, Ledger

_MOST_LISTED: Final = 50


@frozen(kw_only=True)
class Asked:
    """A question and its state in the ledger, at a revision."""

    subject: Subject
    revision: int
    state: AskState


@frozen(kw_only=True)
class AskRecords:
    """The questions of one organization, as the ledger has them."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]
    redact: Redact | None = None

    def intend(self, identifier: str, wanted: Wanted, composed: Composed, actor: Actor) -> Asked:
        """Commit that it is about to be asked. Raises what the ledger does: then nothing is sent."""
        state = AskState(
            assistant=wanted.assistant,
            prompt=wanted.definition.name,
            version=wanted.definition.version,
            prompt_hash=composed.question.digest,
            started=self.clock.now(),
        )
        subject = ask_subject(self.organization, state.prompt, identifier)
        said = {**_named(state), **_sent(composed), **self._captured(composed)}
        asked = Asked(subject=subject, revision=0, state=state)
        self._commit(asked, actor, Outcome.INTENDED, said)
        return evolve(asked, revision=1)

    def fail(self, asked: Asked, actor: Actor, error: JackfieldError) -> None:
        """Commit that it was not asked."""
        said = {**_named(asked.state), "error": type(error).__name__, "compliance": Compliance.INCOMPLETE}
        failed = evolve(asked, state=evolve(asked.state, end=End.BROKEN.value))
        self._commit(failed, actor, Outcome.FAILED, said)

    def settle(self, asked: Asked, actor: Actor, answer: Answer) -> None:
        """Commit how the answer ended."""
        text = {} if self.redact is None else {"text": self.redact(answer.text)}
        said = {
            **_named(asked.state),
            **_answered(answer),
            **text,
            "compliance": self._compliance(answer),
        }
        state = evolve(asked.state, conversation=answer.conversation, end=answer.end.value)
        self._commit(evolve(asked, state=state), actor, Outcome.SUCCEEDED, said)

    def _compliance(self, answer: Answer) -> Compliance:
        if answer.end is not End.COMPLETE:
            return Compliance.INCOMPLETE
        return Compliance.AUDITED if self.redact is None else Compliance.REDACTED

    def _captured(self, composed: Composed) -> Mapping[str, JSON]:
        if self.redact is None:
            return {}
        messages = composed.question.messages
        return {"content": [{"role": m.role.value, "content": self.redact(m.content)} for m in messages]}

    def _commit(self, asked: Asked, actor: Actor, outcome: Outcome, said: Mapping[str, JSON]) -> None:
        event = Event(
            id=self.new_id(),
            time=self.clock.now(),
            subject=asked.subject,
            type=ASK,
            actor=actor.name,
            reason=actor.reason,
            outcome=outcome,
            correlation_id=asked.subject.name.rpartition("/")[2],
            payload=said,
        )
        change = Change(
            subject=asked.subject,
            expected=asked.revision,
            state=asked.state,
            events=(event,),
            once="intended" if outcome is Outcome.INTENDED else "ended",
        )
        self.ledger.commit(change)


def _named(state: AskState) -> dict[str, JSON]:
    return {
        "assistant": state.assistant,
        "prompt": state.prompt,
        "version": state.version,
        "prompt_hash": state.prompt_hash,
    }


def _sent(composed: Composed) -> dict[str, JSON]:
    question, fitted = composed.question, composed.fitted
    return {
        "messages": len(question.messages),
        "characters": sum(len(message.content) for message in question.messages),
        "tokens": fitted.tokens,
        "exact": fitted.exact,
        "output": question.output,
        "temperature_milli": round(question.temperature * 1000),
        "safety_policy": question.safety_policy,
        "examples": list(composed.examples),
        "dropped": [_left_out(each) for each in composed.dropped[:_MOST_LISTED]],
        "dropped_in_all": len(composed.dropped),
    }


def _left_out(dropped: Dropped) -> dict[str, JSON]:
    return {
        "kind": dropped.kind,
        "place": dropped.place,
        "messages": dropped.messages,
        "tokens": dropped.tokens,
        "reason": dropped.reason,
    }


def _answered(answer: Answer) -> dict[str, JSON]:
    return {
        "conversation": answer.conversation,
        "end": answer.end.value,
        "detail": answer.detail,
        "characters": len(answer.text),
        "text_hash": sha256(answer.text.encode("utf-8", "surrogatepass")).hexdigest(),
        "prompt_tokens": answer.spent.prompt_tokens,
        "completion_tokens": answer.spent.completion_tokens,
        "exact": answer.spent.exact,
        "injection_us": _microseconds(answer.injection),
        "took_us": _microseconds(answer.took),
        "first_piece_us": None if answer.first_piece is None else _microseconds(answer.first_piece),
        "gaps": len(answer.gaps),
        "repeats": answer.repeats,
        "resumes": answer.resumes,
    }


def _microseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1_000_000)
