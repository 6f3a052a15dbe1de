"""Giving a session back to the bot: if there is a place, and once the platform has it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final, NoReturn

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import (
    BotFull,
    Conflict,
    JackfieldError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.happenings import HAND_BACK
from jackfield.domain.model.sessions.life import Session, returned, turned_down
from jackfield.domain.model.sessions.replays import Return
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import Pending, SessionState
from jackfield.domain.model.sessions.telling import STEP
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.wanting import bot_of
from jackfield.domain.services.sessions.holding.admission import Admission, Permit
from jackfield.domain.services.sessions.holding.ordering import Ordering
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import SessionGateway

_MARGIN: Final = timedelta(seconds=30)
_WITHOUT_BOT: Final = frozenset({Standing.HANDING_OVER, Standing.WITH_PEOPLE})


def is_returning(state: SessionState) -> bool:
    """Return whether the session was to be given back to its bot, and nobody knows whether it was."""
    return state.pending is not None and state.session.standing in _WITHOUT_BOT


@frozen(kw_only=True)
class Returning:
    """Gives sessions back to their bots, within the bots' limits; `owner` names this process."""

    records: SessionRecords
    gateway: SessionGateway
    bots: Mapping[str, Bot]
    ordering: Ordering
    admission: Admission
    ending: Ending
    owner: str
    deadline: timedelta = timedelta(seconds=20)

    def hand_back(self, session: str, by: Actor, deadline: timedelta | None = None) -> Loaded:
        """Give the session back to the bot; one that the bot has is returned as it is.

        What people had is counted anew; what nobody took, or of which nobody told that they did, goes on with
        its numbers. Raises `Conflict` for one
        that is over, `BotFull` where there is no place, and what the platform says: people still have it
        then. After `OutcomeUnknown` it is to be given back again.
        """
        with self._alone(session, deadline) as ends:
            loaded = self._recovered(self.records.load(session), ends)
            if loaded.state.session.bot_may_speak:
                return loaded
            self._back(loaded)
            permit = self._permit(loaded, ends)
            return self._given_back(self._intended(loaded, permit, by, ends), permit, by, ends)

    def settle(self, loaded: Loaded) -> Loaded:
        """Settle what was to be given back and got no answer, by what the platform has.

        What that does not have (any more) is over.
        """
        if not is_returning(loaded.state):
            return loaded
        with self._alone(loaded.id, None) as ends:
            return self._recovered(self.records.load(loaded.id), ends)

    @contextmanager
    def _alone(self, session: str, deadline: timedelta | None) -> Generator[float]:
        began, lasts = self.records.clock.monotonic(), (deadline or self.deadline).total_seconds()
        with self.ordering.alone(session, by=began + lasts / 2, ends=began + lasts):
            yield began + lasts

    def _recovered(self, loaded: Loaded, ends: float) -> Loaded:
        if not is_returning(loaded.state):
            return loaded
        permit = self.admission.held(loaded.id, loaded.state.slot)
        try:
            has_bot = self._has_bot(loaded, ends)
        except NotFound:
            return self.ending.gone(loaded, BY_ITSELF)
        if has_bot:
            return self._settled(loaded, permit, BY_ITSELF)
        self.admission.cancel(permit)
        return self._come_to_nothing(loaded, BY_ITSELF, {"recovered": True})

    def _has_bot(self, loaded: Loaded, ends: float) -> bool:
        """Return whether the bot has the conversation on the platform."""
        conversation = ConversationId(loaded.state.session.conversation or "")
        found = self.gateway.find(conversation, ends=ends)
        return found.active and found.queue is None

    def _permit(self, loaded: Loaded, ends: float) -> Permit:
        """Return leave to have it; what never left the bot on the platform is counted there, and needs none.

        A place that is held still says nothing: where the platform had routed it, others may have had that.
        """
        held = self.admission.held(loaded.id, loaded.state.slot)
        if loaded.state.slot is not None and self._has_bot(loaded, ends):
            return held
        self.admission.cancel(held)
        return self._admitted(loaded, ends)

    def _admitted(self, loaded: Loaded, ends: float) -> Permit:
        bot = bot_of(self.bots, loaded.state.session.bot)
        permit = self.admission.admit(bot, loaded.id, ends=ends)
        if permit is None:
            raise BotFull(
                f"it has {bot.limit} sessions, as many as it may",
                place=f"bot {bot.name}",
                remedy="people keep this one; give it back when another has ended",
            )
        return permit

    def _intended(self, loaded: Loaded, permit: Permit, by: Actor, ends: float) -> Loaded:
        now = self.records.clock.now()
        lasts = timedelta(seconds=max(0.0, ends - self.records.clock.monotonic())) + _MARGIN
        pending = Pending(id=self.records.new_id(), owner=self.owner, started=now, expires=now + lasts)
        event = self._event(loaded, Outcome.INTENDED, by, {})
        try:
            state = evolve(loaded.state, pending=pending, slot=permit.slot)
            return self.records.commit(loaded, state, event)
        except BaseException:  # nothing was sent, and nothing will be
            self.admission.cancel(permit)
            raise

    def _given_back(self, loaded: Loaded, permit: Permit, by: Actor, ends: float) -> Loaded:
        session = loaded.state.session
        conversation = ConversationId(session.conversation or "")
        try:
            if not self.admission.may_begin(permit):
                raise _late(loaded)
            self.gateway.route(conversation, None, session.attributes, ends=ends)
        except (Refused, NotSent) as error:
            self.admission.cancel(permit)
            self._fail(loaded, by, error)
        except OutcomeUnknown:
            with suppress(JackfieldError):
                if self._has_bot(loaded, ends):
                    return self._settled(loaded, permit, by)
            raise
        return self._settled(loaded, permit, by)

    def _fail(self, loaded: Loaded, by: Actor, error: JackfieldError) -> NoReturn:
        """Record the refusal and raise it, also where it cannot be recorded."""
        try:
            self._come_to_nothing(loaded, by, {"error": type(error).__name__})
        except (NotSent, OutcomeUnknown) as unrecorded:
            error.remedy += f" (it could not be recorded: {unrecorded.message})"
        raise error

    def _come_to_nothing(self, loaded: Loaded, by: Actor, said: Mapping[str, JSON]) -> Loaded:
        """Record that people still have it."""
        event = self._event(loaded, Outcome.FAILED, by, said)
        return self.records.commit(loaded, evolve(loaded.state, pending=None, slot=None), event)

    def _settled(self, loaded: Loaded, permit: Permit, by: Actor) -> Loaded:
        slot = self.admission.confirm(permit, loaded.state.lifetimes.total)
        session, step = self._back(loaded)
        event = self._event(loaded, Outcome.SUCCEEDED, by, {STEP: step.value})
        state = evolve(loaded.state, session=session, slot=slot, handoff=None, routed=False, pending=None)
        try:
            return self.records.commit(loaded, state, event)
        except Conflict:  # it was closed, or ended, meanwhile
            self.admission.cancel(self.admission.held(loaded.id, slot))
            raise
        except NotSent as error:
            raise OutcomeUnknown(
                "the bot has it on the platform, and it could not be recorded",
                place=f"session {loaded.id}",
                remedy=f"mend the ledger ({error.message}), and give it back again",
            ) from error

    def _back(self, loaded: Loaded) -> tuple[Session, Return]:
        """Return the session as the bot has it again; raise `Conflict` if that cannot be."""
        session, now = loaded.state.session, self.records.clock.now()
        if session.standing is Standing.HANDING_OVER:
            return turned_down(session, now=now), Return.REFUSED
        return returned(session, now=now), Return.HANDED_BACK

    def _event(self, loaded: Loaded, outcome: Outcome, by: Actor, said: Mapping[str, JSON]) -> Event:
        handoff = loaded.state.handoff
        told = {"handoff": None if handoff is None else handoff.id, **said}
        return self.records.event(loaded.subject, HAND_BACK, outcome, by, told)


def _late(loaded: Loaded) -> Conflict:
    return Conflict(
        "this process stood still for too long before its call, which was not sent",
        place=f"session {loaded.id}",
        remedy="give it back again",
    )
