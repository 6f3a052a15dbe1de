"""A change around one call to the platform: intend, call, settle.

The intent is committed before the call, with its owner and when it expires, and settled after it. What
was left unsettled (a crash, no answer) is settled by the prompt's next change after that time, by
reading the platform back; never by merely opening, and never while it may still be in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NoReturn, TypeAlias

from attrs import evolve, field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, JackfieldError, NotSent, OutcomeUnknown, Refused
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.states import Operation, PromptState, Verb, fingerprint
from jackfield.domain.services.prompts.readback import happened
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.settled import settled
from jackfield.ports.ledger import Change
from jackfield.ports.prompts import PromptGateway, RemoteId

Call: TypeAlias = Callable[[], RemoteId | None]
"""The one call to the platform; a creation answers the new id."""


@frozen(kw_only=True)
class Actor:
    """Who changes something, and why."""

    name: str
    reason: str


@frozen(kw_only=True)
class Intent:
    """What is about to be done, before it has an owner and an expiry."""

    verb: Verb
    version: str
    content_hash: str
    call: Call
    restores: int | None = None
    payload: Mapping[str, JSON] = field(factory=dict[str, JSON])
    alongside: tuple[Change, ...] = ()


@frozen(kw_only=True)
class Operations:
    """Carries out changes of prompts, one call each; an intent lives for the call's deadline and 30 s."""

    records: Records
    gateway: PromptGateway
    owner: str
    lifetime: timedelta = timedelta(seconds=120)

    def load(self, name: str) -> Loaded:
        """Return the prompt, free to be changed; raise `Conflict` while another change is in flight."""
        loaded = self.records.load(name)
        pending = loaded.state.pending
        if pending is None:
            return loaded
        if self.records.clock.now() < pending.expires:
            raise _in_flight(loaded, pending)
        return self._recover(loaded, pending)

    def refuse_overtaken(self, loaded: Loaded) -> None:
        """Raise `Conflict` if somebody changed the prompt, or began to, since it was loaded."""
        if self.load(loaded.name).revision != loaded.revision:
            raise _moved(loaded, "somebody moved it while we looked at the platform")

    def carry_out(self, loaded: Loaded, intent: Intent, actor: Actor) -> PromptState:
        """Intend, call and settle; return the settled state.

        A refusal settles it as failed and is raised. Without an answer the platform is read back at once;
        if that does not show the change, `OutcomeUnknown` is raised and the intent stays.
        """
        operation = self.operation(
            intent.verb, intent.version, actor, content_hash=intent.content_hash, restores=intent.restores
        )
        intended = self._intend(loaded, operation, intent)
        started = self.records.clock.monotonic()
        try:
            created = intent.call()
        except (Refused, NotSent) as error:
            self._settle(
                intended, operation, Outcome.FAILED, {**intent.payload, "error": type(error).__name__}
            )
            raise
        except OutcomeUnknown as error:
            return self._read_back(intended, operation, error)
        took = round((self.records.clock.monotonic() - started) * 1_000_000)
        return self._record(intended, operation, {**intent.payload, "latency_us": took}, created)

    def operation(
        self, verb: Verb, version: str, actor: Actor, *, content_hash: str, restores: int | None = None
    ) -> Operation:
        """Return an operation of ours that begins now."""
        now = self.records.clock.now()
        return Operation(
            id=self.records.new_id(),
            verb=verb,
            version=version,
            content_hash=content_hash,
            owner=self.owner,
            actor=actor.name,
            reason=actor.reason,
            started=now,
            expires=now + self.lifetime,
            restores=restores,
        )

    def _intend(self, loaded: Loaded, operation: Operation, intent: Intent) -> Loaded:
        event = self.records.event(loaded.subject, operation, Outcome.INTENDED, intent.payload)
        state = evolve(loaded.state, pending=operation)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        try:
            self.records.ledger.commit(change, *intent.alongside)
        except Conflict as error:
            raise _moved(loaded, "somebody changed it at the same moment") from error
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def _record(
        self, loaded: Loaded, operation: Operation, payload: Mapping[str, JSON], created: RemoteId | None
    ) -> PromptState:
        try:
            return self._settle(loaded, operation, Outcome.SUCCEEDED, payload, created)
        except Conflict as error:
            return self._overtaken(loaded, operation, error)
        except NotSent as error:
            raise OutcomeUnknown(
                "it is done on the platform and could not be recorded",
                place=f"prompt {loaded.name}",
                remedy=f"mend the ledger ({error.message}); the next change after {_clock(operation.expires)}"
                " reads the platform back and records it",
            ) from error

    def _overtaken(self, loaded: Loaded, operation: Operation, error: Conflict) -> PromptState:
        """The intent expired while its call was under way, and another change settled it: as what?"""
        if self.records.outcome(loaded.subject, operation) is Outcome.SUCCEEDED:
            return self.records.load(loaded.name).state
        raise OutcomeUnknown(
            f"it is done on the platform after {_clock(operation.expires)}, when another change had recorded"
            " it as failed",
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield status {loaded.name}'; to keep it, do it again",
        ) from error

    def _settle(
        self,
        loaded: Loaded,
        operation: Operation,
        outcome: Outcome,
        payload: Mapping[str, JSON],
        created: RemoteId | None = None,
    ) -> PromptState:
        state = evolve(loaded.state, pending=None)
        if outcome is Outcome.SUCCEEDED:
            state = settled(state, operation, time=self.records.clock.now(), created=created)
        payload = {**payload, "state": fingerprint(state)}
        event = self.records.event(loaded.subject, operation, outcome, payload)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        self.records.ledger.commit(change)
        return state

    def _recover(self, loaded: Loaded, operation: Operation) -> Loaded:
        """Settle an expired intent by what the platform has."""
        done, created = happened(self.records, self.gateway, loaded, operation)
        outcome = Outcome.SUCCEEDED if done else Outcome.FAILED
        state = self._settle(loaded, operation, outcome, {"recovered": True}, created)
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def _read_back(self, loaded: Loaded, operation: Operation, error: OutcomeUnknown) -> PromptState:
        try:
            done, created = happened(self.records, self.gateway, loaded, operation)
        except JackfieldError:
            done, created = False, None
        if not done:
            self._unknown(loaded, operation, error)
        return self._record(loaded, operation, {"recovered": True}, created)

    def _unknown(self, loaded: Loaded, operation: Operation, error: OutcomeUnknown) -> NoReturn:
        raise OutcomeUnknown(
            f"no answer tells whether {operation.version} was changed: {error.message}",
            place=f"prompt {loaded.name}",
            remedy=f"try again after {_clock(operation.expires)}: the next change reads it back first",
            attempts=error.attempts,
        ) from error


def _moved(loaded: Loaded, how: str) -> Conflict:
    """Nothing was sent; who was faster is on the log."""
    return Conflict(
        how,
        place=f"prompt {loaded.name}",
        remedy=f"look at 'jackfield log {loaded.name}' and decide again",
    )


def _in_flight(loaded: Loaded, pending: Operation) -> Conflict:
    return Conflict(
        f"{pending.verb.value} of {pending.version} by {pending.actor} ({pending.owner}) is under way"
        f" since {_clock(pending.started)}",
        place=f"prompt {loaded.name}",
        remedy=f"wait for it; if that process is gone, try again after {_clock(pending.expires)}",
    )


def _clock(time: datetime) -> str:
    return time.strftime("%H:%M:%S UTC")
