"""A change around one call to the platform: intend, call, settle.

The intent is committed before the call, with its owner and when it expires, and settled after it. What
was left unsettled (a crash, no answer) is settled by the prompt's next change after that time, by
reading the platform back; never by merely opening, and never while it may still be in flight.

So an intent is a lease, kept in the state that it is about, and that state's revision is its fence: whoever
settles it commits to the revision that the intent made, and of several one succeeds. An owner that was
paused and wakes late can record nothing that another has settled; nor does it send its call any more
unless enough time is left for it. (What was sent in time and arrives late, nobody can call back: it is told
as `OutcomeUnknown`, and shows as drift.) A lease of its own lets one process at a time read back what
expired, so the others wait instead of asking the platform the same; the commit needs no look at it, as
the revision says more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn, TypeAlias

from attrs import evolve, field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import (
    Conflict,
    JackfieldError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.states import Operation, Verb, fingerprint
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.operations.clashes import clock_text, in_flight, in_recovery, moved
from jackfield.domain.services.prompts.operations.readback import happened
from jackfield.domain.services.prompts.operations.settled import settled
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Change
from jackfield.ports.prompts import PromptGateway, RemoteId

Call: TypeAlias = Callable[[], RemoteId | None]
"""The one call to the platform; a creation answers the new id."""


@frozen(kw_only=True)
class Intent:
    """What is about to be done, before it has an owner and an expiry.

    `was_read_back` says that the call itself reads back what got no answer.
    """

    verb: Verb
    version: str
    content_hash: str
    call: Call
    restores: int | None = None
    rollout: Rollout | None = None
    payload: Mapping[str, JSON] = field(factory=dict[str, JSON])
    alongside: tuple[Change, ...] = ()
    was_read_back: bool = False


@frozen(kw_only=True)
class Operations:
    """Carries out changes of prompts, one call each; an intent lives for the call's deadline and 30 s.

    `margin` is the latter: a call that does not begin within it does not begin at all.
    """

    records: Records
    gateway: PromptGateway
    leases: Leases
    owner: str
    lifetime: timedelta = timedelta(seconds=120)
    margin: timedelta = timedelta(seconds=30)

    def load(self, name: str, *, force: bool = False) -> Loaded:
        """Return the prompt, free to be changed; raise `Conflict` while another change is in flight.

        What a clock that ran ahead left may seem in flight for days: *force* settles that too.
        """
        loaded = self.records.load(name)
        pending = loaded.state.pending
        if pending is None:
            return loaded
        now = self.records.clock.now()
        ahead = pending.started > now + self.lifetime
        if now < pending.expires and not (force and ahead):
            raise in_flight(loaded, pending, ahead=ahead)
        return self._recover(loaded, pending)

    def refuse_overtaken(self, loaded: Loaded) -> None:
        """Raise `Conflict` if somebody changed the prompt, or began to, since it was loaded."""
        if self.load(loaded.name).revision != loaded.revision:
            raise moved(loaded, "somebody moved it while we looked at the platform")

    def carry_out(self, loaded: Loaded, intent: Intent, actor: Actor) -> Loaded:
        """Intend, call and settle; return the prompt as it was settled.

        A refusal settles it as failed and is raised. Without an answer the platform is read back at once;
        if that does not show the change, `OutcomeUnknown` is raised and the intent stays.
        """
        operation = self.operation(
            intent.verb,
            intent.version,
            actor,
            content_hash=intent.content_hash,
            restores=intent.restores,
            rollout=intent.rollout,
        )
        begun = self.records.clock.monotonic()
        intended = self._intend(loaded, operation, intent)
        started = self.records.clock.monotonic()
        try:
            self._refuse_late(intended, operation, since=begun)
            created = intent.call()
        except (Refused, NotSent) as error:
            self._fail(intended, operation, intent, error)
        except OutcomeUnknown as error:
            if intent.was_read_back:
                self._unknown(intended, operation, error)
            return self._read_back(intended, operation, error)
        took = round((self.records.clock.monotonic() - started) * 1_000_000)
        return self._record(intended, operation, {**intent.payload, "latency_us": took}, created)

    def _refuse_late(self, loaded: Loaded, operation: Operation, *, since: float) -> None:
        """By both clocks: one may have been set back, the other stands still while the machine sleeps."""
        clock = self.records.clock
        passed = timedelta(seconds=clock.monotonic() - since)
        if max(passed, clock.now() - operation.started) > self.margin:
            raise Conflict(
                "this process stood still for too long before its call, which was not sent",
                place=f"prompt {loaded.name}",
                remedy=f"look at 'jackfield log {loaded.name}' and decide again",
            )

    def _fail(self, loaded: Loaded, operation: Operation, intent: Intent, error: JackfieldError) -> NoReturn:
        """Record the refusal and raise it, also where it cannot be recorded: it is what happened."""
        payload = {**intent.payload, "error": type(error).__name__}
        try:
            self._settle(loaded, operation, Outcome.FAILED, payload)
        except NotSent as unrecorded:
            if not isinstance(unrecorded, Conflict):  # else another change has settled it
                error.remedy += f" (it could not be recorded: {unrecorded.message})"
            raise error from unrecorded
        raise error

    def operation(
        self,
        verb: Verb,
        version: str,
        actor: Actor,
        *,
        content_hash: str,
        restores: int | None = None,
        rollout: Rollout | None = None,
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
            rollout=rollout,
        )

    def _intend(self, loaded: Loaded, operation: Operation, intent: Intent) -> Loaded:
        event = self.records.event(loaded.subject, operation, Outcome.INTENDED, intent.payload)
        state = evolve(loaded.state, pending=operation)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        try:
            self.records.ledger.commit(change, *intent.alongside)
        except Conflict as error:
            raise moved(loaded, "somebody changed it at the same moment") from error
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def _record(
        self, loaded: Loaded, operation: Operation, payload: Mapping[str, JSON], created: RemoteId | None
    ) -> Loaded:
        try:
            return self._settle(loaded, operation, Outcome.SUCCEEDED, payload, created)
        except Conflict as error:
            return self._overtaken(loaded, operation, error)
        except NotSent as error:
            raise OutcomeUnknown(
                "it is done on the platform and could not be recorded",
                place=f"prompt {loaded.name}",
                remedy=f"mend the ledger ({error.message}); the next change after"
                f" {clock_text(operation.expires)} reads the platform back and records it",
            ) from error

    def _overtaken(self, loaded: Loaded, operation: Operation, error: Conflict) -> Loaded:
        """The intent expired while its call was under way, and another change settled it: as what?"""
        if self.records.outcome(loaded.subject, operation) is Outcome.SUCCEEDED:
            return self.records.load(loaded.name)
        raise OutcomeUnknown(
            f"it is done on the platform after {clock_text(operation.expires)}, when another change had"
            " recorded it as failed",
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
    ) -> Loaded:
        state = evolve(loaded.state, pending=None)
        if outcome is Outcome.SUCCEEDED:
            state = settled(state, operation, time=self.records.clock.now(), created=created)
        payload = {**payload, "state": fingerprint(state)}
        event = self.records.event(loaded.subject, operation, outcome, payload)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        self.records.ledger.commit(change)
        return Loaded(loaded.subject, loaded.revision + 1, state)

    def _recover(self, loaded: Loaded, operation: Operation) -> Loaded:
        """Settle an expired intent by what the platform has, unless somebody does so just now."""
        organization, name = loaded.subject.organization, f"recover {loaded.subject}"
        lease = self.leases.acquire(organization, name, holder=self.owner, lifetime=self.lifetime)
        if lease is None:
            raise in_recovery(loaded, operation, self.leases.held(organization, name))
        try:
            return self._recovered(loaded, operation)
        finally:
            with suppress(Unavailable):  # it expires by itself
                self.leases.release(lease)

    def _recovered(self, loaded: Loaded, operation: Operation) -> Loaded:
        if self.records.load(loaded.name).revision != loaded.revision:
            return self.load(loaded.name)
        done, created = happened(self.records, self.gateway, loaded, operation)
        outcome = Outcome.SUCCEEDED if done else Outcome.FAILED
        try:
            return self._settle(loaded, operation, outcome, {"recovered": True}, created)
        except Conflict as error:
            raise moved(loaded, "somebody else settled what was left of an earlier change") from error

    def _read_back(self, loaded: Loaded, operation: Operation, error: OutcomeUnknown) -> Loaded:
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
            remedy=f"try again after {clock_text(operation.expires)}: the next change reads it back first",
            attempts=error.attempts,
        ) from error
