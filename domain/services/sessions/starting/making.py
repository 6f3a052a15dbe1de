"""Making a session's conversation: intend, call once, settle; and reading back what no answer told.

The intent is in the session's own state, with its owner and its expiry, and that state's revision is its
fence, as `prompts.operations` has it. A creation is never sent twice: what got no answer is looked up by the
session's id, which the conversation carries.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final, NoReturn

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import (
    BotFull,
    Conflict,
    JackfieldError,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.happenings import HAND_OFF, START
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState, Pending, SessionState, Slot
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.operations.clashes import clock_text
from jackfield.domain.services.sessions.holding.admission import Admission, Permit
from jackfield.domain.services.sessions.recorded import starts
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.ledger import Change
from jackfield.ports.sessions import SessionGateway

STARTED: Final = "started"
"""What a session's start is named by in the ledger, so that there are never two."""


@frozen
class Full:
    """The bot is at a limit that the platform has: nothing was made, and it may be tried again."""

    loaded: Loaded
    error: BotFull


@frozen(kw_only=True)
class Making:
    """Makes conversations, each once; `owner` is who settles them, until `margin` after the call's end."""

    records: SessionRecords
    gateway: SessionGateway
    admission: Admission
    owner: str
    margin: timedelta = timedelta(seconds=30)
    deadline: timedelta = timedelta(seconds=20)

    def make(self, loaded: Loaded, bot: Bot, permit: Permit, actor: Actor, *, ends: float) -> Loaded | Full:
        """Intend, call and settle; return the session on the platform.

        A refusal gives the place back, is recorded and raised. Without an answer the platform is read back
        at once, for which a quarter of the time is left, and if that does not show the conversation,
        `OutcomeUnknown` is raised, and the intent and the place stay until they expire.
        """
        intended = self._intended(loaded, bot, permit, actor, ends)
        clock = self.records.clock
        began = clock.monotonic()
        try:
            self._refuse_late(loaded.id, permit, ends)
            opening = starts.opening_of(intended.state, bot.title)
            conversation = self.gateway.start(opening, ends=ends - (ends - clock.monotonic()) / 4).id
        except BotFull as error:
            self.admission.cancel(permit)
            return Full(intended, error)
        except (Refused, NotSent) as error:
            self.admission.cancel(permit)
            self.fail(intended, actor, error)
        except OutcomeUnknown as error:
            return self._looked_up(intended, permit, actor, error, ends)
        took = timedelta(seconds=clock.monotonic() - began)
        return self._settled(intended, conversation, permit, actor, took)

    def hold(self, loaded: Loaded, *, until: float) -> Loaded:
        """Keep the intent of what is tried again, as it waits, until then (monotonic seconds)."""
        state = evolve(loaded.state, slot=None, pending=self._pending(until))
        return self.records.commit(loaded, state)

    def fail(self, loaded: Loaded, actor: Actor, error: JackfieldError) -> NoReturn:
        """Record that it came to nothing, and raise *error*, also where that cannot be recorded."""
        try:
            self._give_up(loaded, actor, {"error": type(error).__name__})
        except Conflict:
            pass  # somebody else has settled it
        except JackfieldError as unrecorded:
            error.remedy += f" (it could not be recorded: {unrecorded.message})"
        raise error

    def settle(self, loaded: Loaded) -> Loaded:
        """Settle a start that was left, by what the platform has; another session is returned as it is.

        Raises `Conflict` while it may still be under way.
        """
        state = loaded.state
        if state.session.standing is not Standing.RESERVED:
            return loaded
        self._refuse_early(loaded, state.pending)
        permit = self.admission.held(loaded.id, state.slot)
        ends = self.records.clock.monotonic() + self.deadline.total_seconds()
        found = self.gateway.look_up(state.bot_id, loaded.id, ends=ends)
        if found is not None:
            return self._settled(loaded, found.id, permit, BY_ITSELF, None)
        try:
            done = self._give_up(loaded, BY_ITSELF, {"recovered": True})
        except Conflict:  # somebody else has settled it, and may have the place
            return self.records.load(loaded.id)
        self.admission.cancel(permit)
        return done

    def _intended(self, loaded: Loaded, bot: Bot, permit: Permit, actor: Actor, ends: float) -> Loaded:
        """Commit the intent; it is told once, however often it is tried."""
        state = evolve(loaded.state, slot=permit.slot, pending=self._pending(ends))
        payload = starts.intended_payload(state, bot.limit)
        told = [] if loaded.revision else [self._event(loaded, START, Outcome.INTENDED, actor, payload)]
        try:
            return self.records.commit(loaded, state, *told)
        except BaseException:  # nothing was sent, and nothing will be
            self.admission.cancel(permit)
            raise

    def _pending(self, ends: float) -> Pending:
        now = self.records.clock.now()
        lasts = timedelta(seconds=max(0.0, ends - self.records.clock.monotonic()))
        return Pending(
            id=self.records.new_id(), owner=self.owner, started=now, expires=now + lasts + self.margin
        )

    def _refuse_late(self, session: str, permit: Permit, ends: float) -> None:
        """By both clocks: one may have been set, the other stands still while the machine sleeps."""
        if self.records.clock.monotonic() >= ends or not self.admission.may_begin(permit):
            raise Conflict(
                "no time was left for its call, which was not sent",
                place=f"session {session}",
                remedy="start another, with a longer deadline if this one was too short",
            )

    def _refuse_early(self, loaded: Loaded, pending: Pending | None) -> None:
        if pending is not None and self.records.clock.now() < pending.expires:
            raise Conflict(
                f"it is being started by {pending.owner} since {clock_text(pending.started)}",
                place=f"session {loaded.id}",
                remedy=f"wait for it; if that process is gone, try again after {clock_text(pending.expires)}",
            )

    def _looked_up(
        self, loaded: Loaded, permit: Permit, actor: Actor, error: OutcomeUnknown, ends: float
    ) -> Loaded:
        """Read it back, if there is time."""
        found = None
        if self.records.clock.monotonic() < ends:
            with suppress(JackfieldError):
                found = self.gateway.look_up(loaded.state.bot_id, loaded.id, ends=ends)
        if found is not None:
            return self._settled(loaded, found.id, permit, actor, None)
        pending = loaded.state.pending
        when = f"after {clock_text(pending.expires)} " if pending else ""
        raise OutcomeUnknown(
            f"no answer tells whether it was started: {error.message}",
            place=f"session {loaded.id}",
            remedy=f"{when}sessions.recover() reads the platform and settles it; it is not sent again",
            attempts=error.attempts,
        ) from error

    def _settled(
        self,
        loaded: Loaded,
        conversation: ConversationId,
        permit: Permit,
        actor: Actor,
        took: timedelta | None,
    ) -> Loaded:
        """Record the conversation with what says whose it is, all or nothing."""
        slot = self.admission.confirm(permit, loaded.state.lifetimes.total)
        state = starts.made(loaded.state, conversation, slot, now=self.records.clock.now())
        events = [self._event(loaded, START, Outcome.SUCCEEDED, actor, starts.made_payload(state, took))]
        if state.handoff is not None:
            payload = starts.handed_payload(state.handoff)
            events.append(self._event(loaded, HAND_OFF, Outcome.SUCCEEDED, actor, payload))
        try:
            done = self._committed(loaded, state, conversation, events)
        except Conflict as error:
            done = self.records.load(loaded.id)
            self._give_back(done, slot)
            return self._overtaken(done, conversation, error)
        except (NotSent, OutcomeUnknown) as error:
            raise OutcomeUnknown(
                "it is on the platform and could not be recorded",
                place=f"session {loaded.id}",
                remedy=f"mend the ledger ({error.message}); sessions.recover() reads the platform then and"
                " records it",
            ) from error
        self._give_back(done, slot)
        return done

    def _give_back(self, done: Loaded, slot: Slot | None) -> None:
        """Give our place back if it is not the session's: another has settled it, and maybe its end."""
        if slot is not None and (done.state.slot is None or done.state.slot.token != slot.token):
            self.admission.cancel(self.admission.held(done.id, slot))

    def _committed(
        self, loaded: Loaded, state: SessionState, conversation: ConversationId, events: list[Event]
    ) -> Loaded:
        """An end notice may have been heard of before we knew whose conversation it is."""
        try:
            return self._commit(loaded, state, conversation, 0, events)
        except Conflict:
            revision, _ = self.records.of_conversation(conversation)
            if not revision:
                raise
            return self._commit(loaded, state, conversation, revision, events)

    def _commit(
        self,
        loaded: Loaded,
        state: SessionState,
        conversation: ConversationId,
        revision: int,
        events: list[Event],
    ) -> Loaded:
        whose = Change(
            subject=self.records.conversation_subject(conversation),
            expected=revision,
            state=ConversationState(session=loaded.id),
        )
        return self.records.commit(loaded, state, *events, alongside=(whose,), once=STARTED)

    def _overtaken(self, there: Loaded, conversation: ConversationId, error: Conflict) -> Loaded:
        """Somebody else has settled it: as started, as ended already, or, too early, as come to nothing."""
        if there.state.session.conversation is None:
            raise OutcomeUnknown(
                f"it is on the platform as {conversation}, after it was recorded as come to nothing",
                place=f"session {there.id}",
                remedy="close that conversation on the platform, and start another session",
            ) from error
        return there

    def _give_up(self, loaded: Loaded, actor: Actor, payload: dict[str, JSON]) -> Loaded:
        now = self.records.clock.now()
        told = {**starts.named_payload(loaded.state), **payload}
        event = self._event(loaded, START, Outcome.FAILED, actor, told)
        return self.records.commit(loaded, starts.given_up(loaded.state, now=now), event)

    def _event(
        self,
        loaded: Loaded,
        type: str,  # noqa: A002  # the field
        outcome: Outcome,
        actor: Actor,
        payload: dict[str, JSON],
    ) -> Event:
        return self.records.event(loaded.subject, type, outcome, actor, payload)
