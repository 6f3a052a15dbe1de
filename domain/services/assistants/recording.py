"""What the log says of a question: that it is about to be asked, and how its answer ended.

The texts stay out of it: their hash and their size are kept, unless the target captures content, redacted.
A process that ends in between leaves an entry that was only intended. Source: `wire.md` §11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.conversations.answers import Answer, Dropped, End
from jackfield.domain.model.conversations.asks import ASK, Compliance, ask_subject
from jackfield.domain.model.conversations.states import AskState
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.assistants.composing import Composed
from jackfield.domain.services.assistants.values import Wanted
from jackfield.ports.clock import Clock
from jackfield.ports.conversations import NotKept, Redact
from jackfield.ports.ledger import Change, Ledger

_MOST_LISTED: Final = 50


@frozen(kw_only=True)
class Asked:
    """A question and its state in the ledger, at a revision; `not_kept` counts texts that were to be kept."""

    subject: Subject
    revision: int
    state: AskState
    not_kept: int = 0


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
        kept = self._kept(message.content for message in composed.question.messages)
        said = {**_named(state), **_origin(wanted), **_sent(composed), **_captured(composed, kept)}
        asked = Asked(subject=subject, revision=0, state=state, not_kept=_not_kept(kept))
        self._commit(asked, actor, Outcome.INTENDED, said)
        return evolve(asked, revision=1)

    def fail(self, asked: Asked, actor: Actor, error: JackfieldError) -> None:
        """Commit that it was not asked."""
        said = {**_named(asked.state), "error": type(error).__name__, "compliance": Compliance.INCOMPLETE}
        failed = evolve(asked, state=evolve(asked.state, end=End.BROKEN.value))
        self._commit(failed, actor, Outcome.FAILED, said)

    def settle(self, asked: Asked, actor: Actor, answer: Answer) -> None:
        """Commit how the answer ended."""
        kept = self._kept((answer.text,))
        missing = asked.not_kept + _not_kept(kept)
        text: dict[str, JSON] = {} if kept is None else {"text": str(kept[0]), "not_kept": missing}
        said = {
            **_named(asked.state),
            **_answered(answer),
            **text,
            "compliance": self._compliance(answer, missing),
        }
        state = evolve(asked.state, conversation=answer.conversation, end=answer.end.value)
        self._commit(evolve(asked, state=state), actor, Outcome.SUCCEEDED, said)

    def _compliance(self, answer: Answer, missing: int) -> Compliance:
        if answer.end is not End.COMPLETE or missing:
            return Compliance.INCOMPLETE
        return Compliance.AUDITED if self.redact is None else Compliance.REDACTED

    def _kept(self, texts: Iterable[str]) -> tuple[str, ...] | None:
        """Return *texts* as they may be kept; None if the target keeps none."""
        return None if self.redact is None else tuple(map(self.redact, texts))

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


def _captured(composed: Composed, kept: tuple[str, ...] | None) -> dict[str, JSON]:
    if kept is None:
        return {}
    roles = (message.role.value for message in composed.question.messages)
    content: list[JSON] = [
        {"role": role, "content": str(text)} for role, text in zip(roles, kept, strict=True)
    ]
    return {"content": content, "not_kept": _not_kept(kept)}


def _not_kept(kept: tuple[str, ...] | None) -> int:
    return sum(isinstance(text, NotKept) for text in kept or ())


def _origin(wanted: Wanted) -> dict[str, JSON]:
    """Tell a version that was published from one that only bears its number."""
    return {"published": wanted.published, "content_hash": wanted.definition.content_hash}


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
        "summarized": composed.summarized,
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
